"""Versions of the schema of the opportunities service."""
