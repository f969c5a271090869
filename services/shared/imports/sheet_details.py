"""What the XML of a sheet says beside the values: formulas without results, errors, numbers with zeros."""

import html
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from services.shared.imports.table import MissingResult
from services.shared.imports.workbook_parts import SheetPart

_CHUNK = 1 << 20
_ROW_END = re.compile(rb"</(?:\w+:)?row>")
_REFERENCE = re.compile(rb'\br="([A-Z]{1,3})([0-9]{1,7})"')
_STYLE = re.compile(rb'\bs="([0-9]+)"')
_TEXT_RESULT = re.compile(rb'\bt="str"')
_ERROR = re.compile(rb'\bt="e"')
_DIGITS_ONLY = re.compile(r'(?:0|-|\s|\\.|"[^"]*")+')
"""A format of digits and of what stands between them: `000000`, `0000-00000000`, `"K"0000`."""
_FORMAT_PART = re.compile(r'0|"[^"]*"|\\.|[-\s]')


@dataclass(frozen=True)
class CellDetail:
    """A cell whose value is not what its reader takes it for; row and column count from 0.

    `value` is its error or a formula that has no result; else `format` is how its number is shown.
    """

    row: int
    column: int
    value: str | MissingResult = ""
    format: str = ""


def read_details(archive: zipfile.ZipFile, part: SheetPart) -> Iterator[CellDetail]:
    """All such cells of a sheet, in its order, with no more than a few rows in memory.

    Raises KeyError for a cell that does not say where it stands.
    """
    shown = {style: code for style, code in part.formats.items() if _is_padded(code)}
    cell = _cell_pattern(shown)
    with archive.open(part.path) as stream:
        rest = b""
        while chunk := stream.read(_CHUNK):
            rest += chunk
            end = max((match.end() for match in _ROW_END.finditer(rest)), default=0)
            yield from _in_rows(cell, rest[:end], shown, stale=part.stale)
            rest = rest[end:]


def _cell_pattern(shown: Mapping[int, str]) -> re.Pattern[bytes]:
    styles = b"|".join(str(style).encode() for style in shown) or b"none"
    return re.compile(
        rb'<(?:\w+:)?c(?=[\s>])(?=[^>]*?(?:\bt="e"|\bs="(?:'
        + styles
        + rb')"|>\s*<(?:\w+:)?f\b))(?P<attributes>[^>]*)>\s*'
        rb"(?P<formula><(?:\w+:)?f\b[^>]*?(?:/>|>(?P<text>[^<]*)</(?:\w+:)?f>)\s*)?"
        rb"(?P<result><(?:\w+:)?v\b[^>]*?(?:/>|>(?P<value>[^<]*)</(?:\w+:)?v>))?"
    )


def _in_rows(
    cell: re.Pattern[bytes], rows: bytes, shown: Mapping[int, str], *, stale: bool
) -> Iterator[CellDetail]:
    for match in cell.finditer(rows):
        attributes, value = match["attributes"], match["value"] or b""
        if match["formula"] and _lacks_result(match, stale=stale):
            formula = html.unescape((match["text"] or b"").decode(errors="replace"))
            yield CellDetail(*_place(attributes), MissingResult(formula))
        elif _ERROR.search(attributes):
            yield CellDetail(*_place(attributes), value.decode(errors="replace"))
        elif value and (style := _STYLE.search(attributes)) and int(style[1]) in shown:
            yield CellDetail(*_place(attributes), format=shown[int(style[1])])


def _lacks_result(match: re.Match[bytes], *, stale: bool) -> bool:
    """Whether a formula has no result; an empty text is one, and a 0 in a stale workbook is none."""
    if not match["value"]:
        return not (match["result"] and _TEXT_RESULT.search(match["attributes"]))
    return stale and match["value"] == b"0"


def _place(attributes: bytes) -> tuple[int, int]:
    reference = _REFERENCE.search(attributes)
    if reference is None:
        raise KeyError(attributes)
    column = 0
    for letter in reference[1]:
        column = column * 26 + letter - ord("A") + 1
    return int(reference[2]) - 1, column - 1


def _is_padded(code: str) -> bool:
    return "0" in code and code != "0" and _DIGITS_ONLY.fullmatch(code) is not None


def shown_as(number: float, code: str) -> str | None:
    """A whole number in a format such as `000000` or `0000-00000000`; None when it is none or below 0."""
    if number < 0 or number != int(number):
        return None
    parts = _FORMAT_PART.findall(code)
    places = parts.count("0")
    digits = str(int(number)).rjust(places, "0")
    first = len(digits) - places + 1
    fill = iter([digits[:first], *digits[first:]])
    return "".join(next(fill) if part == "0" else part.strip('"').removeprefix("\\") for part in parts)
