"""Days and instants as people write them."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from services.shared.imports.cells import CellError, as_text
from services.shared.imports.table import Cell
from services.shared.imports.text import plain

_WRITTEN = re.compile(
    r"(?P<year>\d{4})\s*[-/.年]\s*(?P<month>\d{1,2})\s*[-/.月]\s*(?P<day>\d{1,2})\s*[日号]?"
    r"\s*(?:\(?(?:星期|周|礼拜)[一二三四五六日天]\)?)?"
    r"(?:[T\s]*(?P<before>上午|下午)?\s*(?P<hour>\d{1,2})[:时点](?:(?P<minute>\d{1,2})分?)?"
    r"(?::?(?P<second>\d{1,2})(?:[.,](?P<fraction>\d{1,9}))?秒?)?\s*(?P<after>am|pm)?)?"
    r"\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?",
    re.ASCII | re.IGNORECASE,
)
_YEAR = re.compile(r"(\d{4})\s*年?", re.ASCII)
_MONTH = re.compile(r"\d{4}\s*[-/.年]\s*\d{1,2}\s*月?|(?:19|20)\d{2}(?:0[1-9]|1[0-2])", re.ASCII)
_MORNING, _AFTERNOON = {"上午", "am"}, {"下午", "pm"}
_NOON = 12
_COMPACT = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
_MILLISECONDS, _SECONDS = 13, 10
"""How many digits the milliseconds and the seconds since 1970 have, in our time."""
_LAST_SECOND = 1_900_000_000
"""In 2030; later ones could be an hour written without marks, such as 2030010112."""
_SERIAL_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001 - Excel's serial numbers are local and without zone
_SERIAL_LIMIT = 73_051  # 2100-01-01
_YEARS = range(1900, 2101)
_MINUTE = timedelta(minutes=1)

Written = date | datetime
"""A `date` when no time was written; else a `datetime`, naive when it is local."""


def to_day(cell: Cell, formats: Sequence[str] = (), *, zone: ZoneInfo) -> date:
    """The calendar day in a cell, of an instant the day that it has in the zone; raises CellError."""
    written = read(cell, formats)
    if not isinstance(written, datetime):
        return written
    return (written.astimezone(zone) if written.tzinfo else written).date()


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
    """The day or the instant that a cell says, in the formats given or the usual ones; raises CellError.

    A local midnight is a day without a time: spreadsheets and databases know no difference.
    """
    text = plain(as_text(cell))
    found = _in_formats(text, formats) or _from_excel(cell) or _from_digits(text) or _from_text(text)
    if found is None or found.year not in _YEARS:
        raise _not_a_date(text)
    if isinstance(found, datetime) and found.tzinfo is None and found.time() == time():
        return found.date()
    return found


def _not_a_date(text: str) -> CellError:
    year = _YEAR.fullmatch(text)
    if year and int(year[1]) in _YEARS:
        return _only_a_year(year[1])
    if _MONTH.fullmatch(text):
        return CellError(
            zh=f"“{text}”没有写明哪一天，请写完整日期", en=f"{text!r} names no day; write a whole date"
        )
    return CellError(zh=f"“{text}”不是有效日期", en=f"{text!r} is not a valid date")


def _only_a_year(year: object) -> CellError:
    return CellError(zh=f"“{year}”只是年份，请写完整日期", en=f"{year} is only a year; write a whole date")


def _from_excel(cell: Cell) -> Written | None:
    """Excel's own dates, and its serial numbers where no date was asked of them."""
    if isinstance(cell, date):
        day = cell.date() if isinstance(cell, datetime) else cell
        if (serial := (day - _SERIAL_ZERO.date()).days) in _YEARS:
            # Somebody wrote a year into a column of dates, and Excel shows a day of 1905.
            raise _only_a_year(serial)
        return cell
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        return None
    if not _YEARS.stop <= cell < _SERIAL_LIMIT:
        return None
    moment = _SERIAL_ZERO + timedelta(days=cell)
    return _SERIAL_ZERO + round((moment - _SERIAL_ZERO) / _MINUTE) * _MINUTE


def _in_formats(text: str, formats: Sequence[str]) -> Written | None:
    return next((found for form in formats if (found := _parse(text, form)) is not None), None)


def _from_digits(text: str) -> Written | None:
    """A date without marks, or the milliseconds or seconds since 1970."""
    if not (text.isascii() and text.isdecimal()):
        return None
    if len(text) in _COMPACT:
        return _parse(text, _COMPACT[len(text)])
    if len(text) == _MILLISECONDS:
        return datetime.fromtimestamp(int(text) // 1000, UTC) + timedelta(milliseconds=int(text) % 1000)
    if len(text) == _SECONDS and int(text) < _LAST_SECOND:
        return datetime.fromtimestamp(int(text), UTC)
    return None


def _from_text(text: str) -> Written | None:
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
        hour = _on_the_clock(int(match["hour"]), (match["before"] or match["after"] or "").casefold())
        fraction = int((match["fraction"] or "").ljust(6, "0")[:6])
        moment = time(hour, int(match["minute"] or 0), int(match["second"] or 0), fraction)
        zoned = _offset(match["zone"]) if match["zone"] else None
    except ValueError:
        return None
    return datetime.combine(day, moment, tzinfo=zoned)


def _on_the_clock(hour: int, half: str) -> int:
    """The hour from 0 to 23 of one in the morning or the afternoon; 下午15 is 15 as well."""
    if half in _MORNING and hour > _NOON:
        raise ValueError(half)
    if half in _MORNING and hour == _NOON:
        return 0
    return hour + _NOON if half in _AFTERNOON and hour < _NOON else hour


def _offset(zone: str) -> tzinfo:
    if zone[0] not in "+-":
        return UTC
    return datetime.strptime(zone.replace(":", "").ljust(5, "0"), "%z").tzinfo or UTC
