"""Days and instants as people write them."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from services.shared.imports.cells import CellError, as_text
from services.shared.imports.table import Cell
from services.shared.imports.text import plain

_WRITTEN = re.compile(
    r"(?P<year>\d{4})\s*(?P<mark>[-/.年])\s*(?P<month>\d{1,2})\s*(?:[-/.月])\s*(?P<day>\d{1,2})\s*日?"
    r"(?:[T\s]*(?P<hour>\d{1,2})[:时点](?:(?P<minute>\d{1,2})分?)?(?::?(?P<second>\d{1,2})(?:\.\d+)?秒?)?)?"
    r"\s*(?P<zone>Z|[+-]\d{2}:?\d{2})?",
    re.ASCII,
)
_SERIAL_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001 - Excel's serial numbers are local and without zone
_SERIAL_LIMIT = 73_051  # 2100-01-01
_COMPACT_FIRST, _COMPACT_LAST = 19_000_101, 21_001_231
_YEARS = range(1900, 2101)
_MINUTE = timedelta(minutes=1)

Written = date | datetime
"""A `date` when no time was written; else a `datetime`, naive when it is local."""


def to_day(cell: Cell, formats: Sequence[str] = ()) -> date:
    """The calendar day in a cell, its time left out; raises CellError."""
    written = read(cell, formats)
    return written.date() if isinstance(written, datetime) else written


def to_instant(
    cell: Cell, formats: Sequence[str] = (), *, zone: ZoneInfo, is_deadline: bool = False
) -> datetime:
    """The instant in a cell, in UTC; raises CellError.

    A day without a time is its local start, or for a deadline its end: the start of the next day (A11).
    """
    written = read(cell, formats)
    if not isinstance(written, datetime):
        day = written + timedelta(days=1) if is_deadline else written
        written = datetime.combine(day, time(), tzinfo=zone)
    return (written if written.tzinfo else written.replace(tzinfo=zone)).astimezone(UTC)


def read(cell: Cell, formats: Sequence[str] = ()) -> Written:
    """The day or the instant that a cell says, in the formats given or the usual ones; raises CellError."""
    text = plain(as_text(cell))
    found = _in_formats(text, formats) or _from_excel(cell) or _from_text(text)
    if found is None or found.year not in _YEARS:
        said = as_text(cell)
        raise CellError(zh=f"“{said}”不是有效日期", en=f"{said!r} is not a valid date")
    return found


def _from_excel(cell: Cell) -> Written | None:
    """Excel's own dates; a midnight is a day without a time, since Excel knows no difference."""
    if isinstance(cell, datetime):
        return cell.date() if cell.time() == time() else cell
    if isinstance(cell, date):
        return cell
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        return None
    if not 1 <= cell < _SERIAL_LIMIT:
        return None
    moment = _SERIAL_ZERO + timedelta(days=cell)
    moment = _SERIAL_ZERO + round((moment - _SERIAL_ZERO) / _MINUTE) * _MINUTE
    return moment.date() if moment.time() == time() else moment


def _in_formats(text: str, formats: Sequence[str]) -> Written | None:
    return next((found for form in formats if (found := _parse(text, form)) is not None), None)


def _from_text(text: str) -> Written | None:
    if re.fullmatch(r"\d{8}", text, re.ASCII) and _COMPACT_FIRST <= int(text) <= _COMPACT_LAST:
        return _parse(text, "%Y%m%d")
    match = _WRITTEN.fullmatch(text)
    return _assemble(match) if match else None


@lru_cache(maxsize=4096)
def _parse(text: str, form: str) -> Written | None:
    try:
        moment = datetime.strptime(text, form)  # noqa: DTZ007 - a zone is only known when the format has one
    except ValueError:
        return None
    return moment if any(part in form for part in ("%H", "%I", "%X", "%c", "%T")) else moment.date()


def _assemble(match: re.Match[str]) -> Written | None:
    try:
        day = date(int(match["year"]), int(match["month"]), int(match["day"]))
        if match["hour"] is None:
            return None if match["zone"] else day
        moment = time(int(match["hour"]), int(match["minute"] or 0), int(match["second"] or 0))
        zone = (match["zone"] or "").replace("Z", "+0000").replace(":", "")
        zoned = datetime.strptime(zone, "%z").tzinfo if zone else None
    except ValueError:
        return None
    return datetime.combine(day, moment, tzinfo=zoned)
