"""What is wrong with a row is said, and harms no other row."""

import io
from pathlib import Path

from openpyxl import Workbook
from sqlalchemy import select

from services.shared.database import Database
from services.shared.imports.report import Counts, ImportReport
from services.shared.imports.requests import ImportRequest
from services.shared.imports.service import ImportService
from services.shared.imports.tables import import_rows
from tests.integration.imports.folk import people, reasons, run


def lines_of(report: ImportReport) -> list[str]:
    """The lines of the file with the report's rejections."""
    return Path(str(report.rejected_file)).read_text("utf-8-sig").splitlines()


async def test_a_row_that_the_target_refuses_does_not_spoil_its_neighbours(
    importer: ImportService, database: Database
) -> None:
    report = await run(importer, "姓名,鞋\n甲,boots\n乙,clogs\n丙,boots\n")
    assert reasons(report) == [(3, "鞋", "No clogs")]
    assert set(await people(database)) == {"甲", "丙"}
    assert report.counts == Counts(total=3, done=3, created=2, rejected=1)


async def test_people_with_the_same_name_are_all_rejected(
    importer: ImportService, database: Database
) -> None:
    report = await run(importer, "姓名\n李雷\n韩梅\n李 雷\n")
    assert reasons(report) == [
        (2, "姓名", "Rows 2, 4 have the same name"),
        (4, "姓名", "Rows 2, 4 have the same name"),
    ]
    assert set(await people(database)) == {"韩梅"}


async def test_every_bad_row_is_in_a_file_that_spreadsheets_open_safely(importer: ImportService) -> None:
    report = await run(importer, "姓名,客户\n甲,=HYPERLINK(1)\n")
    assert lines_of(report) == [
        "文件,行,列,值,原因",
        "folk.csv,2,客户,'=HYPERLINK(1),没有名为“=HYPERLINK(1)”的客户",
    ]


async def test_private_values_are_neither_kept_nor_reported(
    importer: ImportService, database: Database
) -> None:
    report = await run(importer, "姓名,电话\n甲,13800138000\n乙,138001380\u56db\n")
    async with database.session() as session:
        kept = (await session.scalars(select(import_rows.c["values"]))).all()
    assert "13800138000" not in str(kept)
    assert [each.value for each in report.rejected] == ["13********"]


async def test_a_row_of_a_workbook_is_named_with_its_sheet(importer: ImportService) -> None:
    workbook = Workbook()
    sheet = workbook.create_sheet("人员")
    sheet.append(["姓名", "鞋"])
    sheet.append(["甲", "clogs"])
    written = io.BytesIO()
    workbook.save(written)
    report = await importer.run(ImportRequest("folk", "team.xlsx", written.getvalue(), sheet="人员"))
    assert [(each.file, each.row) for each in report.rejected] == [("team.xlsx [人员]", 2)]


async def test_a_cell_with_a_null_character_rejects_its_row(
    importer: ImportService, database: Database
) -> None:
    """Excel writes it as _x0000_; PostgreSQL has no such character, not even in a report."""
    book, content = Workbook(), io.BytesIO()
    for line in (("姓名", "鞋"), ("甲_x0000_", "boots"), ("乙", "boots")):
        book.active.append(line)
    book.save(content)
    report = await importer.run(ImportRequest("folk", "f.xlsx", content.getvalue()))
    assert (report.state, reasons(report)) == (
        "done",
        [(2, "姓名", "This contains a control character")],
    )
    assert set(await people(database)) == {"乙"}


async def test_the_folder_of_rejections_is_for_its_owner_only(importer: ImportService) -> None:
    report = await run(importer, "姓名,鞋\n乙,clogs\n")
    assert Path(str(report.rejected_file)).parent.stat().st_mode & 0o077 == 0
