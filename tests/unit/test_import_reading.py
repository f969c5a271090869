"""Files as they come: CSV in two encodings, workbooks, and everything that is neither."""

import io
import zipfile
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from services.shared.errors import GenjinError, RefusedError
from services.shared.imports import errors
from services.shared.imports.limits import Limits
from services.shared.imports.reading import read_bytes, read_table

TEXT = "客户名称,金额\n某公司,52万\n"


def xlsx(**sheets: list[list[object]]) -> bytes:
    """A workbook with these sheets."""
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    for title, rows in sheets.items():
        sheet = workbook.create_sheet(title)
        for row in rows:
            sheet.append(row)
    written = io.BytesIO()
    workbook.save(written)
    return written.getvalue()


def archive(**parts: bytes) -> bytes:
    """A zip archive that is no workbook, or a strange one."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in parts.items():
            zipped.writestr(name.replace("__", "/"), content)
    return written.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_is_read_in_every_encoding_that_spreadsheets_write(encoding: str) -> None:
    table = read_table(TEXT.encode(encoding), "a.csv")
    assert table.columns == ("客户名称", "金额")
    assert [row.cells for row in table.rows] == [("某公司", "52万")]


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_the_separator_is_found_in_the_header(mark: str) -> None:
    table = read_table(TEXT.replace(",", mark).encode(), "a.csv")
    assert table.columns == ("客户名称", "金额")


def test_the_separator_may_be_named_in_a_first_line_as_excel_has_it() -> None:
    table = read_table("sep=;\n名称;电话\n甲,乙;1\n".encode(), "a.csv")
    assert [(row.number, row.cells) for row in table.rows] == [(2, ("甲,乙", "1"))]


def test_full_width_commas_between_columns_are_named_as_the_fault() -> None:
    with pytest.raises(errors.FullWidthCommaError):
        read_table("名称，电话，地址\n甲，1，上海\n".encode("gb18030"), "a.csv")
    assert read_table("名称\n甲，乙\n".encode(), "a.csv").rows[0].cells == ("甲，乙",)
    assert read_table("台账，一\n名称,电话\n甲,1\n".encode(), "a.csv", header_row=2).columns == (
        "名称",
        "电话",
    )


def test_a_text_that_is_written_as_a_formula_is_that_text() -> None:
    table = read_table(b'="a",b\n="00123","=""say """"hi"""""""\n=1+1,="x"y\n', "a.csv")
    assert table.columns == ("a", "b")
    assert [row.cells for row in table.rows] == [("00123", 'say "hi"'), ("=1+1", '="x"y')]


def test_a_comma_inside_quotation_marks_separates_nothing() -> None:
    table = read_table(b'"a,b,c,d";e\n"1,5";2\n', "a.csv")
    assert table.columns == ("a,b,c,d", "e")
    assert table.rows[0].cells == ("1,5", "2")


def test_rows_are_numbered_as_a_person_sees_them_and_blank_ones_are_left_out() -> None:
    table = read_table(b'a,b\n1,"two\nlines"\n\n , \n5,x\n', "a.csv")
    assert [row.number for row in table.rows] == [2, 5]


def test_the_header_may_stand_further_down() -> None:
    table = read_table("销售台账\n\n名称,电话\n甲,1\n".encode(), "a.csv", header_row=3)
    assert (table.columns, table.rows[0].number) == (("名称", "电话"), 4)


def test_a_short_row_is_filled_and_a_long_one_keeps_what_is_too_much() -> None:
    table = read_table(b"a,b\n1\n1,2,,4\n", "a.csv")
    assert [(row.cells, row.surplus) for row in table.rows] == [(("1", ""), ()), (("1", "2"), ("4",))]


def test_a_doubled_column_is_refused_only_where_it_is_used() -> None:
    table = read_table("名 称,备注,b,备 注\n甲,x,1,y\n".encode(), "a.csv")
    assert table.cell(table.rows[0], "名称") == "甲"
    assert table.has("备注")
    with pytest.raises(errors.DuplicateHeaderError, match="备注"):
        table.cell(table.rows[0], "备注")


def test_headers_are_found_whatever_their_width_case_and_spaces() -> None:
    table = read_table("　Ｎａｍｅ （全称）,b\nx,y\n".encode(), "a.csv")
    assert table.cell(table.rows[0], "name(全称)") == "x"


def test_a_sheet_of_a_workbook_is_read_with_excels_own_types() -> None:
    content = xlsx(客户=[["名称", "日期", "金额"], ["甲", datetime(2025, 6, 30), 12.5]], 其他=[["x"]])  # noqa: DTZ001
    table = read_table(content, "a.xlsx", sheet=" 客户 ")
    assert table.columns == ("名称", "日期", "金额")
    assert table.rows[0].number == 2
    assert table.rows[0].cells[2] == 12.5
    assert str(table.rows[0].cells[1]).startswith("2025-06-30")


def test_the_only_sheet_needs_no_name() -> None:
    assert read_table(xlsx(客户=[["名称"], ["甲"]]), "a.xlsx").rows[0].cells == ("甲",)


def test_rows_above_the_first_filled_one_count() -> None:
    content = xlsx(客户=[[], [], ["名称"], ["甲"]])
    assert read_table(content, "a.xlsx", header_row=3).rows[0].number == 4


def test_one_strange_character_is_no_reason_to_refuse_a_file() -> None:
    """Valid UTF-8 is UTF-8: its newest emoji too, and what Word left behind."""
    table = read_table("名称\n甲\U0001fae8\n乙\x02\n丙\ufffd\n".encode(), "a.csv")
    assert [row.cells for row in table.rows] == [("甲\U0001fae8",), ("乙\x02",), ("丙\ufffd",)]
    assert read_table("名称\n乙\x02\n".encode("gb18030"), "a.csv").rows[0].cells == ("乙\x02",)


def test_a_very_long_cell_is_read() -> None:
    table = read_table(f"名称\n{'长' * 200_000}\n".encode(), "a.csv")
    assert len(str(table.rows[0].cells[0])) == 200_000


def test_a_file_whose_name_is_too_long_or_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("名称", encoding="utf-8")
    with pytest.raises(errors.UnknownFileError):
        read_bytes(tmp_path / "a.csv" / "b.csv")
    with pytest.raises(errors.UnreadableFileError) as raised:
        read_bytes(tmp_path / ("x" * 300 + ".csv"))
    assert raised.value.message("zh").endswith("名称过长。")
    assert raised.value.message("en").endswith("File name too long.")


BROKEN_UTF8 = "客户名称,金额\n某某有限公司,一二三四五六\n".encode()[:-2] + b"\n"


@pytest.mark.parametrize(
    ("content", "name", "sheet", "error"),
    [
        (b"", "a.csv", None, errors.EmptyFileError),
        (b"x", "a.pdf", None, errors.UnsupportedFormatError),
        (b"x", "a", None, errors.UnsupportedFormatError),
        (xlsx(a=[["x"]]), "a.csv", None, errors.UnsupportedFormatError),
        (b"a,b\n", "a.xlsx", None, errors.DamagedWorkbookError),
        (xlsx(a=[["x"]])[:900], "a.xlsx", None, errors.DamagedWorkbookError),
        (archive(a=b"b"), "a.xlsx", None, errors.DamagedWorkbookError),
        (xlsx(a=[["x"]], b=[["x"]]), "a.xlsx", "c", errors.MissingSheetError),
        (xlsx(a=[["x"]], b=[["x"]]), "a.xlsx", None, errors.SheetNotNamedError),
        (b"a\n", "a.csv", "Sheet1", errors.SheetOfTextFileError),
        (b"a,b\n\xff\xff\n", "a.csv", None, errors.WrongEncodingError),
        (BROKEN_UTF8, "a.csv", None, errors.WrongEncodingError),
        (TEXT.encode("utf-16"), "a.csv", None, errors.WrongEncodingError),
        (b"\xef\xbb\xbfa\n\xb0\xa1", "a.csv", None, errors.WrongEncodingError),
        (b"a,b\n\0\n", "a.csv", None, errors.WrongEncodingError),
        (b'a,b\n"1,2\n', "a.csv", None, errors.BrokenTextError),
        (b"\n\n", "a.csv", None, errors.MissingHeaderError),
        (b" , \n1,2\n", "a.csv", None, errors.MissingHeaderError),
        (xlsx(a=[]), "a.xlsx", None, errors.MissingHeaderError),
    ],
)
def test_an_unusable_file_is_refused_with_one_clear_sentence_in_both_languages(
    content: bytes, name: str, sheet: str | None, error: type[GenjinError]
) -> None:
    with pytest.raises(error) as raised:
        read_table(content, name, sheet=sheet)
    assert name in raised.value.message("en") or error is errors.SheetOfTextFileError
    assert name in raised.value.message("zh")
    assert "\n" not in raised.value.message("en")


def test_a_missing_sheet_is_answered_with_the_sheets_there_are() -> None:
    with pytest.raises(errors.MissingSheetError, match="客户, 人员"):
        read_table(xlsx(客户=[["x"]], 人员=[["x"]]), "a.xlsx", sheet="客户表")


def test_a_file_that_is_not_there_is_said_not_to_be_there(tmp_path: Path) -> None:
    with pytest.raises(errors.UnknownFileError, match=r"no\.csv"):
        read_bytes(tmp_path / "no.csv")


def test_a_directory_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(errors.UnreadableFileError):
        read_bytes(tmp_path)


FAR_CELL = (
    b'<worksheet><sheetData><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>'
)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"a\n" * 200, "a.csv"),
        (b"a\n1\n2\n3\n4\n", "a.csv"),
        (b"a,b,c,d\n", "a.csv"),
        (archive(a=b"0" * 5000), "a.xlsx"),
        (archive(xl__worksheets__sheet1=FAR_CELL), "a.xlsx"),
    ],
    ids=["bytes", "rows", "columns", "a zip bomb", "a cell far away"],
)
def test_a_file_that_is_too_big_is_refused_before_it_hurts(content: bytes, name: str) -> None:
    limits = Limits(size=300, unpacked=4000, rows=4, columns=3)
    with pytest.raises(errors.TooBigError) as raised:
        read_table(content, name, limits=limits)
    assert "过大" in raised.value.message("zh")


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_and_nothing_else(content: bytes) -> None:
    try:
        read_table(content, "a.csv")
    except RefusedError:
        return


@settings(deadline=None)
@given(st.lists(st.text("客户甲乙丙abc12 ,;\"'", max_size=8), min_size=1, max_size=5))
def test_what_a_spreadsheet_writes_as_csv_is_read_back(cells: list[str]) -> None:
    quoted = ",".join('"' + cell.replace('"', '""') + '"' for cell in cells)
    header = ",".join(f"c{number}" for number in range(len(cells)))
    rows = read_table(f"{header}\n{quoted}\nend\n".encode(), "a.csv").rows
    assert rows[-1].cells[0] == "end"
    assert len(rows) == 1 or list(rows[0].cells) == cells
