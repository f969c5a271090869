"""Versions of the schema of the followups service."""
