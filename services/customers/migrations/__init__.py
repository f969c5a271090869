"""Versions of the schema of the customers service."""
