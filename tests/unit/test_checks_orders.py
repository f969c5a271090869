"""Which of two durations ends first: what the terms say, against what the calendar does."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.rules.ruleset.checks.orders import by_terms, compare
from services.shared.business_time import Calendar, CalendarDefinition, Duration, Unit

CALENDAR = Calendar.default()
BERLIN = Calendar(CalendarDefinition(timezone="Europe/Berlin"))
Term = tuple[int, Unit]
TERMS = st.lists(st.tuples(st.integers(-12, 40), st.sampled_from(list(Unit))), max_size=2)
TAILS = st.lists(st.tuples(st.integers(-3, 9), st.sampled_from(list(Unit))), max_size=2)
ANCHORS = st.integers(0, 5 * 365 * 24 * 60 - 1).map(
    lambda minutes: datetime(2023, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


def orders(first: str, second: str) -> str:
    found = compare(CALENDAR, Duration.parse(first), Duration.parse(second))
    return "".join(
        sign for sign, occurs in zip("<=>", (found.before, found.same, found.after), strict=True) if occurs
    )


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("0", "0", "="),
        ("7d", "1w", "="),
        ("3mo", "1q", "="),
        ("1h", "60min", "="),
        ("90d", "91d", "<"),
        ("14d + 2wd", "14d + 5wd", "<"),
        ("14d", "14d + 2wd", "<"),
        ("13d", "14d + 2wd", "<"),
        ("-60d", "-30d", "<"),
        ("-1d", "0", "<"),
        ("1mo", "27d", ">"),
        ("1mo", "30d", "<=>"),
        ("3mo", "90d", "<=>"),
        ("5wd", "8d", "<=>"),
        ("2mo", "1mo + 1mo", "=>"),
        ("9wh", "1wd", "<="),
        ("60wd", "14d", ">"),
        ("30min", "1wd", "<"),
        ("24h", "1d", "="),
    ],
)
def test_the_orders_that_occur_are_found(first: str, second: str, expected: str) -> None:
    """Month ends, the National Day week and the hour of the day all count."""
    assert orders(first, second) == expected


def test_a_flip_comes_with_a_start_at_which_it_happens() -> None:
    one, other = Duration.parse("5wd"), Duration.parse("8d")
    found = compare(CALENDAR, one, other)
    assert found.after_at is not None
    assert CALENDAR.add(found.after_at, one) > CALENDAR.add(found.after_at, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("5wd", "8d"), ("3mo", "90d"), ("4wh", "1d"), ("2wd + 30min", "3d"), ("9wh", "1wd"), ("-3wd", "-5d")],
)
@settings(max_examples=150, deadline=None)
@given(anchor=ANCHORS)
@example(anchor=datetime(2023, 1, 7, 10, 30, tzinfo=UTC))
def test_no_start_shows_an_order_that_was_not_found(one: str, other: str, anchor: datetime) -> None:
    """The times of day that are tried stand for all of them."""
    first, second = Duration.parse(one), Duration.parse(other)
    left, right = CALENDAR.add(anchor, first), CALENDAR.add(anchor, second)
    found = compare(CALENDAR, first, second)
    assert (found.before, found.same, found.after)[(left > right) - (left < right) + 1]


@settings(max_examples=500, deadline=None)
@given(TERMS, TAILS, TAILS, ANCHORS)
def test_what_the_terms_decide_holds_in_every_zone(
    shared: list[Term], one: list[Term], other: list[Term], anchor: datetime
) -> None:
    """Common beginnings, tails of one unit and lengths far apart are decided without the calendar."""
    first, second = Duration((*shared, *one)), Duration((*shared, *other))
    sign = by_terms(first, second)
    for calendar in (CALENDAR, BERLIN):
        left, right = calendar.add(anchor, first), calendar.add(anchor, second)
        assert sign is None or sign == (left > right) - (left < right)
