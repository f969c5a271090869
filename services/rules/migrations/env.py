"""Tells Alembic which tables the rules service has."""

from services.rules.tables import metadata
from services.shared.database import shared_metadata
from services.shared.migrations import run_env

run_env([shared_metadata, metadata])
