"""Small random tables: what the checks say, against the definition tried on every customer there is."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from services.rules.ruleset.checks.tables import check_table
from services.rules.ruleset.definition import (
    Age,
    AgeKind,
    Decision,
    Fact,
    Field,
    FieldType,
    HitPolicy,
    Interval,
    Members,
    Position,
    Presence,
    Row,
    Tagged,
    Test,
)
from services.rules.ruleset.problems import Findings
from services.rules.ruleset.reference import all_hold, deciding_row
from services.shared.business_time import Calendar, Duration

CALENDAR = Calendar.default()
NOW = datetime(2024, 6, 12, 4, tzinfo=UTC)
FIELDS = {
    field.name: field
    for field in (
        Field("intent", FieldType.ENUM, values=("high", "mid", "low"), absent="unknown"),
        Field("stage", FieldType.ENUM, values=("first", "last")),
        Field("known", FieldType.BOOL, absent="unknown"),
        Field("amount", FieldType.MONEY, minimum=0, absent="none"),
        Field("staff", FieldType.NUMBER),
        Field("tags", FieldType.TAGS),
        Field("owner_id", FieldType.ID, absent="none"),
        Field("contact_at", FieldType.INSTANT, past=True, absent="never"),
        Field("end_at", FieldType.INSTANT),
    )
}
BOUNDS = (1, 2, 4)
DAYS = (3, 5)
AGES = [timedelta(days=sign * days, minutes=step) for days in DAYS for sign in (-1, 1) for step in (-1, 0, 1)]
INSTANTS: list[Fact] = [
    NOW - age for age in [*AGES, timedelta(0), timedelta(minutes=1), -timedelta(minutes=1)]
]
DOMAINS: Mapping[str, list[Fact]] = {
    "intent": ["high", "mid", "low", None],
    "stage": ["first", "last"],
    "known": [True, False, None],
    "amount": [0, 1, 2, 3, 4, 5, None],
    "staff": [-1, 0, 1, 2, 3, 4, 5],
    "tags": [frozenset(), frozenset({"a"}), frozenset({"b"}), frozenset({"a", "b"})],
    "owner_id": ["someone", None],
    "contact_at": [*[at for at in INSTANTS if isinstance(at, datetime) and at <= NOW], None],
    "end_at": INSTANTS,
}


def members(values: tuple[str | bool, ...], *, null: bool) -> st.SearchStrategy[Members]:
    return st.builds(
        Members,
        st.sets(st.sampled_from(values), min_size=1).map(frozenset),
        st.booleans() if null else st.just(value=False),
    )


@st.composite
def intervals(draw: st.DrawFn, *, null: bool) -> Interval:
    low, high = sorted((draw(st.sampled_from(BOUNDS)), draw(st.sampled_from(BOUNDS))))
    kind = draw(st.integers(0, 2))
    found = Interval(
        low=low if kind else None,
        high=high if kind != 1 else None,
        low_closed=draw(st.booleans()) or low == high,
        high_closed=draw(st.booleans()) or low == high,
        null=null and draw(st.booleans()),
    )
    first, end = found.whole
    return found if first is None or end is None or first < end else Interval(low=low)


def ages(kinds: tuple[AgeKind, ...], *, null: bool) -> st.SearchStrategy[Test]:
    days = st.sampled_from(DAYS).map(lambda amount: Duration.parse(f"{amount}d"))
    return st.builds(Age, st.sampled_from(kinds), days, st.booleans() if null else st.just(value=False))


PAST = (AgeKind.OLDER_THAN, AgeKind.WITHIN_LAST)
TESTS: Mapping[str, st.SearchStrategy[Test]] = {
    "intent": members(("high", "mid", "low"), null=True),
    "stage": members(("first", "last"), null=False),
    "known": members((True, False), null=True),
    "amount": intervals(null=True) | st.builds(Presence, st.booleans()),
    "staff": intervals(null=False),
    "tags": st.builds(Tagged, st.sampled_from("ab"), st.booleans()),
    "owner_id": st.builds(Presence, st.booleans()),
    "contact_at": ages(PAST, null=True) | st.builds(Presence, st.booleans()),
    "end_at": ages((*PAST, AgeKind.WITHIN_NEXT), null=False),
}


@st.composite
def decisions(draw: st.DrawFn, hit: HitPolicy) -> Decision:
    """Draw a table over two or three facts; row n stands in line n + 1."""
    names = draw(st.lists(st.sampled_from(sorted(TESTS)), min_size=1, max_size=3, unique=True))
    rows = []
    for at in range(draw(st.integers(1, 7))):
        tests = {name: draw(TESTS[name]) for name in names if draw(st.integers(0, 3))}
        value = draw(st.sampled_from("AB"))
        rows.append(Row(f"r{at}", tests, {"result": value}, Position("x", at + 1, 1)))
    returns = {"result": Field("result", FieldType.ENUM, values=("A", "B"))}
    return Decision("table", "customer", returns, hit, tuple(rows), Position("x", 100, 1))


def customers(decision: Decision) -> Iterator[Mapping[str, Fact]]:
    names = sorted({name for row in decision.rows for name in row.tests})
    for values in product(*(DOMAINS[name] for name in names)):
        yield dict(zip(names, values, strict=True))


def matching(decision: Decision, facts: Mapping[str, Fact]) -> list[int]:
    return [at for at, row in enumerate(decision.rows) if all_hold(row.tests, facts, NOW, CALENDAR)]


def lines(decision: Decision) -> set[int]:
    findings = Findings()
    check_table(decision, FIELDS, CALENDAR, findings)
    return {problem.line for problem in findings.problems}


@settings(max_examples=250, deadline=None)
@given(decisions(HitPolicy.UNIQUE))
def test_under_unique_overlaps_and_gaps_are_found_exactly(decision: Decision) -> None:
    expected = set()
    for facts in customers(decision):
        rows = matching(decision, facts)
        if not rows:
            expected.add(100)
        for at, row in enumerate(rows):
            values = decision.rows[row].values
            if any(decision.rows[earlier].values != values for earlier in rows[:at]):
                expected.add(row + 1)
    assert lines(decision) == expected


@settings(max_examples=250, deadline=None)
@given(decisions(HitPolicy.FIRST) | decisions(HitPolicy.PRIORITY))
def test_under_first_and_priority_gaps_and_rows_that_never_decide_are_found_exactly(
    decision: Decision,
) -> None:
    """Every row decides some customer, or it is reported; every customer is decided, or the gap is."""
    expected = set(range(1, len(decision.rows) + 1))
    for facts in customers(decision):
        row = deciding_row(decision, facts, NOW, CALENDAR)
        if row is None:
            expected.add(100)
        else:
            expected.discard(row.where.line)
    assert lines(decision) == expected


@settings(max_examples=100, deadline=None)
@given(decisions(HitPolicy.FIRST), st.data())
def test_the_rows_that_are_named_hide_the_row_by_themselves(decision: Decision, data: st.DataObject) -> None:
    """Without all the others the row would still never decide."""
    findings = Findings()
    check_table(decision, FIELDS, CALENDAR, findings)
    hidden = [problem for problem in findings.problems if "never decides" in problem.message.en]
    if hidden:
        problem = data.draw(st.sampled_from(hidden))
        listed = problem.message.en.split(" is decided by ")[1].removesuffix(" first.").split(", ")
        row = decision.rows[problem.line - 1]
        others = [each.tests for each in decision.rows if each.id in listed]
        for facts in customers(decision):
            if all_hold(row.tests, facts, NOW, CALENDAR):
                assert any(all_hold(tests, facts, NOW, CALENDAR) for tests in others)
