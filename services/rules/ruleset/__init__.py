"""The rule language: its definitions, its checks and its evaluators; knows no database and no message."""
