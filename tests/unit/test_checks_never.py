"""What is reported as impossible is tried on every customer there is, with the definition of the language."""

from collections.abc import Mapping
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from services.rules.ruleset.checks.never import check_clock_runs, check_rows_match
from services.rules.ruleset.checks.possible import Writers
from services.rules.ruleset.definition import (
    Clock,
    Decision,
    Fact,
    Field,
    FieldType,
    HitPolicy,
    Members,
    Offset,
    Row,
    Rung,
    StartMode,
    StartsAt,
    Test,
)
from services.rules.ruleset.problems import Findings
from services.rules.ruleset.reference import all_hold, deciding_row
from services.rules.ruleset.timing import anchor_of
from services.shared.business_time import Calendar, Duration
from tests.generators import HERE
from tests.unit.test_checks_tables import DOMAINS, FIELDS, NOW, TESTS

CALENDAR = Calendar.default()
FACTS = ("contact_at", "intent", "known")
LOW = Field("low", FieldType.ENUM, values=("A", "B"))
HIGH = Field("high", FieldType.ENUM, values=("X", "Y"))
KNOWN = {**{name: FIELDS[name] for name in FACTS}, "low": LOW, "high": HIGH}


def words(values: tuple[str, ...]) -> st.SearchStrategy[Test]:
    return st.sets(st.sampled_from(values), min_size=1).map(lambda each: Members(frozenset(each)))


@st.composite
def conditions(draw: st.DrawFn, *names: str) -> Mapping[str, Test]:
    outputs = {"low": words(LOW.values), "high": words(HIGH.values)}
    strategies = {**TESTS, **outputs}
    return {name: draw(strategies[name]) for name in names if draw(st.booleans())}


@st.composite
def tables(draw: st.DrawFn, output: Field, *names: str) -> Decision:
    rows = tuple(
        Row(f"r{at}", draw(conditions(*names)), {output.name: draw(st.sampled_from(output.values))}, HERE)
        for at in range(draw(st.integers(1, 3)))
    )
    otherwise = {output.name: draw(st.sampled_from(output.values))}
    return Decision(output.name, "customer", {output.name: output}, HitPolicy.FIRST, rows, HERE, otherwise)


def customers(*decisions: Decision) -> list[dict[str, Fact]]:
    """Return every customer there is, with what the tables say of each."""
    found = []
    for values in product(*(DOMAINS[name] for name in FACTS)):
        known: dict[str, Fact] = dict(zip(FACTS, values, strict=True))
        for decision in decisions:
            row = deciding_row(decision, known, NOW, CALENDAR)
            known.update(row.values if row else decision.otherwise or {})
        found.append(known)
    return found


@settings(max_examples=60, deadline=None)
@given(low=tables(LOW, *FACTS), high=tables(HIGH, "low", *FACTS), condition=conditions("high", "low", *FACTS))
def test_a_clock_that_is_said_never_to_run_runs_for_no_customer(
    low: Decision, high: Decision, condition: Mapping[str, Test]
) -> None:
    starts_at = StartsAt(StartMode.FIELD, ("contact_at",))
    rung = Rung("r", Offset(Duration.parse("1d")), HERE)
    clock = Clock("due", "customer", starts_at, condition, (rung,), HERE)
    findings = Findings()
    check_clock_runs(clock, KNOWN, Writers([low, high], {"customer": KNOWN}), CALENDAR, findings)
    if findings.findings:
        assert not any(
            anchor_of(starts_at, known) and all_hold(condition, known, NOW, CALENDAR)
            for known in customers(low, high)
        )


@settings(max_examples=60, deadline=None)
@given(low=tables(LOW, *FACTS), high=tables(HIGH, "low", *FACTS))
def test_a_row_that_is_said_never_to_match_matches_no_customer(low: Decision, high: Decision) -> None:
    findings = Findings()
    check_rows_match(high, KNOWN, Writers([low, high], {"customer": KNOWN}), CALENDAR, findings)
    named = {row.id for row in high.rows for entry in findings.findings if f"“{row.id}”" in entry.message.en}
    assert len(named) == len({entry.message.en for entry in findings.findings})
    for row in high.rows:
        if row.id in named:
            assert not any(all_hold(row.tests, known, NOW, CALENDAR) for known in customers(low))


@settings(max_examples=60, deadline=None)
@given(condition=conditions("intent", "known", "contact_at"))
def test_tests_of_facts_alone_contradict_nothing_but_the_anchor(condition: Mapping[str, Test]) -> None:
    """Without tables a clock never runs only where its anchor is asked to be absent."""
    rung = Rung("r", Offset(Duration.parse("1d")), HERE)
    clock = Clock("due", "customer", StartsAt(StartMode.FIELD, ("contact_at",)), condition, (rung,), HERE)
    findings = Findings()
    check_clock_runs(clock, KNOWN, Writers([], {"customer": KNOWN}), CALENDAR, findings)
    runs = any(
        known["contact_at"] is not None and all_hold(condition, known, NOW, CALENDAR) for known in customers()
    )
    assert bool(findings.findings) == (not runs)
