"""From the bytes of a file to a table."""

from pathlib import Path

from services.shared.errors import SystemCause
from services.shared.imports import csv_reading, xlsx_reading
from services.shared.imports.errors import (
    DamagedWorkbookError,
    EmptyFileError,
    SheetOfTextFileError,
    UnknownFileError,
    UnreadableFileError,
    UnsupportedFormatError,
)
from services.shared.imports.limits import BYTES, Limits
from services.shared.imports.table import Table, make_table

DEFAULT_LIMITS = Limits()
_TEXT_FILES = {".csv", ".tsv", ".txt"}
_WORKBOOKS = {".xlsx", ".xlsm"}
_ZIP = b"PK\x03\x04"


def read_bytes(path: Path) -> bytes:
    """The bytes of a file on disk; raises UnknownFileError or UnreadableFileError."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise UnknownFileError(path=path) from error
    except OSError as error:
        raise UnreadableFileError(path=path, cause=SystemCause(error.errno)) from error


def read_table(
    content: bytes,
    name: str,
    *,
    sheet: str | None = None,
    header_row: int = 1,
    limits: Limits = DEFAULT_LIMITS,
) -> Table:
    """The table in the bytes of a CSV file or of one sheet of an Excel workbook.

    `name` is the file's name as it is reported; its ending tells the format. Rows are numbered as a person
    sees them, the header being `header_row`. Raises one of the RefusedErrors of this package.
    """
    if not content:
        raise EmptyFileError(file=name)
    limits.check(name, what=BYTES, size=len(content), limit=limits.size)
    ending = Path(name).suffix.casefold()
    if ending in _WORKBOOKS:
        if not content.startswith(_ZIP):
            raise DamagedWorkbookError(file=name)
        lines = xlsx_reading.read_lines(content, name, sheet=sheet, limits=limits)
        return make_table(name, lines, header_row=header_row)
    if ending not in _TEXT_FILES or content.startswith(_ZIP):
        raise UnsupportedFormatError(file=name)
    if sheet is not None:
        raise SheetOfTextFileError(file=name, sheet=sheet)
    return make_table(name, csv_reading.read_lines(content, name, limits), header_row=header_row)
