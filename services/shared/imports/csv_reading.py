"""CSV as spreadsheets and other systems write it: UTF-8 or GB18030, comma, semicolon or tab."""

import csv
import io
import re

from services.shared.imports.decoding import decode
from services.shared.imports.errors import BrokenTextError, FullWidthCommaError
from services.shared.imports.limits import COLUMNS, ROWS, Limits

_DELIMITERS = ",;\t|"
_NAMED_DELIMITER = re.compile(r"sep=([,;\t|])\r?\n")
"""A first line that Excel obeys and does not show, nor count."""
_FULL_WIDTH_COMMA = "，"
_BEGINNING = 10_000
_TEXT_FORMULA = re.compile(r'="((?:[^"]|"")*)"')
"""How programs keep Excel from making a number of a text: `="00123"`."""
_LONGEST_CELL = 1 << 30
"""A cell that is too long is refused by its field, with its row, and not with its file."""


def read_lines(content: bytes, file: str, limits: Limits) -> list[list[str]]:
    """All lines of a CSV file, in order, blank ones included.

    Raises WrongEncodingError, ShiftJisError, FullWidthCommaError, BrokenTextError or TooBigError.
    """
    text = decode(content, file)
    named = _NAMED_DELIMITER.match(text)
    text, delimiter = (text[named.end() :], named[1]) if named else (text, _delimiter(text, file))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    csv.field_size_limit(_LONGEST_CELL)
    lines: list[list[str]] = []
    try:
        for line in reader:
            lines.append([_unwrapped(cell) for cell in line])
            limits.check(file, what=ROWS, size=len(lines), limit=limits.rows)
            limits.check(file, what=COLUMNS, size=len(line), limit=limits.columns)
    except csv.Error as error:
        raise BrokenTextError(file=file, line=reader.line_num) from error
    return lines


def _unwrapped(cell: str) -> str:
    match = _TEXT_FORMULA.fullmatch(cell) if cell.startswith("=") else None
    return match[1].replace('""', '"') if match else cell


def _delimiter(text: str, file: str) -> str:
    """The separator that is most frequent in the first line with text, outside quotation marks.

    Raises FullWidthCommaError when there is none, and the first lines have full-width commas instead.
    """
    lines = [line for line in text[:_BEGINNING].splitlines() if line.strip()] or [""]
    wide = [line for line in lines if _FULL_WIDTH_COMMA in line]
    divided = [line for line in lines if any(mark in line for mark in _DELIMITERS)]
    if lines[0] in wide and len(divided) < len(wide):
        raise FullWidthCommaError(file=file)
    bare = re.sub(r'"[^"]*"', "", lines[0])
    return max(_DELIMITERS, key=bare.count)
