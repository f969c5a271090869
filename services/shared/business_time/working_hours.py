"""Working time: how much is worked until an instant, and the instant by which so much is worked."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from itertools import accumulate

from services.shared.business_time.definition import Period
from services.shared.business_time.working_days import WorkingDays
from services.shared.business_time.zone import instant_of, wall_time

_DAY = timedelta(days=1)
_NONE = timedelta()


@dataclass(frozen=True, slots=True)
class _Year:
    """The working days of a year, as ordinals, and what is worked in it before each of them, then in all."""

    days: Sequence[int]
    before: Sequence[timedelta]

    @property
    def total(self) -> timedelta:
        """What is worked in the whole year."""
        return self.before[-1]


class WorkingHours:
    """The working periods of the days of a calendar, measured in time that passes.

    Where clocks change within a period, it is as much shorter or longer as the night is. The sums of a year
    are made when it is first asked for.
    """

    def __init__(self, periods: Sequence[Period], days: WorkingDays, zone: tzinfo) -> None:
        self._periods = [(timedelta(minutes=p.start), timedelta(minutes=p.end)) for p in periods]
        self._usual = sum((end - start for start, end in self._periods), _NONE)
        self._days = days
        self._zone = zone
        self._years: dict[int, _Year] = {}

    def after(self, instant: datetime, worked: timedelta) -> datetime:
        """Return the earliest instant (UTC) by which so much, more than none, was worked since this one."""
        number, since = self._place(instant)
        since += worked
        while since > self._year(number).total:
            since -= self._year(number).total
            number += 1
        year = self._year(number)
        at = bisect_left(year.before, since) - 1
        rest = since - year.before[at]
        for start, end in self._periods_of(year.days[at]):
            if rest <= end - start:
                return start + rest
            rest -= end - start
        raise AssertionError(instant, worked)

    def before(self, instant: datetime, worked: timedelta) -> datetime:
        """Return the latest instant (UTC) since which so much, more than none, was worked until this one."""
        number, since = self._place(instant)
        since -= worked
        while since < _NONE:
            number -= 1
            since += self._year(number).total
        year = self._year(number)
        at = bisect_right(year.before, since) - 1
        rest = since - year.before[at]
        for start, end in self._periods_of(year.days[at]):
            if rest < end - start:
                return start + rest
            rest -= end - start
        raise AssertionError(instant, worked)

    def _place(self, instant: datetime) -> tuple[int, timedelta]:
        """Return the local year of an instant, and what was worked in it until then."""
        day = wall_time(instant, self._zone).date()
        year, ordinal = self._year(day.year), day.toordinal()
        at = bisect_left(year.days, ordinal)
        worked = year.before[at]
        if at < len(year.days) and year.days[at] == ordinal:
            spans = self._periods_of(ordinal)
            worked += sum((min(instant, end) - start for start, end in spans if start < instant), _NONE)
        return day.year, worked

    def _year(self, number: int) -> _Year:
        if number not in self._years:
            days = self._days.of_year(number)
            self._years[number] = _Year(days, list(accumulate(map(self._length, days), initial=_NONE)))
        return self._years[number]

    def _length(self, ordinal: int) -> timedelta:
        """Return how much is worked on a day; the periods are looked at only where clocks change."""
        if self._instant(ordinal, _DAY) - self._instant(ordinal, _NONE) == _DAY:
            return self._usual
        return sum((end - start for start, end in self._periods_of(ordinal)), _NONE)

    def _periods_of(self, ordinal: int) -> list[tuple[datetime, datetime]]:
        return [(self._instant(ordinal, start), self._instant(ordinal, end)) for start, end in self._periods]

    def _instant(self, ordinal: int, time_of_day: timedelta) -> datetime:
        midnight = datetime.combine(date.fromordinal(ordinal), datetime.min.time())
        return instant_of(midnight + time_of_day, self._zone)
