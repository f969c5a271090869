"""The shape of `rules/calendar.yaml`, strict: an unknown key or an impossible time is an error."""

import re
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    model_validator,
)

from services.shared.errors import Locale

_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00")


class BadCalendarError(ValueError):
    """A part of a calendar is wrong: the reason in Chinese and in English; for validators of its parts."""

    def __init__(self, *, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


class Weekday(StrEnum):
    """Days of the week, in the order of `date.weekday()`."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


def _minutes(value: object) -> int:
    if not isinstance(value, str) or not _CLOCK.fullmatch(value):
        raise BadCalendarError(
            zh=f'“{value}”不是时刻：请写带引号的 "09:00"，最晚为 "24:00"',
            en=f'“{value}” is no time of day: write "09:00", in quotes; the latest is "24:00"',
        )
    hours, minutes = value.split(":")
    return int(hours) * 60 + int(minutes)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _days(value: object) -> tuple[date, ...]:
    if not isinstance(value, list | tuple):
        raise BadCalendarError(
            zh="应为日期的列表：[2027-10-01..2027-10-07, 2027-12-31]",
            en="write a list of dates: [2027-10-01..2027-10-07, 2027-12-31]",
        )
    return tuple(sorted({day for entry in value for day in _run(entry)}))


def _run(entry: object) -> list[date]:
    if isinstance(entry, date) and not isinstance(entry, datetime):
        return [entry]
    try:
        first, _, last = str(entry).partition("..")
        start = date.fromisoformat(first.strip())
        length = (date.fromisoformat(last.strip()) - start).days if last else 0
    except ValueError:
        length = -1
        start = date.min
    if not 0 <= length <= 366:  # noqa: PLR2004 - a year
        raise BadCalendarError(
            zh=f"“{entry}”不是日期（2027-10-01），也不是一段日期（2027-10-01..2027-10-07）",
            en=f"“{entry}” is no date (2027-10-01) and no run of dates (2027-10-01..2027-10-07)",
        )
    return [start + timedelta(days=offset) for offset in range(length + 1)]


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        raise BadCalendarError(
            zh=f"没有时区“{name}”：请写 Asia/Shanghai 这样的名称",
            en=f"“{name}” is no time zone: write a name like Asia/Shanghai",
        ) from None
    return name


TimeOfDay = Annotated[int, BeforeValidator(_minutes), PlainSerializer(_clock)]
"""Minutes after the local midnight, written "HH:MM"."""

Days = Annotated[tuple[date, ...], BeforeValidator(_days)]
"""Dates in order, without repetition; a run of dates may be written `2027-10-01..2027-10-07`."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, validate_by_name=True, validate_by_alias=True)


class Period(_Strict):
    """A stretch of work within one local day, from its start up to but not including its end."""

    start: TimeOfDay = Field(alias="from")
    end: TimeOfDay = Field(alias="to")

    @model_validator(mode="after")
    def _runs_forward(self) -> Self:
        if self.start >= self.end:
            raise BadCalendarError(
                zh=f"一段工作时间的结束应晚于开始：{_clock(self.start)} 至 {_clock(self.end)}",
                en=f"a working period ends after it starts: from {_clock(self.start)} to {_clock(self.end)}",
            )
        return self


class PublishedYear(_Strict):
    """One year's public holidays and make-up working days (调休), complete, as they are published."""

    holidays: Days = ()
    working_days: Days = ()

    @model_validator(mode="after")
    def _agree(self) -> Self:
        _refuse_both(self.holidays, self.working_days)
        return self


def _refuse_both(holidays: tuple[date, ...], working_days: tuple[date, ...]) -> None:
    if both := set(holidays) & set(working_days):
        raise BadCalendarError(
            zh=f"{min(both)} 既列为假日，又列为上班日",
            en=f"{min(both)} is listed both as a holiday and as a working day",
        )


def _hours(periods: tuple[Period, ...]) -> tuple[Period, ...]:
    ordered = tuple(sorted(periods, key=lambda period: period.start))
    for earlier, later in pairwise(ordered):
        if later.start < earlier.end:
            raise BadCalendarError(
                zh=f"工作时间在 {_clock(later.start)} 重叠",
                en=f"working periods overlap at {_clock(later.start)}",
            )
    return ordered


def _week(weekdays: tuple[Weekday, ...]) -> tuple[Weekday, ...]:
    # In one order, whatever the file's, so that the same week gives the same calendar version.
    return tuple(weekday for weekday in Weekday if weekday in weekdays)


def _own_year(years: dict[int, PublishedYear]) -> dict[int, PublishedYear]:
    for year, lists in years.items():
        for day in lists.holidays + lists.working_days:
            if day.year != year:
                raise BadCalendarError(zh=f"{day} 列在了 {year} 年之下", en=f"{day} is listed under {year}")
    return years


class CalendarDefinition(_Strict):
    """When the organisation works. Its years win over the library's, its extra days over its years."""

    calendar: str = "cn-workdays"
    title: dict[Locale, str] = {}
    timezone: Annotated[str, AfterValidator(_zone)] = "Asia/Shanghai"
    working_weekdays: Annotated[tuple[Weekday, ...], AfterValidator(_week)] = tuple(Weekday)[:5]
    working_hours: Annotated[tuple[Period, ...], AfterValidator(_hours)] = (
        Period(start="09:00", end="18:00"),
    )
    close_of_business: TimeOfDay = 18 * 60
    extra_holidays: Days = ()
    extra_working_days: Days = ()
    years: Annotated[dict[int, PublishedYear], AfterValidator(_own_year)] = {}

    @model_validator(mode="after")
    def _has_working_time(self) -> Self:
        # Nothing could ever be due in it, and looking for its next working hour would not end.
        if not self.working_weekdays or not self.working_hours:
            raise BadCalendarError(
                zh="没有工作时间：至少要有一个工作日和一段工作时间",
                en="an empty calendar: name at least one working weekday and one working period",
            )
        _refuse_both(self.extra_holidays, self.extra_working_days)
        return self
