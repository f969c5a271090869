"""What the XML of a workbook says beside the values: formulas without results, errors, numbers with zeros."""

import io
import zipfile
from datetime import timedelta

import pytest
from openpyxl import Workbook

from services.shared.imports import errors
from services.shared.imports.cells import as_text
from services.shared.imports.reading import read_table
from services.shared.imports.sheet_details import shown_as
from services.shared.imports.table import Cell, FormattedNumber, MissingResult, Table

STALE = b'<calcPr calcId="124519" fullCalcOnLoad="1" />'


def workbook(rows: list[list[object]], formats: dict[str, str] | None = None) -> bytes:
    """A workbook with one sheet, written by a program that calculates nothing."""
    made = Workbook()
    sheet = made.worksheets[0]
    for row in rows:
        sheet.append(row)
    for place, code in (formats or {}).items():
        sheet[place].number_format = code
    written = io.BytesIO()
    made.save(written)
    return written.getvalue()


def rewritten(content: bytes, *changes: tuple[bytes, bytes]) -> bytes:
    """The same archive with other XML in it, as other programs write it."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(written, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            for before, after in changes:
                part = part.replace(before, after)
            new.writestr(name, part)
    return written.getvalue()


def cells(content: bytes) -> list[tuple[Cell, ...]]:
    return [row.cells for row in read(content).rows]


def read(content: bytes) -> Table:
    return read_table(content, "a.xlsx")


def test_a_formula_without_a_stored_result_is_no_blank_cell() -> None:
    content = workbook([["a", "b", "c"], ["x", "=1+1", '=IF(1<2,"高","低")'], ["y", "", "z"]])
    assert cells(content) == [
        ("x", MissingResult("1+1"), MissingResult('IF(1<2,"高","低")')),
        ("y", "", "z"),
    ]


def test_a_row_and_a_column_of_nothing_but_formulas_are_there() -> None:
    content = workbook([["a", "b"], ["=B1"], [], ["x", "=A1"], ["=A1", "=B1"]])
    table = read(content)
    assert [row.number for row in table.rows] == [2, 4, 5]
    assert table.rows[2].cells == (MissingResult("A1"), MissingResult("B1"))
    assert read(workbook([["a", "=A1"], ["x", 1]])).columns == ("a", "=A1")


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        (b'<c r="A2"><f>X1</f><v>5</v></c>', 5.0),
        (b'<c r="A2" t="str"><f>X1</f><v></v></c>', ""),
        (b'<c r="A2" t="str"><f>X1</f><v/></c>', ""),
        (b'<c r="A2" t="str"><f>X1</f><v>ok</v></c>', "ok"),
        (b'<c r="A2" t="b"><f>X1</f><v>0</v></c>', False),
        (b'<c r="A2"><f>X1</f><v>0</v></c>', 0.0),
        (b'<c r="A2"><f>X1</f><v></v></c>', MissingResult("X1")),
        (b'<c r="A2"><f>X1</f></c>', MissingResult("X1")),
        (b'<c r="A2" t="str"><f>X1</f></c>', MissingResult("X1")),
        (b'<c r="A2"><f t="shared" si="0"/><v/></c>', MissingResult("")),
        (
            b'<c r="A2" t="n"><f t="array" ref="A2">SUM(X1:X2&amp;"a")</f><v/></c>',
            MissingResult('SUM(X1:X2&"a")'),
        ),
        (b'<c r="A2" t="e"><f>1/0</f><v>#DIV/0!</v></c>', "#DIV/0!"),
        (b'<c r="A2" t="e"><v>#REF!</v></c>', "#REF!"),
        (b'<c r="A2" t="inlineStr"><is><t>x</t></is></c>', "x"),
    ],
)
def test_a_result_is_what_the_file_has_and_nothing_else(cell: bytes, value: Cell) -> None:
    """The empty text is a result; an error stays one instead of a blank cell."""
    old = b'<c r="A2" t="n"><v>1</v></c>'
    content = rewritten(workbook([["a", "b"], [1, "end"]]), (old, cell), (STALE, b""))
    assert cells(content) == [(value, "end")]


def test_a_zero_that_waits_for_excel_to_calculate_is_no_result() -> None:
    """Some programs write 0 for every formula and ask Excel to calculate when it opens the file."""
    old = b'<c r="A2" t="n"><v>1</v></c>'
    stale = rewritten(workbook([["a", "b"], [1, "end"]]), (old, b'<c r="A2"><f>X1</f><v>0</v></c>'))
    assert cells(stale) == [(MissingResult("X1"), "end")]
    fresh = rewritten(stale, (STALE, b'<calcPr calcId="191029"/>'))
    assert cells(fresh) == [(0.0, "end")]


@pytest.mark.parametrize("prefix", [b"x:", b"main:"])
def test_elements_may_have_a_prefix(prefix: bytes) -> None:
    names = [b"worksheet", b"sheetData", b"row", b"c", b"f", b"v"]
    content = workbook([["a", 1], ["x", "=1+1"]])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    changed = sheet.replace(b"xmlns=", b"xmlns:" + prefix.rstrip(b":") + b"=")
    for name in (
        *names,
        b"is",
        b"t",
        b"dimension",
        b"sheetPr",
        b"sheetViews",
        b"sheetFormatPr",
        b"pageMargins",
    ):
        for mark in (b"<", b"</"):
            for end in (b">", b" "):
                changed = changed.replace(mark + name + end, mark + prefix + name + end)
    assert cells(rewritten(content, (sheet, changed)))[0][1] == MissingResult("1+1")


def test_rows_that_do_not_fit_into_one_piece_are_read_whole() -> None:
    rows: list[list[object]] = [[f"x{n}" * 20, f"={n}+{n}"] for n in range(8_000)]
    found = cells(workbook([["a", "b"], *rows]))
    assert [cell for _, cell in found] == [MissingResult(f"{n}+{n}") for n in range(8_000)]


def test_a_number_is_taken_as_its_format_shows_it() -> None:
    content = workbook(
        [["id", "tel", "code", "sum"], [123, 51268880001, 7, 12.5], [1234567, 2155556666, 12345, 3]],
        {
            "A2": "000000",
            "A3": "000000",
            "B2": "0000-00000000",
            "B3": "000-00000000",
            "C2": '"K"0000',
            "D2": "0.00",
        },
    )
    first, second = cells(content)
    assert [getattr(cell, "shown", None) for cell in first] == ["000123", "0512-68880001", "K0007", None]
    assert [getattr(cell, "shown", None) for cell in second] == ["1234567", "021-55556666", None, None]
    assert first[0] == 123.0


@pytest.mark.parametrize(
    ("number", "code", "shown"),
    [
        (123, "000000", "000123"),
        (1234567, "000", "1234567"),
        (0, "00", "00"),
        (20250101, r"0000\-00\-00", "2025-01-01"),
        (12.5, "0000", None),
        (-5, "0000", None),
    ],
)
def test_digits_fill_a_format_from_the_right(number: float, code: str, shown: str | None) -> None:
    assert shown_as(number, code) == shown


def test_a_formatted_number_is_a_number() -> None:
    assert FormattedNumber(5.0, "005") + 1 == 6


@pytest.mark.parametrize(
    "change",
    [
        (b'name="Sheet"', b'name="Sheet'),
        (b'Target="/xl/worksheets/sheet1.xml"', b'Target="/xl/worksheets/other.xml"'),
        (b'<c r="B2"><f>', b"<c><f>"),
    ],
)
def test_a_workbook_that_does_not_say_plainly_what_is_where_is_refused(change: tuple[bytes, bytes]) -> None:
    content = workbook([["a", "b"], ["x", "=1+1"]])
    with pytest.raises(errors.DamagedWorkbookError):
        read(rewritten(content, change))


def test_a_workbook_with_its_entries_written_otherwise_is_read() -> None:
    content = rewritten(workbook([["a"], ["=1+1"]]), (b'Target="/xl/', b'Target="'))
    assert cells(content) == [(MissingResult("1+1"),)]


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(days=2, minutes=30), "48:30:00"),
        (timedelta(seconds=5), "0:00:05"),
        (timedelta(hours=-1), "-1:00:00"),
    ],
)
def test_a_length_of_time_is_read_as_excel_shows_it(length: timedelta, text: str) -> None:
    assert as_text(length) == text
