"""Excel workbooks, looked over before they are opened: an archive can be far bigger than it looks."""

import io
import re
import zipfile
import zlib
from collections.abc import Sequence
from typing import cast
from xml.etree.ElementTree import ParseError

from python_calamine import CalamineError, CalamineWorkbook

from services.shared.imports.errors import DamagedWorkbookError, MissingSheetError, SheetNotNamedError
from services.shared.imports.limits import COLUMNS, ROWS, UNPACKED, Limits
from services.shared.imports.sheet_details import CellDetail, read_details, shown_as
from services.shared.imports.table import Cell, FormattedNumber
from services.shared.imports.text import normalise_label
from services.shared.imports.workbook_parts import find_part

_CHUNK = 1 << 20
_OVERLAP = 32
_CELL_REFERENCE = re.compile(rb'\br="([A-Z]{1,4})([0-9]{1,9})"')
_ROW_REFERENCE = re.compile(rb'<(?:\w+:)?row [^>]*?\br="([0-9]{1,12})"')
_SHEETS = "xl/worksheets/"
_NOT_AN_ARCHIVE = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    NotImplementedError,  # a compression that zipfile does not know
    RuntimeError,
    EOFError,
)
_UNREADABLE = (CalamineError, OSError, ValueError, KeyError, ParseError, *_NOT_AN_ARCHIVE)


def read_lines(content: bytes, file: str, *, sheet: str | None, limits: Limits) -> list[list[Cell]]:
    """All lines of one sheet from its first row on, blank ones included.

    The sheet may be left out when there is only one. Raises DamagedWorkbookError, MissingSheetError,
    SheetNotNamedError or TooBigError.
    """
    _look_over(content, file, limits)
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as workbook:
            name = _choose(workbook.sheet_names, file, sheet)
            read = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
        lines = cast("list[list[Cell]]", read)  # which gets what the reader does not know of
        _add_details(lines, content, name)
    except _UNREADABLE as error:
        raise DamagedWorkbookError(file=file) from error
    limits.check(file, what=ROWS, size=len(lines), limit=limits.rows)
    return lines


def _add_details(lines: list[list[Cell]], content: bytes, sheet: str) -> None:
    """Put into the lines what the reader of values leaves blank, and how a person sees a number."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for detail in read_details(archive, find_part(archive, sheet)):
            lines += [[] for _ in range(detail.row + 1 - len(lines))]
            line = lines[detail.row]
            line += [""] * (detail.column + 1 - len(line))
            line[detail.column] = _detailed(line[detail.column], detail)


def _detailed(cell: Cell, detail: CellDetail) -> Cell:
    if not detail.format:
        return detail.value
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        return cell
    shown = shown_as(cell, detail.format)
    return cell if shown is None else FormattedNumber(cell, shown)


def _choose(names: Sequence[str], file: str, sheet: str | None) -> str:
    listed = ", ".join(names)
    if sheet is None:
        if len(names) == 1:
            return names[0]
        raise SheetNotNamedError(file=file, sheets=listed)
    by_label = {normalise_label(name): name for name in names}
    found = by_label.get(normalise_label(sheet))
    if found is None:
        raise MissingSheetError(file=file, sheet=sheet, sheets=listed)
    return found


def _look_over(content: bytes, file: str, limits: Limits) -> None:
    """Unpack piece by piece, keeping nothing, to learn the true size and the farthest cell."""
    unpacked = 0
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for entry in archive.infolist():
                with archive.open(entry) as stream:
                    tail = b""
                    while chunk := stream.read(_CHUNK):
                        unpacked += len(chunk)
                        limits.check(file, what=UNPACKED, size=unpacked, limit=limits.unpacked)
                        if entry.filename.startswith(_SHEETS):
                            _measure(tail + chunk, file, limits)
                            tail = chunk[-_OVERLAP:]
    except _NOT_AN_ARCHIVE as error:
        raise DamagedWorkbookError(file=file) from error


def _measure(xml: bytes, file: str, limits: Limits) -> None:
    """Check the farthest row and column named: the reader makes room for all cells up to them."""
    references = _CELL_REFERENCE.findall(xml)
    rows = [int(row) for _, row in references] + [int(row) for row in _ROW_REFERENCE.findall(xml)]
    limits.check(file, what=ROWS, size=max(rows, default=0), limit=limits.rows)
    width = max((_column_number(letters) for letters in {letters for letters, _ in references}), default=0)
    limits.check(file, what=COLUMNS, size=width, limit=limits.columns)


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number
