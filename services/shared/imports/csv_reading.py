"""CSV as spreadsheets and other systems write it: UTF-8 or GB18030, comma, semicolon or tab."""

import csv
import io
import re
import unicodedata

from services.shared.imports.errors import BrokenTextError, WrongEncodingError
from services.shared.imports.limits import COLUMNS, ROWS, Limits

_BOM = b"\xef\xbb\xbf"
_UTF8_SEQUENCE = re.compile(rb"[\xe2-\xef][\x80-\xbf][\x80-\xbf]")
_HIGH = re.compile(rb"[\x80-\xff]")
_LONGEST_CELL = 1 << 30
"""A cell that is too long is refused by its field, with its row, and not with its file."""
_MOSTLY = 0.8


def read_lines(content: bytes, file: str, limits: Limits) -> list[list[str]]:
    """All lines of a CSV file, in order, blank ones included.

    Raises WrongEncodingError, BrokenTextError or TooBigError.
    """
    text = _decode(content, file)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    csv.field_size_limit(_LONGEST_CELL)
    lines: list[list[str]] = []
    try:
        for line in reader:
            lines.append(line)
            limits.check(file, what=ROWS, size=len(lines), limit=limits.rows)
            limits.check(file, what=COLUMNS, size=len(line), limit=limits.columns)
    except csv.Error as error:
        raise BrokenTextError(file=file, line=reader.line_num) from error
    return lines


def _decode(content: bytes, file: str) -> str:
    if content.startswith(_BOM):
        return _checked(content, "utf-8-sig", file)
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        if _is_broken_utf8(content):
            line = content.count(b"\n", 0, error.start) + 1
            raise WrongEncodingError(file=file, line=line) from error
        return _checked(content, "gb18030", file)
    return _checked(content, "utf-8", file)


def _checked(content: bytes, encoding: str, file: str) -> str:
    """Decode strictly, and refuse text with characters that tell of another encoding."""
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise WrongEncodingError(file=file, line=content.count(b"\n", 0, error.start) + 1) from error
    for character in set(text):
        if _is_foreign(character, encoding):
            line = text.count("\n", 0, text.index(character)) + 1
            raise WrongEncodingError(file=file, line=line)
    return text


def _is_foreign(character: str, encoding: str) -> bool:
    """Whether a character shows a wrong guess; valid UTF-8 is no guess, so new emoji are no reason there."""
    if character == "\0" or encoding != "gb18030" or character.isascii():
        return character == "\0"
    return unicodedata.category(character) in {"Cc", "Co", "Cn", "Cs"}


def _is_broken_utf8(content: bytes) -> bool:
    """Whether bytes that are not UTF-8 were meant to be: GB18030 would read them as other characters."""
    high = len(_HIGH.findall(content))
    return 3 * len(_UTF8_SEQUENCE.findall(content)) > _MOSTLY * high


def _delimiter(text: str) -> str:
    """The separator that is most frequent in the first line with text, outside quotation marks."""
    header = next((line for line in text.splitlines() if line.strip()), "")
    bare = re.sub(r'"[^"]*"', "", header)
    return max(",;\t", key=bare.count)
