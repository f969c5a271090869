"""Which of two durations ends first when both start at the same instant, for every instant.

Most pairs follow from their terms. For the others (`5wd` against `8d`, `90d` against `3mo`) every day of the
horizon is tried, at each time of day at which a working day could begin to count differently.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import takewhile
from typing import Final

from services.shared.business_time import Calendar, Duration, Unit

FIRST_YEAR: Final = 2023
LAST_YEAR: Final = 2027
_DAY = 24 * 60
# What daylight saving can add to or take from a term that keeps the local time.
_CLOCK_CHANGE = 120
_SAME_KIND: Final = {Unit.H: (Unit.MIN, 60), Unit.W: (Unit.D, 7), Unit.Q: (Unit.MO, 3)}
_WORKING: Final = frozenset({Unit.WD, Unit.WH})
_ELAPSED: Final = frozenset({Unit.MIN, Unit.H})

_SIGNS: Final = (-1, 0, 1)

Terms = tuple[tuple[int, Unit], ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """How the ends of two durations lie: which orders occur, with an instant at which each does.

    An instant of None stands for any.
    """

    before: bool = False
    same: bool = False
    after: bool = False
    before_at: datetime | None = None
    after_at: datetime | None = None

    @property
    def fixed(self) -> bool:
        """Whether one order holds for every start."""
        return self.before + self.same + self.after == 1


@lru_cache(maxsize=4096)
def compare(calendar: Calendar, first: Duration, second: Duration) -> Comparison:
    """Say how `first` ends relative to `second`."""
    sign = by_terms(first, second)
    if sign is not None:
        return Comparison(before=sign < 0, same=sign == 0, after=sign > 0)
    found: dict[int, datetime] = {}
    for anchor in anchors(calendar, first, second):
        one, other = calendar.add(anchor, first), calendar.add(anchor, second)
        found.setdefault((one > other) - (one < other), anchor)
        if len(found) == len(_SIGNS):
            break
    return Comparison(
        before=-1 in found,
        same=0 in found,
        after=1 in found,
        before_at=found.get(-1),
        after_at=found.get(1),
    )


def anchors(calendar: Calendar, *durations: Duration) -> Iterator[datetime]:
    """Yield every day of the horizon at each time of day that can matter to these durations."""
    times = _times_of_day(calendar, durations)
    day = datetime(FIRST_YEAR, 1, 1, tzinfo=calendar.zone)
    while day.year <= LAST_YEAR:
        for minutes in times:
            yield (day + timedelta(minutes=minutes)).astimezone(UTC)
        day += timedelta(days=1)


def _times_of_day(calendar: Calendar, durations: tuple[Duration, ...]) -> tuple[int, ...]:
    units = {unit for duration in durations for _, unit in duration.terms}
    if not units & (_WORKING | _ELAPSED):
        return (12 * 60,)
    edges = {0, calendar.definition.close_of_business}
    if Unit.WH in units:
        # Whole hours of work end at whole hours from one end of a working period.
        for period in calendar.definition.working_hours:
            edges.update(range(period.start, period.end, 60), range(period.end, period.start, -60))
    elapsed = {_elapsed(duration.terms) for duration in durations}
    shifts = {0} | elapsed | {-each for each in elapsed}
    near = {(edge - shift + step) % _DAY for edge in edges for shift in shifts for step in (-1, 0, 1)}
    return tuple(sorted(near | {12 * 60}))


def _elapsed(terms: Terms) -> int:
    return sum(amount * (60 if unit is Unit.H else 1) for amount, unit in terms if unit in _ELAPSED)


def by_terms(first: Duration, second: Duration) -> int | None:
    """Return -1, 0 or 1 where the terms alone decide."""
    one, other = _plain(first), _plain(second)
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
    one, other = one[shared:], other[shared:]
    if not one and not other:
        return 0
    for left, right, sign in ((one, other, -1), (other, one, 1)):
        if _surely_before(left, right):
            return sign
    return None


def _plain(duration: Duration) -> Terms:
    """Write hours as minutes, weeks as days, quarters as months; two elapsed terms in a row as one."""
    terms: list[tuple[int, Unit]] = []
    for amount, unit in duration.terms:
        kind, factor = _SAME_KIND.get(unit, (unit, 1))
        if terms and kind is Unit.MIN and terms[-1][1] is Unit.MIN:
            terms[-1] = (terms[-1][0] + amount * factor, kind)
        else:
            terms.append((amount * factor, kind))
    return tuple(terms)


def _surely_before(one: Terms, other: Terms) -> bool:
    if not one or not other:
        return all(amount < 0 for amount, _ in one) and all(amount > 0 for amount, _ in other)
    if len(one) == 1 and one[0][1] is other[0][1] and _positive(other[1:]):
        less = one[0][0] - other[0][0]
        if less < 0 or (less == 0 and len(other) > 1):
            return True
    longest, shortest = _longest(one), _shortest(other)
    return longest is not None and shortest is not None and longest < shortest


def _positive(terms: Terms) -> bool:
    return all(amount > 0 for amount, _ in terms)


def _longest(terms: Terms) -> int | None:
    """Return minutes that the terms never exceed; None where only the calendar knows."""
    ends = [_bounds(amount, unit)[1] for amount, unit in terms]
    return None if None in ends else sum(end for end in ends if end is not None)


def _shortest(terms: Terms) -> int | None:
    """Return minutes that the terms never fall below; None where only the calendar knows."""
    ends = [_bounds(amount, unit)[0] for amount, unit in terms]
    return None if None in ends else sum(end for end in ends if end is not None)


def _bounds(amount: int, unit: Unit) -> tuple[int | None, int | None]:
    """Return the least and the most minutes of one term."""
    if amount < 0:
        least, most = _bounds(-amount, unit)
        return None if most is None else -most, None if least is None else -least
    if unit is Unit.MIN:
        return amount, amount
    if unit is Unit.D:
        return amount * _DAY - _CLOCK_CHANGE, amount * _DAY + _CLOCK_CHANGE
    if unit is Unit.MO:
        # 28 to 31 days each, and no run of months strays further than three days from the average.
        average = amount * 146_097 // 4_800
        return (average - 3) * _DAY - _CLOCK_CHANGE, (average + 4) * _DAY + _CLOCK_CHANGE
    if unit is Unit.WD:
        return (amount - 1) * _DAY - _CLOCK_CHANGE, None
    return amount * 60 - _CLOCK_CHANGE, None
