"""Imports on real PostgreSQL."""
