"""The calendar of the organisation: adds durations to instants and knows where days begin."""

import hashlib
import json
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from typing import Self
from zoneinfo import ZoneInfo

import chinese_calendar

from services.shared.business_time.definition import CalendarDefinition
from services.shared.business_time.duration import Duration, Unit
from services.shared.business_time.explain import Arithmetic
from services.shared.business_time.working_days import Span, WorkingDays
from services.shared.business_time.working_hours import WorkingHours
from services.shared.business_time.zone import instant_of, wall_time

_ELAPSED = {Unit.MIN: timedelta(minutes=1), Unit.H: timedelta(hours=1)}
_DAYS = {Unit.D: 1, Unit.W: 7}
_MONTHS = {Unit.MO: 1, Unit.Q: 3}
# Files write 9999-12-31 for "never". Eight terms of a hundred years from inside stay within a date's years.
_FIRST_YEAR, _LAST_YEAR = 1000, 9000


class Calendar:
    """Business time of one organisation: immutable, quick to ask; build it once per version of its file."""

    def __init__(self, definition: CalendarDefinition) -> None:
        self.definition = definition
        self.zone = ZoneInfo(definition.timezone)
        self.version = _version(definition)
        self._days = WorkingDays(definition)
        self._hours = WorkingHours(definition.working_hours, self._days, self.zone)
        self._close = timedelta(minutes=definition.close_of_business)

    @classmethod
    def default(cls) -> Self:
        """Return the calendar of an empty file: Monday to Friday, 09:00 to 18:00, Asia/Shanghai."""
        return cls(CalendarDefinition())

    def add(self, instant: datetime, duration: Duration) -> datetime:
        """Return the instant, in UTC, that lies the duration after an aware one; terms from left to right.

        `min` and `h` are elapsed time. `d w mo q` keep the local time; month ends clamp. `wd` is the close of
        business of the N-th working day after the local day. `wh` is elapsed time inside working hours, also
        where clocks change within them, and ends at the earliest such instant (backwards: at the latest). An
        instant outside the years 1000 to 9000 means "never" and is returned as it is.
        """
        self._refuse_naive(instant)
        for amount, unit in duration.terms:
            instant = self._step(instant, amount, unit)
        return instant.astimezone(UTC)

    def explain(self, anchor: datetime, duration: Duration) -> Arithmetic:
        """Tell how `add` comes to its result: both local times, the days skipped and made up for."""
        self._refuse_naive(anchor)
        steps = [anchor]
        spans: list[Span] = []
        for amount, unit in duration.terms:
            steps.append(self._step(steps[-1], amount, unit))
            if unit in (Unit.WD, Unit.WH):
                first, last = sorted((self.local_date(steps[-2]), self.local_date(steps[-1])))
                spans.append(self._days.span(first, last))
        start, end = wall_time(steps[0], self.zone), wall_time(steps[-1], self.zone)
        return Arithmetic.over(spans, start=start, end=end, duration=duration)

    def start_of_day(self, day: date) -> datetime:
        """Return the instant at which the local day begins: what a date without a time means as an anchor."""
        return instant_of(datetime.combine(day, datetime.min.time()), self.zone)

    def quarter_start(self, instant: datetime) -> datetime:
        """Return the instant at which the local quarter of the instant began."""
        day = self.local_date(instant)
        return self.start_of_day(date(day.year, (day.month - 1) // 3 * 3 + 1, 1))

    def local_date(self, instant: datetime) -> date:
        """Return the local day of an aware instant."""
        self._refuse_naive(instant)
        return wall_time(instant, self.zone).date()

    def is_workday(self, day: date) -> bool:
        """Tell whether the local day is worked, holidays and make-up days considered."""
        return self._days.is_workday(day)

    def is_provisional(self, year: int) -> bool:
        """Tell whether the year's public holidays are not known yet, so that only weekends are days off."""
        return self._days.is_provisional(year)

    def _step(self, instant: datetime, amount: int, unit: Unit) -> datetime:
        if not _FIRST_YEAR <= instant.year <= _LAST_YEAR:
            return instant
        if unit in _ELAPSED:
            return instant.astimezone(UTC) + amount * _ELAPSED[unit]
        if unit is Unit.WH:
            move = self._hours.after if amount > 0 else self._hours.before
            return move(instant, timedelta(hours=abs(amount)))
        return instant_of(self._step_on_the_wall(wall_time(instant, self.zone), amount, unit), self.zone)

    def _step_on_the_wall(self, wall: datetime, amount: int, unit: Unit) -> datetime:
        if unit is Unit.WD:
            return _midnight(self._days.shift(wall.date(), amount)) + self._close
        if unit in _DAYS:
            return wall + timedelta(days=amount * _DAYS[unit])
        return _months_after(wall, amount * _MONTHS[unit])

    @staticmethod
    def _refuse_naive(instant: datetime) -> None:
        if instant.tzinfo is None:
            reason = f"an instant needs a time zone: {instant.isoformat()}"
            raise ValueError(reason)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time())


def _months_after(wall: datetime, months: int) -> datetime:
    year, month = divmod(wall.year * 12 + wall.month - 1 + months, 12)
    return wall.replace(year=year, month=month + 1, day=min(wall.day, monthrange(year, month + 1)[1]))


def _version(definition: CalendarDefinition) -> str:
    # The library's lists count too: a new release of it can move a deadline.
    lists = [sorted(map(str, chinese_calendar.holidays)), sorted(map(str, chinese_calendar.workdays))]
    content = [definition.model_dump(mode="json", exclude={"title"}), lists]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]
