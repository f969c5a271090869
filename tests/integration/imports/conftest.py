"""An importer of people on a database of its own."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from services.shared.clock import FrozenClock
from services.shared.database import Database
from services.shared.imports.rows import Locality
from services.shared.imports.service import ImportPlace, ImportService
from services.shared.imports.stored import sealing_with
from tests.integration.imports.folk import NOW, Folk, metadata


@pytest.fixture
async def database(fresh_database: Database) -> Database:
    async with fresh_database.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    return fresh_database


@pytest.fixture
def target() -> Folk:
    return Folk()


@pytest.fixture
def importer(database: Database, target: Folk, tmp_path: Path) -> ImportService:
    place = ImportPlace(
        Locality(ZoneInfo("Asia/Shanghai"), "CNY"), tmp_path, "zh", sealing_with(b"a key of the test")
    )
    return ImportService(database, {"folk": target}, clock=FrozenClock(NOW), place=place)
