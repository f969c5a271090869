"""Every service's migrations make the tables that its code says."""

import pytest

from services.shared.database import Database
from services.shared.migrations import check_migrations
from tests.postgres import SERVICES


@pytest.mark.parametrize("service", SERVICES)
async def test_tables_and_migrations_agree(databases: dict[str, Database], service: str) -> None:
    """`check_migrations` raises when a new migration would have anything to do."""
    await check_migrations(databases[service])
