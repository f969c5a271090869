"""Laws of business time that hold for every anchor and every duration."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.shared.business_time import Calendar, CalendarDefinition, Duration, Period, Unit, Weekday

SHANGHAI = Calendar.default()
SPLIT = Calendar(
    CalendarDefinition(
        working_hours=(Period(start="09:00", end="12:00"), Period(start="13:30", end="18:00")),
        close_of_business="18:00",
    ),
)
ZONES = [
    Calendar(CalendarDefinition(timezone=name))
    for name in ("Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe")
]
NIGHTS = [
    Calendar(
        CalendarDefinition(
            timezone=name,
            working_weekdays=tuple(Weekday),
            working_hours=periods,
            close_of_business="06:00",
        )
    )
    for name in ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Shanghai")
    for periods in (
        (Period(start="00:00", end="06:00"), Period(start="22:00", end="24:00")),
        (Period(start="00:00", end="24:00"),),
    )
]
"""Where people work in the nights on which summer time begins and ends."""
CHANGES = [
    datetime(2025, month, day, hour, tzinfo=UTC)
    for month, day, hour in ((3, 30, 1), (10, 26, 1), (3, 9, 7), (11, 2, 6), (4, 5, 15), (10, 4, 15))
]
"""When clocks change in Berlin, New York and on Lord Howe Island."""
near_changes = st.builds(
    lambda change, halves: change + timedelta(minutes=30 * halves),
    st.sampled_from(CHANGES),
    st.integers(-100, 100),
)
instants = st.datetimes(datetime(2004, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds
counts = st.integers(1, 300)
PERIODS = ((time(9), time(12)), (time(13, 30), time(18)))


def elapsed_work(calendar: Calendar, start: datetime, end: datetime) -> timedelta:
    """Count the half hours of work between two instants that are whole half hours, as they pass."""
    total, half = timedelta(), timedelta(minutes=30)
    while start < end:
        local = wall(calendar, start)
        minutes = local.hour * 60 + local.minute
        periods = calendar.definition.working_hours
        if calendar.is_workday(local.date()) and any(p.start <= minutes < p.end for p in periods):
            total += half
        start += half
    return total


def wall(calendar: Calendar, instant: datetime) -> datetime:
    return instant.astimezone(calendar.zone).replace(tzinfo=None)


def worked_between(calendar: Calendar, start: datetime, end: datetime) -> timedelta:
    """Count the working time of SPLIT day by day: slow, and plain enough to be believed."""
    total, day = timedelta(), start.date()
    while day <= end.date():
        if calendar.is_workday(day):
            for opening, closing in PERIODS:
                first = max(start, datetime.combine(day, opening))
                last = min(end, datetime.combine(day, closing))
                total += max(last - first, timedelta())
        day += timedelta(days=1)
    return total


@given(
    st.lists(instants, min_size=2, max_size=2).map(sorted),
    counts,
    st.sampled_from(Unit),
    st.sampled_from([1, -1]),
)
def test_a_later_anchor_is_never_due_earlier(pair: list[datetime], count: int, unit: Unit, sign: int) -> None:
    earlier, later = (SPLIT.add(anchor, Duration(((sign * count, unit),))) for anchor in pair)
    assert earlier <= later


@pytest.mark.parametrize("unit", list(Unit))
@given(anchor=instants, count=counts)
def test_a_positive_duration_ends_later_and_a_negative_one_earlier(
    unit: Unit, anchor: datetime, count: int
) -> None:
    assert SPLIT.add(anchor, Duration(((count, unit),))) > anchor
    before = SPLIT.add(anchor, Duration(((-count, unit),)))
    assert before < anchor


@given(instants, counts.flatmap(lambda n: st.sampled_from([n, -n])))
def test_working_days_end_on_a_working_day_at_the_close_of_business(anchor: datetime, count: int) -> None:
    due = wall(SHANGHAI, SHANGHAI.add(anchor, Duration(((count, Unit.WD),))))
    assert (True, time(18)) == (SHANGHAI.is_workday(due.date()), due.time())


@given(instants, st.integers(1, 60))
def test_so_many_working_days_lie_after_the_anchor_s_day(anchor: datetime, count: int) -> None:
    first = wall(SHANGHAI, anchor).date()
    last = SHANGHAI.local_date(SHANGHAI.add(anchor, Duration(((count, Unit.WD),))))
    days = (first + timedelta(days=offset) for offset in range(1, (last - first).days + 1))
    assert count == sum(map(SHANGHAI.is_workday, days))


@given(instants, counts)
def test_a_working_day_forward_and_back_is_the_same_working_day(anchor: datetime, count: int) -> None:
    base = SHANGHAI.add(anchor, Duration.parse("1wd"))
    assert base == SHANGHAI.add(base, Duration(((count, Unit.WD), (-count, Unit.WD))))


@given(instants, counts.flatmap(lambda n: st.sampled_from([n, -n])))
def test_working_hours_end_inside_working_hours(anchor: datetime, count: int) -> None:
    due = wall(SPLIT, SPLIT.add(anchor, Duration(((count, Unit.WH),))))
    assert SPLIT.is_workday(due.date())
    assert any(opening <= due.time() <= closing for opening, closing in PERIODS)


@given(instants, counts, st.booleans())
def test_so_many_working_hours_lie_between(anchor: datetime, count: int, back: bool) -> None:  # noqa: FBT001
    due = SPLIT.add(anchor, Duration(((-count if back else count, Unit.WH),)))
    first, last = sorted([wall(SPLIT, anchor), wall(SPLIT, due)])
    assert timedelta(hours=count) == worked_between(SPLIT, first, last)


@given(st.sampled_from(NIGHTS), near_changes, st.integers(1, 40), st.booleans())
def test_working_hours_pass_at_their_own_length_when_clocks_change(
    calendar: Calendar,
    anchor: datetime,
    count: int,
    back: bool,  # noqa: FBT001
) -> None:
    due = calendar.add(anchor, Duration(((-count if back else count, Unit.WH),)))
    assert timedelta(hours=count) == elapsed_work(calendar, *sorted([anchor, due]))


@given(st.sampled_from([*NIGHTS, SPLIT]), st.one_of(near_changes, instants), counts, counts)
def test_working_hours_add_up(calendar: Calendar, anchor: datetime, one: int, other: int) -> None:
    for sign in (1, -1):
        first, second = Duration(((sign * one, Unit.WH),)), Duration(((sign * other, Unit.WH),))
        both = Duration(((sign * (one + other), Unit.WH),))
        assert calendar.add(calendar.add(anchor, first), second) == calendar.add(anchor, both)


@given(
    st.sampled_from(NIGHTS),
    st.lists(near_changes, min_size=2, max_size=2).map(sorted),
    counts,
    st.sampled_from([1, -1]),
)
def test_where_clocks_change_a_later_anchor_is_never_due_earlier(
    calendar: Calendar, pair: list[datetime], count: int, sign: int
) -> None:
    earlier, later = (calendar.add(anchor, Duration(((sign * count, Unit.WH),))) for anchor in pair)
    assert earlier <= later


@pytest.mark.parametrize("unit", [Unit.D, Unit.W, Unit.MO, Unit.Q])
@given(anchor=instants, count=counts)
def test_days_weeks_months_and_quarters_keep_the_local_time(unit: Unit, anchor: datetime, count: int) -> None:
    due = wall(SHANGHAI, SHANGHAI.add(anchor, Duration(((count, unit),))))
    assert wall(SHANGHAI, anchor).time() == due.time()


@given(st.sampled_from(ZONES), instants, counts)
def test_where_clocks_change_the_local_time_is_kept_or_moved_to_the_end_of_the_gap(
    calendar: Calendar, anchor: datetime, count: int
) -> None:
    wanted = wall(calendar, anchor) + timedelta(days=count)
    due = calendar.add(anchor, Duration(((count, Unit.D),)))
    moved = wall(calendar, due) - wanted
    assert timedelta(0) <= moved <= timedelta(hours=1)
    if moved:
        assert wall(calendar, due - timedelta(microseconds=1)) < wanted


@given(st.sampled_from(ZONES), st.dates(date(1990, 1, 1), date(2040, 1, 1)))
def test_days_follow_each_other_without_gap_or_overlap(calendar: Calendar, day: date) -> None:
    start, end = calendar.start_of_day(day), calendar.start_of_day(day + timedelta(days=1))
    assert day == calendar.local_date(start)
    assert day == calendar.local_date(end - timedelta(microseconds=1))


@given(instants, st.sampled_from(Unit), st.sampled_from(Unit), counts)
def test_terms_are_added_from_left_to_right(anchor: datetime, one: Unit, other: Unit, count: int) -> None:
    first, second = Duration(((count, one),)), Duration(((3, other),))
    assert SPLIT.add(SPLIT.add(anchor, first), second) == SPLIT.add(anchor, first + second)


def test_long_durations_are_not_stepped() -> None:
    """Twenty thousand additions of up to 25 years of work; stepping by seconds would take hours."""
    durations = [Duration.parse(text) for text in ("14d", "6000wd", "50000wh", "1200mo")]
    anchor = datetime(2025, 1, 1, tzinfo=UTC)
    results = {SPLIT.add(anchor + timedelta(hours=n), d) for n in range(5_000) for d in durations}
    assert len(results) > 5_000
