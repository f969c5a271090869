"""What is said to have taken place has: its instant does not lie in the future."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo

from services.shared.errors import RefusedError

SKEW = timedelta(days=1)
"""How far the clock of another system may be ahead of ours."""


class InFutureError(RefusedError):
    """The field {field} says {written}, which is yet to come."""

    slug = "in-future"
    zh = "字段 {field} 的时间 {written} 尚未到来。"
    members = ("field",)
    field: str
    written: str


def is_future(value: object, *, now: datetime, zone: tzinfo) -> bool:
    """Whether an instant lies more than a day after `now`, or a day has not begun in the zone."""
    if isinstance(value, datetime):
        return value > now + SKEW
    return isinstance(value, date) and value > now.astimezone(zone).date()


def check_past(values: Mapping[str, object], fields: Iterable[str], *, now: datetime) -> None:
    """Raise InFutureError when one of these fields has an instant that lies more than a day after `now`."""
    for field in fields:
        at = values.get(field)
        if isinstance(at, datetime) and is_future(at, now=now, zone=UTC):
            raise InFutureError(field=field, written=at.isoformat())


def check_day(values: Mapping[str, object], field: str, *, now: datetime, zone: tzinfo) -> None:
    """Raise InFutureError when a field has a day that has not begun in the zone."""
    day = values.get(field)
    if isinstance(day, date) and is_future(day, now=now, zone=zone):
        raise InFutureError(field=field, written=day.isoformat())
