"""Which days are worked, and the N-th working day from a day, by bisection in one sorted table a year."""

from bisect import bisect_left, bisect_right
from collections.abc import Collection
from datetime import date
from functools import lru_cache
from typing import NamedTuple

import chinese_calendar

from services.shared.business_time.definition import CalendarDefinition, Weekday

_SPANS = 512
"""So many spans are remembered: tasks of one day ask for few, again and again."""


class Span(NamedTuple):
    """What is unusual from one day to another, both included, in order."""

    off: tuple[date, ...]
    make_up: tuple[date, ...]
    provisional: tuple[int, ...]


class WorkingDays:
    """The working days of a calendar; the tables are made when a year is first asked for."""

    def __init__(self, definition: CalendarDefinition) -> None:
        self._weekdays = {list(Weekday).index(weekday) for weekday in definition.working_weekdays}
        self._extra_holidays = frozenset(definition.extra_holidays)
        self._extra_working_days = frozenset(definition.extra_working_days)
        self._listed = definition.years
        self._library_years = {day.year for day in chinese_calendar.holidays}
        self._tables: dict[int, list[int]] = {}
        self.span = lru_cache(maxsize=_SPANS)(self._span)

    def is_workday(self, day: date) -> bool:
        """Tell whether the day is worked: extra days first, then the year's lists, then the week."""
        if day in self._extra_working_days or day in self._extra_holidays:
            return day in self._extra_working_days
        holidays, working_days = self._lists(day.year)
        return day in working_days or (day.weekday() in self._weekdays and day not in holidays)

    def is_make_up(self, day: date) -> bool:
        """Tell whether the day is worked although its weekday is not (调休)."""
        return day.weekday() not in self._weekdays and self.is_workday(day)

    def is_provisional(self, year: int) -> bool:
        """Tell whether neither the calendar file nor the library has the year's public holidays."""
        return year not in self._listed and year not in self._library_years

    def shift(self, day: date, count: int) -> date:
        """Return the `count`-th working day after the day (negative: before it; zero: the day itself)."""
        if not count:
            return day
        year, table = day.year, self.of_year(day.year)
        if count > 0:
            index = bisect_right(table, day.toordinal()) + count - 1
            while index >= len(table):
                index -= len(table)
                year += 1
                table = self.of_year(year)
        else:
            index = bisect_left(table, day.toordinal()) + count
            while index < 0:
                year -= 1
                table = self.of_year(year)
                index += len(table)
        return date.fromordinal(table[index])

    def of_year(self, year: int) -> list[int]:
        """Return the working days of a year, as ordinals, in order."""
        if year not in self._tables:
            first, after = date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal()
            self._tables[year] = [
                ordinal for ordinal in range(first, after) if self.is_workday(date.fromordinal(ordinal))
            ]
        return self._tables[year]

    def _span(self, first: date, last: date) -> Span:
        days = [date.fromordinal(day) for day in range(first.toordinal(), last.toordinal() + 1)]
        years = range(first.year, last.year + 1)
        return Span(
            off=tuple(day for day in days if not self.is_workday(day)),
            make_up=tuple(day for day in days if self.is_make_up(day)),
            provisional=tuple(year for year in years if self.is_provisional(year)),
        )

    def _lists(self, year: int) -> tuple[Collection[date], Collection[date]]:
        listed = self._listed.get(year)
        if listed is not None:
            return listed.holidays, listed.working_days
        if year in self._library_years:
            return chinese_calendar.holidays, chinese_calendar.workdays
        return (), ()
