"""Local wall time and back, with the hours that a change of the clocks takes out or repeats."""

from datetime import UTC, datetime, timedelta, tzinfo


def wall_time(instant: datetime, zone: tzinfo) -> datetime:
    """Return what a clock on the wall shows at the instant, as a naive time."""
    try:
        return instant.astimezone(zone).replace(tzinfo=None)
    except OverflowError:
        # The last hours of the year 9999, east of Greenwich: files write them for "never".
        return instant.replace(tzinfo=None)


def instant_of(wall: datetime, zone: tzinfo) -> datetime:
    """Return the instant, in UTC, at which a clock on the wall shows the time.

    A time shown twice means the first one; a time that is left out means the instant at which it is skipped.
    """
    first = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if wall_time(first, zone) == wall:
        return first
    return _skip(wall.replace(tzinfo=zone, fold=1).astimezone(UTC), first, zone)


def _skip(before: datetime, after: datetime, zone: tzinfo) -> datetime:
    # Clocks go forward somewhere in (before, after]; they do so at a full second.
    offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)
