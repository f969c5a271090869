"""Tells Alembic which tables the followups service has."""

from services.followups.tables import metadata
from services.shared.database import shared_metadata
from services.shared.migrations import run_env

run_env([shared_metadata, metadata])
