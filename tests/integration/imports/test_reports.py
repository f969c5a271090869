"""What can be read about an import, and what refuses one."""

import pytest
from sqlalchemy import select

from contracts.identity import new_id
from services.shared.database import Database
from services.shared.imports.errors import (
    EmptyFileError,
    MissingColumnsError,
    UnknownImportError,
    UnknownTargetError,
)
from services.shared.imports.requests import ImportRequest
from services.shared.imports.service import ImportService
from services.shared.imports.tables import imports
from tests.integration.imports.folk import people, run


async def test_the_report_of_an_import_can_be_read_later(importer: ImportService) -> None:
    report = await run(importer, "姓名,鞋\n甲,clogs\n")
    assert await importer.report(report.id) == report


async def test_an_unknown_import_is_said_to_be_unknown(importer: ImportService) -> None:
    with pytest.raises(UnknownImportError):
        await importer.report(new_id())


async def test_an_import_in_the_background_ends_with_a_report(importer: ImportService) -> None:
    import_id = await importer.start(ImportRequest("folk", "folk.csv", "姓名\n甲\n".encode()))
    await importer.finish()
    assert (await importer.report(import_id)).counts.created == 1


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (ImportRequest("folk", "folk.csv", b""), EmptyFileError),
        (ImportRequest("folks", "folk.csv", b"a"), UnknownTargetError),
        (ImportRequest("folk", "folk.csv", "鞋\nx".encode()), MissingColumnsError),
    ],
)
async def test_a_file_that_is_not_usable_leaves_nothing_behind(
    importer: ImportService, database: Database, request_: ImportRequest, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await importer.run(request_)
    async with database.session() as session:
        assert (await session.execute(select(imports))).all() == []


async def test_a_dry_run_reports_and_writes_nothing(importer: ImportService, database: Database) -> None:
    request = ImportRequest("folk", "f.csv", "姓名,客户\n甲,\n乙,谁\n".encode(), dry_run=True)
    report = await importer.run(request)
    assert (report.counts.total, report.counts.rejected, report.rejected_file) == (2, 1, None)
    assert await people(database) == {}
