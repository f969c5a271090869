"""Versions of the schema of the rules service."""
