"""The sample that ships: always the same, as untidy as it should be, and understood by its mappings."""

import io
from collections import Counter

from openpyxl import load_workbook

from services.sample import LOAD_FILE
from services.sample.workbook import WORKBOOK, parts, sheets, workbook_bytes
from services.shared.imports.load_file import read_load_file
from services.shared.imports.mapping import parse_mapping

SHEETS = ["客户信息表", "联系人", "人员", "购买记录", "跟进计划表", "跟进记录表", "商机跟踪表"]


def rows(sheet: str) -> list[dict[str, object]]:
    """The rows of a sheet of the committed workbook, by header."""
    lines = load_workbook(io.BytesIO(WORKBOOK.read_bytes()), read_only=True)[sheet].iter_rows(
        values_only=True
    )
    header = next(lines)
    return [dict(zip(map(str, header), line, strict=True)) for line in lines]


def test_the_workbook_that_ships_is_the_one_that_is_written() -> None:
    assert parts(workbook_bytes()) == parts(WORKBOOK.read_bytes())


def test_it_is_the_same_every_time() -> None:
    assert workbook_bytes() == workbook_bytes()


def test_it_has_the_sheets_of_a_sales_team() -> None:
    assert load_workbook(io.BytesIO(WORKBOOK.read_bytes()), read_only=True).sheetnames == SHEETS
    assert list(sheets()) == SHEETS


def test_it_has_about_sixty_customers_and_some_two_hundred_records() -> None:
    assert 55 <= len(rows("客户信息表")) <= 65
    assert 200 <= sum(len(rows(sheet)) for sheet in SHEETS) <= 260


def test_it_is_untidy_on_purpose() -> None:
    customers = rows("客户信息表")
    names = Counter("".join(str(row["客户名称"]).split()) for row in customers)
    assert [count for count in names.values() if count > 1] == [2]
    assert sum(row["所属行业"] is None for row in customers) == 1
    assert "2025-13-40" in {row["首次接触时间"] for row in customers}
    assert "观望中" in {row["当前阶段"] for row in rows("商机跟踪表")}
    assert "52万" in {row["购买金额"] for row in rows("购买记录")}


def test_its_load_file_fixes_the_instant_and_imports_what_others_refer_to_first() -> None:
    load = read_load_file(LOAD_FILE, files_from=LOAD_FILE.parent)
    assert load.as_of is not None
    assert load.as_of.isoformat() == "2025-06-30T18:00:00+08:00"
    assert [request.what for request in load.requests] == [
        *("people", "customers", "contacts", "opportunities", "purchases", "plans", "follow_ups"),
    ]


def test_its_mappings_name_columns_that_the_workbook_has() -> None:
    for path in LOAD_FILE.parent.glob("*.yaml"):
        if path != LOAD_FILE:
            mapping = parse_mapping(path.read_bytes(), path.name)
            header = set(sheets()[str(mapping.sheet)][0])
            assert all(set(names) & header for _, names in mapping.columns_by_use()), path.name
