"""Deadlines on the calendar, by example: the cases of requirements section 16 item 8, R091, K5 and A11."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.shared.business_time import Calendar, CalendarDefinition, Duration, Period, Unit, Weekday

SHANGHAI = Calendar.default()
TEN_TO_SIX = Calendar(CalendarDefinition(working_hours=(Period(start="10:00", end="18:00"),)))
LUNCH = Calendar(
    CalendarDefinition(
        working_hours=(Period(start="09:00", end="12:00"), Period(start="13:30", end="18:00")),
    ),
)


def after(start: str, duration: str, *, calendar: Calendar = SHANGHAI) -> str:
    """Add in the calendar's local time, as text, to the minute."""
    anchor = datetime.fromisoformat(start).replace(tzinfo=calendar.zone)
    result = calendar.add(anchor, Duration.parse(duration))
    assert result.utcoffset() == timedelta(0)
    return result.astimezone(calendar.zone).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("start", "due"),
    [
        ("2025-05-17 20:00", "2025-05-19 11:00"),  # Saturday evening
        ("2025-05-17 15:00", "2025-05-19 11:00"),  # Saturday afternoon
        ("2025-05-16 17:30", "2025-05-19 10:30"),  # Friday, half an hour before the close
        ("2025-05-16 17:00", "2025-05-16 18:00"),  # the last hour of Friday ends on Friday
        ("2025-05-16 18:00", "2025-05-19 11:00"),
        ("2025-05-16 07:00", "2025-05-16 11:00"),
    ],
)
def test_one_working_hour_runs_only_inside_working_hours(start: str, due: str) -> None:
    assert due == after(start, "1wh", calendar=TEN_TO_SIX)


@pytest.mark.parametrize(
    ("start", "duration", "due"),
    [
        ("2025-05-16 11:00", "1wh", "2025-05-16 12:00"),
        ("2025-05-16 11:30", "1wh", "2025-05-16 14:00"),
        ("2025-05-16 12:45", "1wh", "2025-05-16 14:30"),
        ("2025-05-16 09:00", "15wh", "2025-05-19 18:00"),
        ("2025-05-19 14:00", "-1wh", "2025-05-19 11:30"),
        ("2025-05-19 09:30", "-1wh", "2025-05-16 17:30"),
        ("2025-05-19 10:00", "-1wh", "2025-05-19 09:00"),
        ("2025-05-17 15:00", "-1wh", "2025-05-16 17:00"),
    ],
)
def test_working_hours_stop_over_lunch(start: str, duration: str, due: str) -> None:
    assert due == after(start, duration, calendar=LUNCH)


@pytest.mark.parametrize(
    ("start", "duration", "due"),
    [
        ("2025-09-30 16:00", "1wd", "2025-10-09 18:00"),
        ("2025-09-30 16:00", "2wd", "2025-10-10 18:00"),
        ("2025-09-30 16:00", "3wd", "2025-10-11 18:00"),  # a Saturday that is worked
        ("2025-09-30 16:00", "3wd + 1wd", "2025-10-13 18:00"),
        ("2025-09-30 23:59", "3wd", "2025-10-11 18:00"),  # whatever hour the anchor has
        ("2025-09-30 00:00", "3wd", "2025-10-11 18:00"),
        ("2025-10-04 12:00", "1wd", "2025-10-09 18:00"),  # from within the holidays
        ("2025-10-13 09:00", "-1wd", "2025-10-11 18:00"),
        ("2025-10-09 09:00", "-1wd", "2025-09-30 18:00"),
        ("2025-10-04 09:00", "-2wd", "2025-09-29 18:00"),
        ("2025-03-17 09:00", "3wd", "2025-03-20 18:00"),
        ("2025-03-17 09:00", "5wd", "2025-03-24 18:00"),
        ("2024-12-31 09:00", "1wd", "2025-01-02 18:00"),  # over the New Year
        ("2025-01-02 09:00", "-1wd", "2024-12-31 18:00"),
    ],
)
def test_working_days_know_the_holidays_and_the_make_up_days(start: str, duration: str, due: str) -> None:
    """R091 and the third rule test of the language: three working days over the National Day week."""
    assert due == after(start, duration)


@pytest.mark.parametrize(
    ("start", "duration", "due"),
    [
        ("2025-09-19 10:00", "14d", "2025-10-03 10:00"),
        ("2025-09-19 10:00", "14d + 2wd", "2025-10-10 18:00"),
        ("2025-09-19 10:00", "13d + 23h + 59min", "2025-10-03 09:59"),
        ("2025-03-03 09:00", "2w", "2025-03-17 09:00"),
        ("2025-05-12 15:00", "24h", "2025-05-13 15:00"),
        ("2025-05-12 15:00", "30min", "2025-05-12 15:30"),
        ("2025-12-31 00:00", "-60d", "2025-11-01 00:00"),
        ("2025-01-31 09:00", "1mo", "2025-02-28 09:00"),
        ("2024-01-31 09:00", "1mo", "2024-02-29 09:00"),
        ("2025-03-31 09:00", "-1mo", "2025-02-28 09:00"),
        ("2025-11-30 09:00", "1q", "2026-02-28 09:00"),
        ("2025-12-15 09:00", "1mo", "2026-01-15 09:00"),
        ("2025-01-31 09:00", "1mo - 2d", "2025-02-26 09:00"),
        ("2025-01-31 09:00", "1mo + 1mo", "2025-03-28 09:00"),
        ("2025-09-30 16:00", "0", "2025-09-30 16:00"),
    ],
)
def test_calendar_time_goes_on_over_holidays(start: str, duration: str, due: str) -> None:
    """K5: the unit is part of every duration."""
    assert due == after(start, duration)


def test_a_day_keeps_the_local_time_where_the_clocks_change() -> None:
    berlin = Calendar(CalendarDefinition(timezone="Europe/Berlin"))
    assert after("2025-03-29 12:00", "1d", calendar=berlin) == "2025-03-30 12:00"
    assert after("2025-03-29 12:00", "24h", calendar=berlin) == "2025-03-30 13:00"


@pytest.mark.parametrize("start", ["2025-03-29 02:00", "2025-03-29 02:30", "2025-03-29 02:59"])
def test_a_local_time_that_is_left_out_becomes_the_instant_after_the_gap(start: str) -> None:
    berlin = Calendar(CalendarDefinition(timezone="Europe/Berlin"))
    assert after(start, "1d", calendar=berlin) == "2025-03-30 03:00"


def test_a_local_time_that_is_shown_twice_means_the_first() -> None:
    berlin = Calendar(CalendarDefinition(timezone="Europe/Berlin"))
    anchor = datetime(2025, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    assert datetime(2025, 10, 26, 0, 30, tzinfo=UTC) == berlin.add(anchor, Duration.parse("1d"))


def test_a_day_that_starts_in_a_gap_starts_after_it() -> None:
    beirut = Calendar(CalendarDefinition(timezone="Asia/Beirut"))
    assert datetime(2025, 3, 29, 22, tzinfo=UTC) == beirut.start_of_day(date(2025, 3, 30))


@pytest.mark.parametrize(
    ("zone", "start", "hours", "end"),
    [
        ("Europe/Berlin", "2025-03-29T22:00+01:00", 7, "2025-03-30T06:00+02:00"),
        ("Europe/Berlin", "2025-10-25T22:00+02:00", 9, "2025-10-26T06:00+01:00"),
        ("America/New_York", "2025-03-08T22:00-05:00", 7, "2025-03-09T06:00-04:00"),
        ("America/New_York", "2025-11-01T22:00-04:00", 9, "2025-11-02T06:00-05:00"),
        ("America/New_York", "2025-11-02T01:30-05:00", 1, "2025-11-02T02:30-05:00"),
        ("Asia/Shanghai", "2025-03-29T22:00+08:00", 8, "2025-03-30T06:00+08:00"),
    ],
)
def test_a_night_shift_is_as_long_as_the_night_when_clocks_change(
    zone: str, start: str, hours: int, end: str
) -> None:
    """From 22:00 to 06:00 it is seven hours when summer time begins, and nine when it ends."""
    night = (Period(start="00:00", end="06:00"), Period(start="22:00", end="24:00"))
    calendar = Calendar(
        CalendarDefinition(timezone=zone, working_weekdays=tuple(Weekday), working_hours=night)
    )
    first, last = datetime.fromisoformat(start), datetime.fromisoformat(end)
    assert calendar.add(first, Duration(((hours, Unit.WH),))) == last
    assert calendar.add(last, Duration(((-hours, Unit.WH),))) == first


def test_a_period_may_end_at_midnight() -> None:
    night = Calendar(CalendarDefinition(working_hours=(Period(start="20:00", end="24:00"),)))
    assert after("2025-05-16 21:00", "3wh", calendar=night) == "2025-05-17 00:00"
    assert after("2025-05-16 21:00", "4wh", calendar=night) == "2025-05-19 21:00"


def test_the_calendar_file_wins_over_the_library() -> None:
    """A year that is listed replaces the library's; here nobody works on 9 and 11 October 2025."""
    lists = {"holidays": ["2025-10-01..2025-10-09"]}
    calendar = Calendar(CalendarDefinition.model_validate({"years": {2025: lists}}))
    assert after("2025-09-30 16:00", "2wd", calendar=calendar) == "2025-10-13 18:00"


def test_extra_days_win_over_everything() -> None:
    content = {"extra_holidays": ["2025-10-09", "2025-10-11"], "extra_working_days": ["2025-10-08"]}
    calendar = Calendar(CalendarDefinition.model_validate(content))
    assert after("2025-09-30 16:00", "1wd", calendar=calendar) == "2025-10-08 18:00"
    assert after("2025-09-30 16:00", "3wd", calendar=calendar) == "2025-10-13 18:00"


def test_a_year_nobody_has_published_has_weekends_only_and_says_so() -> None:
    assert SHANGHAI.is_provisional(2090)
    assert after("2090-09-30 16:00", "1wd") == "2090-10-02 18:00"


def test_a_published_year_is_not_provisional() -> None:
    listed = Calendar(CalendarDefinition.model_validate({"years": {2090: {"holidays": ["2090-10-02"]}}}))
    assert (SHANGHAI.is_provisional(2025), listed.is_provisional(2090)) == (False, False)
    assert after("2090-09-30 16:00", "1wd", calendar=listed) == "2090-10-03 18:00"


def test_a_day_begins_at_the_local_midnight() -> None:
    assert datetime(2025, 9, 29, 16, tzinfo=UTC) == SHANGHAI.start_of_day(date(2025, 9, 30))


def test_the_local_date_is_not_the_date_in_utc() -> None:
    assert date(2025, 10, 1) == SHANGHAI.local_date(datetime(2025, 9, 30, 16, tzinfo=UTC))


@pytest.mark.parametrize(
    ("instant", "start"),
    [
        (datetime(2025, 9, 30, 15, 59, tzinfo=UTC), datetime(2025, 6, 30, 16, tzinfo=UTC)),
        (datetime(2025, 9, 30, 16, tzinfo=UTC), datetime(2025, 9, 30, 16, tzinfo=UTC)),
        (datetime(2025, 2, 10, tzinfo=UTC), datetime(2024, 12, 31, 16, tzinfo=UTC)),
    ],
)
def test_a_quarter_begins_at_the_local_midnight(instant: datetime, start: datetime) -> None:
    assert start == SHANGHAI.quarter_start(instant)


@pytest.mark.parametrize("duration", ["1d", "100d", "1mo", "3wd", "4wh", "24h", "-1wd"])
def test_a_date_written_for_never_stays_never(duration: str) -> None:
    never = SHANGHAI.start_of_day(date(9999, 12, 31))
    assert never == SHANGHAI.add(never, Duration.parse(duration))
    assert date(9999, 12, 31) == SHANGHAI.local_date(datetime(9999, 12, 31, 23, tzinfo=UTC))


def test_a_naive_instant_is_refused() -> None:
    naive = datetime(2025, 9, 30, 16)  # noqa: DTZ001 - the naive instant is what is refused
    with pytest.raises(ValueError, match="an instant needs a time zone: 2025-09-30T16:00:00"):
        SHANGHAI.add(naive, Duration.parse("1d"))
    with pytest.raises(ValueError, match="an instant needs a time zone"):
        SHANGHAI.local_date(naive)
