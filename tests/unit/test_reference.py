"""What each test, hit policy and clock means (R133, R070)."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest

from services.rules.ruleset.definition import (
    OTHERWISE,
    Age,
    AgeKind,
    Clock,
    ClockState,
    Decision,
    Entity,
    Fact,
    Field,
    FieldType,
    HitPolicy,
    Interval,
    Members,
    Offset,
    Outcome,
    Presence,
    Row,
    Rung,
    RungInstant,
    StartMode,
    StartsAt,
    Tagged,
    Test,
    Value,
)
from services.rules.ruleset.reference import evaluate, holds
from services.shared.business_time import Duration
from tests.generators import HERE, NOON, TICK, calendar, customer_rules, ruleset_of

WEEK = Duration.parse("7d")
DAYS = timedelta(days=1)
GRADE = Field("grade", FieldType.ENUM, ("A", "B", "C"))
AMOUNT = Field("amount", FieldType.MONEY, absent="none")
SEEN = Field("seen_at", FieldType.INSTANT, absent="never")
MET = Field("met_at", FieldType.INSTANT, absent="never")


def is_true(test: Test, value: Fact, now: datetime = NOON) -> bool:
    """Tell whether a test holds now."""
    return holds(test, value, now, calendar())


@pytest.mark.parametrize(
    ("interval", "inside", "outside"),
    [
        (Interval(10, 20), (10, 19), (9, 20, -(10**30))),
        (Interval(10, 20, low_closed=False, high_closed=True), (11, 20), (10, 21)),
        (Interval(low=10), (10, 10**30), (9,)),
        (Interval(low=10, low_closed=False), (11,), (10,)),
        (Interval(high=10), (9, -(10**30)), (10,)),
        (Interval(high=10, high_closed=True), (10,), (11,)),
        (Interval(), (-1, 0, 1), ()),
        (Interval(5, 5), (), (4, 5, 6)),
        (Interval(5, 5, high_closed=True), (5,), (4, 6)),
    ],
)
def test_an_interval_holds_between_its_ends(
    interval: Interval, inside: tuple[int, ...], outside: tuple[int, ...]
) -> None:
    assert all(is_true(interval, value) for value in inside)
    assert not any(is_true(interval, value) for value in outside)


@pytest.mark.parametrize(
    ("kind", "first", "last"),
    [
        (AgeKind.OLDER_THAN, None, NOON - 7 * DAYS),
        (AgeKind.WITHIN_LAST, NOON - 7 * DAYS + TICK, NOON),
        (AgeKind.WITHIN_NEXT, NOON + TICK, NOON + 7 * DAYS),
    ],
)
def test_an_age_holds_in_a_half_open_window(kind: AgeKind, first: datetime | None, last: datetime) -> None:
    test = Age(kind, WEEK)
    assert is_true(test, last)
    assert not is_true(test, last + TICK)
    if first is None:
        assert is_true(test, NOON - 3000 * DAYS)
    else:
        assert is_true(test, first)
        assert not is_true(test, first - TICK)


@pytest.mark.parametrize(
    "test",
    [
        Members(frozenset({"a"})),
        Members(frozenset({True, False})),
        Interval(),
        *(Age(kind, WEEK) for kind in AgeKind),
        Tagged("vip"),
        Tagged("vip", present=False),
        Presence(present=True),
    ],
)
def test_null_is_matched_only_by_a_test_that_names_it(test: Test) -> None:
    assert not is_true(test, None)


@pytest.mark.parametrize(
    "test",
    [
        Members(frozenset({"a"}), null=True),
        Interval(low=5, null=True),
        *(Age(kind, WEEK, null=True) for kind in AgeKind),
        Presence(present=False),
    ],
)
def test_null_is_matched_by_a_test_that_names_it(test: Test) -> None:
    assert is_true(test, None)


def test_members_tags_and_presence_hold_for_what_they_name() -> None:
    assert is_true(Members(frozenset({"a", "b"})), "b")
    assert not is_true(Members(frozenset({"a", "b"}), null=True), "c")
    assert not is_true(Members(frozenset({True})), value=False)
    assert is_true(Tagged("vip"), frozenset({"vip", "new"}))
    assert is_true(Tagged("vip", present=False), frozenset({"new"}))
    assert not is_true(Tagged("vip", present=False), frozenset({"vip"}))
    assert is_true(Presence(present=True), "x")
    assert not is_true(Presence(present=False), "x")


def decision(hit: HitPolicy, otherwise: Mapping[str, Value] | None = None) -> Decision:
    """Return a decision in which a large amount matches every row."""
    rows = (
        Row("small", {"amount": Interval(low=1)}, {"grade": "C"}, HERE),
        Row("large", {"amount": Interval(low=100)}, {"grade": "A"}, HERE),
        Row("great", {"amount": Interval(low=50)}, {"grade": "A"}, HERE),
    )
    return Decision("grading", "customer", {"grade": GRADE}, hit, rows, HERE, otherwise)


def decided(of: Decision, amount: int | None) -> Outcome:
    """Evaluate one decision."""
    return evaluate(customer_rules([AMOUNT], decisions=[of]), "customer", {"amount": amount}, {}, NOON)


def test_first_takes_the_first_matching_row() -> None:
    assert decided(decision(HitPolicy.FIRST), 100).rows == {"grading": "small"}


def test_priority_takes_the_best_value_and_the_earlier_of_two_rows_with_it() -> None:
    assert decided(decision(HitPolicy.PRIORITY), 100).rows == {"grading": "large"}
    assert decided(decision(HitPolicy.PRIORITY), 60).rows == {"grading": "great"}
    assert decided(decision(HitPolicy.PRIORITY), 5).rows == {"grading": "small"}


def test_otherwise_is_taken_when_no_row_matches() -> None:
    outcome = decided(decision(HitPolicy.UNIQUE, {"grade": "B"}), None)
    assert (outcome.values, outcome.rows) == ({"grade": "B"}, {"grading": OTHERWISE})


def test_without_a_matching_row_and_otherwise_the_values_are_null() -> None:
    outcome = decided(decision(HitPolicy.UNIQUE), 0)
    assert (outcome.values, outcome.rows) == ({"grade": None}, {})


def test_a_decision_reads_what_earlier_ones_returned_and_a_fact_of_that_name_is_not_believed() -> None:
    mark = Field("mark", FieldType.BOOL)
    rows = (Row("good", {"grade": Members(frozenset({"A"}))}, {"mark": True}, HERE),)
    marking = Decision("marking", "customer", {"mark": mark}, HitPolicy.UNIQUE, rows, HERE, {"mark": False})
    rules = customer_rules([AMOUNT], decisions=[decision(HitPolicy.PRIORITY), marking])
    good = evaluate(rules, "customer", {"amount": 100, "grade": "C"}, {}, NOON)
    poor = evaluate(rules, "customer", {"amount": 5, "grade": "A"}, {}, NOON)
    assert (good.values["mark"], poor.values["mark"]) == (True, False)


def test_an_opportunity_reads_the_values_of_its_customer() -> None:
    condition = {"grade": Members(frozenset({"A"}))}
    clock = Clock("c", "opportunity", _START, condition, (_rung("r", "1d"),), HERE)
    entities = {
        "customer": Entity("customer", {"amount": AMOUNT}),
        "opportunity": Entity("opportunity", {"seen_at": SEEN}, "customer"),
    }
    rules = ruleset_of(entities=entities, decisions=[decision(HitPolicy.FIRST)], clocks=[clock])
    facts = {"seen_at": NOON}
    assert set(evaluate(rules, "opportunity", facts, {"grade": "A"}, NOON).clocks) == {"c"}
    assert not evaluate(rules, "opportunity", facts, {"grade": "B"}, NOON).clocks
    assert not evaluate(rules, "opportunity", facts, {}, NOON).clocks


_START = StartsAt(StartMode.FIELD, ("seen_at",))


def _rung(name: str, plus: str, variable: str | None = None) -> Rung:
    return Rung(name, Offset(Duration.parse(plus), variable), HERE)


def clocked(starts_at: StartsAt, now: datetime, **facts: Fact) -> Outcome:
    """Evaluate a clock with rungs a week and a month after its anchor."""
    ladder = (_rung("week", "7d"), _rung("month", "30d"))
    clock = Clock("c", "customer", starts_at, {"amount": Interval(low=1)}, ladder, HERE)
    rules = customer_rules([AMOUNT, SEEN, MET], clocks=[clock])
    return evaluate(rules, "customer", {"amount": 5, **facts}, {}, now)


def test_a_clock_has_the_instants_of_its_rungs_and_counts_those_reached() -> None:
    rungs = (RungInstant("week", NOON + 7 * DAYS), RungInstant("month", NOON + 30 * DAYS))
    for now, reached in [(6, 0), (7, 1), (29, 1), (30, 2), (3000, 2)]:
        outcome = clocked(_START, NOON + now * DAYS, seen_at=NOON)
        assert outcome.clocks == {"c": ClockState(NOON, rungs, reached)}


def test_a_clock_whose_condition_does_not_hold_is_inactive() -> None:
    assert clocked(_START, NOON, seen_at=NOON, amount=0).clocks == {}
    assert clocked(_START, NOON, seen_at=NOON, amount=None).clocks == {}


def test_an_anchor_is_the_latest_or_the_first_of_the_fields_that_are_present() -> None:
    both: dict[str, Fact] = {"seen_at": NOON, "met_at": NOON + DAYS}
    latest = StartsAt(StartMode.LATEST_OF, ("seen_at", "met_at"))
    first = StartsAt(StartMode.FIRST_OF, ("seen_at", "met_at"))
    assert clocked(latest, NOON, **both).clocks["c"].anchor == NOON + DAYS
    assert clocked(first, NOON, **both).clocks["c"].anchor == NOON
    assert clocked(latest, NOON, seen_at=NOON).clocks["c"].anchor == NOON
    assert clocked(first, NOON).clocks == {}


def test_a_rung_at_a_duration_that_was_decided_waits_for_it() -> None:
    every = Field("every", FieldType.DURATION, absent="-", durations=(WEEK,))
    rows = (Row("r", {"amount": Interval(low=10)}, {"every": WEEK}, HERE),)
    cadence = Decision("cadence", "customer", {"every": every}, HitPolicy.UNIQUE, rows, HERE)
    clock = Clock("c", "customer", _START, {}, (_rung("due", "1d", "every"),), HERE)
    rules = customer_rules([AMOUNT, SEEN], decisions=[cadence], clocks=[clock])
    rich = evaluate(rules, "customer", {"amount": 10, "seen_at": NOON}, {}, NOON)
    poor = evaluate(rules, "customer", {"amount": 9, "seen_at": NOON}, {}, NOON)
    assert [rung.at for rung in rich.clocks["c"].rungs] == [NOON + 8 * DAYS]
    assert poor.clocks == {}


def test_the_next_instant_is_the_earliest_rung_of_an_active_clock_that_is_not_reached() -> None:
    assert clocked(_START, NOON, seen_at=NOON).next_instant == NOON + 7 * DAYS
    assert clocked(_START, NOON + 7 * DAYS, seen_at=NOON).next_instant == NOON + 30 * DAYS
    assert clocked(_START, NOON + 30 * DAYS, seen_at=NOON).next_instant is None
    assert clocked(_START, NOON, seen_at=NOON, amount=0).next_instant is None
