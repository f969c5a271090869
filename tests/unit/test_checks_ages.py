"""The cells of an instant: every combination of ages that occurs, and no other."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.rules.ruleset.checks.ages import age_cells
from services.rules.ruleset.definition import Age, AgeKind, Field, FieldType, Presence, Test
from services.rules.ruleset.reference import holds
from services.shared.business_time import Calendar, Duration

CALENDAR = Calendar.default()
PAST = Field("contact_at", FieldType.INSTANT, past=True, absent="never")
ANY = Field("end_at", FieldType.INSTANT, absent="none")


def older(written: str) -> Age:
    return Age(AgeKind.OLDER_THAN, Duration.parse(written))


def last(written: str) -> Age:
    return Age(AgeKind.WITHIN_LAST, Duration.parse(written))


def upcoming(written: str) -> Age:
    return Age(AgeKind.WITHIN_NEXT, Duration.parse(written))


def held(field: Field, *tests: Test) -> set[frozenset[Test]]:
    return {found for _, found in age_cells(field, tests, CALENDAR)}


def test_two_ages_of_one_unit_make_three_cells() -> None:
    short, long = older("14d"), older("30d")
    assert held(PAST, long, short) == {frozenset(), frozenset({short}), frozenset({short, long})}


def test_three_months_may_be_over_before_ninety_days_are_and_after() -> None:
    days, months = older("90d"), older("3mo")
    expected = [set(), {days}, {months}, {days, months}]
    assert held(PAST, days, months) == {frozenset(found) for found in expected}


def test_equal_lengths_written_differently_are_one_age() -> None:
    weeks, days = older("2w"), older("14d")
    assert held(PAST, weeks, days) == {frozenset(), frozenset({weeks, days})}


def test_what_lies_in_the_past_is_never_ahead() -> None:
    week = last("7d")
    assert held(PAST, week) == {frozenset({week}), frozenset()}
    assert [words.en for words, _ in age_cells(PAST, (week,), CALENDAR)] == [
        "contact_at: past and less than 7 days ago",
        "contact_at: at least 7 days ago",
    ]


def test_ages_behind_and_ahead_lie_on_one_line() -> None:
    tests = (older("30d"), last("7d"), upcoming("30d"))
    assert [found for _, found in age_cells(ANY, tests, CALENDAR)] == [
        frozenset(),
        frozenset({tests[2]}),
        frozenset({tests[1]}),
        frozenset(),
        frozenset({tests[0]}),
    ]


def test_being_there_holds_at_any_age() -> None:
    present = Presence(present=True)
    assert held(ANY, present, older("7d")) == {frozenset({present}), frozenset({present, older("7d")})}


KINDS = st.sampled_from([older, last, upcoming])
LENGTHS = st.sampled_from(["3mo", "90d", "89d", "1q"])
STARTS = st.datetimes(datetime(2023, 1, 1), datetime(2027, 12, 31)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001 - made aware at once


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(KINDS, LENGTHS), min_size=1, max_size=3, unique=True), STARTS, st.integers(-150, 150)
)
def test_every_combination_that_the_definition_shows_is_a_cell(
    written: list[tuple[Callable[[str], Age], str]], at: datetime, days: int
) -> None:
    tests = tuple(make(length) for make, length in written)
    now = at + timedelta(days=days)
    found = frozenset(test for test in tests if holds(test, at, now, CALENDAR))
    assert found in held(ANY, *tests)
