"""What a ruleset means, in plain Python on raw values: the other evaluators are held against this one."""

from collections.abc import Mapping
from datetime import datetime
from typing import assert_never

from services.rules.ruleset.definition import (
    OTHERWISE,
    Age,
    AgeKind,
    ClockState,
    Decision,
    Fact,
    HitPolicy,
    Interval,
    Members,
    Outcome,
    Presence,
    Row,
    Ruleset,
    Tagged,
    Test,
    Value,
)
from services.rules.ruleset.timing import ages_of, backwards, breakpoints, next_after, running
from services.shared.business_time import Calendar


def evaluate(
    ruleset: Ruleset,
    kind: str,
    facts: Mapping[str, Fact],
    customer_values: Mapping[str, Value],
    now: datetime,
) -> Outcome:
    """Say what holds for one subject now, and until when.

    A fact that is not given is null. A customer's own evaluation is given no `customer_values`. A decision
    in which no row matches and that has no `otherwise` returns nulls and is not named in `rows`; nor is one
    that is disabled.
    """
    calendar = ruleset.calendar
    known: dict[str, Fact] = {**facts, **customer_values}
    values: dict[str, Value] = dict.fromkeys(ruleset.switched_off_outputs[kind])
    rows: dict[str, str] = {}
    for decision in ruleset.decisions_of[kind]:
        row = deciding_row(decision, known, now, calendar)
        if row is not None or decision.otherwise is not None:
            rows[decision.id] = row.id if row else OTHERWISE
        given = row.values if row else decision.otherwise or {}
        returned = {name: given.get(name) for name in decision.returns}
        values.update(returned)
        known.update(returned)
    clocks: dict[str, ClockState] = {}
    for clock in ruleset.clocks_of[kind]:
        if all_hold(clock.condition, known, now, calendar):
            state = running(clock, known, now, calendar)
            if state is not None:
                clocks[clock.id] = state
    instants = breakpoints(ages_of(ruleset, kind), known, clocks.values(), calendar)
    return Outcome(values, rows, clocks, next_after(now, instants))


def deciding_row(
    decision: Decision, known: Mapping[str, Fact], now: datetime, calendar: Calendar
) -> Row | None:
    """Return the matching row that decides: the first, or with `priority` the first of the best value."""
    matching = [row for row in decision.rows if all_hold(row.tests, known, now, calendar)]
    if decision.hit is HitPolicy.PRIORITY:
        return min(matching, key=lambda row: rank(decision, row), default=None)
    return matching[0] if matching else None


def rank(decision: Decision, row: Row) -> int:
    """Return the place of a row's value in the order in which `returns` lists the first output's values."""
    name, output = next(iter(decision.returns.items()))
    value = row.values.get(name)
    return output.values.index(value) if value in output.values else len(output.values)


def all_hold(tests: Mapping[str, Test], known: Mapping[str, Fact], now: datetime, calendar: Calendar) -> bool:
    """Tell whether every test holds; no test always does."""
    return all(holds(test, known.get(name), now, calendar) for name, test in tests.items())


def holds(test: Test, value: Fact, now: datetime, calendar: Calendar) -> bool:
    """Tell whether a test holds for a value; null is matched only by a test that names it."""
    if isinstance(test, Presence):
        return test.present is (value is not None)
    if isinstance(test, Tagged):
        return isinstance(value, frozenset) and test.present is (test.tag in value)
    if value is None:
        return test.null
    if isinstance(test, Members):
        return value in test.values
    if isinstance(test, Interval):
        return isinstance(value, int) and _above(test, value) and _below(test, value)
    if isinstance(test, Age):
        return isinstance(value, datetime) and _aged(test, value, now, calendar)
    assert_never(test)


def _above(test: Interval, value: int) -> bool:
    return test.low is None or test.low < value or (test.low_closed and value == test.low)


def _below(test: Interval, value: int) -> bool:
    return test.high is None or value < test.high or (test.high_closed and value == test.high)


def _aged(test: Age, value: datetime, now: datetime, calendar: Calendar) -> bool:
    if test.kind is AgeKind.OLDER_THAN:
        return calendar.add(value, test.duration) <= now
    if test.kind is AgeKind.WITHIN_LAST:
        return value <= now < calendar.add(value, test.duration)
    return calendar.add(value, backwards(test.duration)) <= now < value
