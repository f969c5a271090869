"""When answers change: windows of ages, breakpoints, the next instant (R133, A3)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.rules.ruleset.definition import (
    Age,
    AgeKind,
    Clock,
    ClockState,
    Decision,
    Field,
    FieldType,
    HitPolicy,
    Offset,
    Row,
    Rung,
    RungInstant,
    StartMode,
    StartsAt,
)
from services.rules.ruleset.reference import holds
from services.rules.ruleset.timing import (
    RememberedAdditions,
    ages_of,
    backwards,
    breakpoints,
    next_after,
    running,
    window,
)
from services.shared.business_time import Duration
from tests.generators import DURATIONS, HERE, NOON, TICK, calendar, customer_rules, seeded

DAYS = timedelta(days=1)
instants = st.datetimes(datetime(2020, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
durations = st.sampled_from(DURATIONS)
kinds = st.sampled_from(list(AgeKind))


@given(kind=kinds, duration=durations, instant=instants)
def test_an_age_holds_from_the_start_of_its_window_until_its_end(
    kind: AgeKind, duration: Duration, instant: datetime
) -> None:
    """Where it begins and ends is what the definition says a microsecond to either side."""
    age = Age(kind, duration)
    start, end = window(age, instant, calendar())
    if start is not None and (end is None or start < end):
        assert not holds(age, instant, start - TICK, calendar())
        assert holds(age, instant, start, calendar())
    if end is not None and start is not None and start < end:
        assert holds(age, instant, end - TICK, calendar())
        assert not holds(age, instant, end, calendar())


@given(instant=instants, duration=durations)
def test_a_calendar_that_remembers_adds_as_the_calendar_does(instant: datetime, duration: Duration) -> None:
    remembered = RememberedAdditions(calendar(), size=2)
    for length in (duration, duration, duration + duration, Duration(), backwards(duration)):
        assert remembered.add(instant, length) == calendar().add(instant, length)


def test_backwards_takes_each_term_away_in_the_same_order() -> None:
    assert str(backwards(Duration.parse("14d + 2wd"))) == "-14d - 2wd"
    assert backwards(backwards(Duration.parse("1mo - 3wd"))) == Duration.parse("1mo - 3wd")


def test_the_breakpoints_are_the_edges_of_ages_and_all_rungs() -> None:
    week = Age(AgeKind.WITHIN_LAST, Duration.parse("7d"))
    gone = Age(AgeKind.OLDER_THAN, Duration.parse("30d"))
    clock = ClockState(NOON, (RungInstant("r", NOON + DAYS),), reached=0)
    facts = {"seen_at": NOON, "met_at": None}
    found = breakpoints([("seen_at", week), ("seen_at", gone), ("met_at", gone)], facts, [clock], calendar())
    assert sorted(found) == [NOON, NOON + DAYS, NOON + 7 * DAYS, NOON + 30 * DAYS]


def test_a_rung_is_never_reached_before_the_ones_above_it() -> None:
    """Over the week of holidays after NOON five working days take longer than eight days."""
    ladder = tuple(Rung(each, Offset(Duration.parse(each)), HERE) for each in ("5wd", "8d", "20d"))
    clock = Clock("due", "customer", StartsAt(StartMode.FIELD, ("seen_at",)), {}, ladder, HERE)
    state = running(clock, {"seen_at": NOON}, NOON + 8 * DAYS, calendar())
    assert state is not None
    first = calendar().add(NOON, Duration.parse("5wd"))
    assert first > NOON + 8 * DAYS
    assert [rung.at for rung in state.rungs] == [first, first, NOON + 20 * DAYS]
    assert state.reached == 0


def test_the_ages_of_a_kind_are_found_in_decisions_and_clocks() -> None:
    ruleset = seeded(11).ruleset()
    ages = ages_of(ruleset, "customer")
    written = [
        test for each in ruleset.decisions_of["customer"] for row in each.rows for test in row.tests.items()
    ]
    written += [test for each in ruleset.clocks_of["customer"] for test in each.condition.items()]
    assert ages == {(name, test) for name, test in written if isinstance(test, Age)}


def test_an_age_that_is_tested_twice_is_one() -> None:
    age = Age(AgeKind.OLDER_THAN, Duration.parse("7d"))
    mark = Field("mark", FieldType.BOOL)
    rows = tuple(Row(name, {"seen_at": age}, {"mark": True}, HERE) for name in ("a", "b"))
    decision = Decision("d", "customer", {"mark": mark}, HitPolicy.FIRST, rows, HERE)
    rules = customer_rules([Field("seen_at", FieldType.INSTANT)], decisions=[decision])
    assert ages_of(rules, "customer") == {("seen_at", age)}


@pytest.mark.parametrize(("now", "expected"), [(0, 1), (1, 5), (4, 5), (5, None), (9, None)])
def test_the_next_instant_is_the_earliest_after_now(now: int, expected: int | None) -> None:
    found = next_after(NOON + now * DAYS, [NOON + 5 * DAYS, NOON + DAYS])
    assert found == (None if expected is None else NOON + expected * DAYS)
