"""The messages that services exchange, and the words they use."""
