"""`genjin rules …`: what operations staff do with rule files; one module for each command."""
