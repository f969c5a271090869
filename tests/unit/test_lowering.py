"""Facts become small integers, rows become rules within the engine's limits (A5, compile contract)."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.rules.ruleset.definition import (
    Age,
    AgeKind,
    Clock,
    Fact,
    Field,
    FieldType,
    Interval,
    Members,
    Presence,
    StartMode,
    StartsAt,
    Tagged,
    Test,
)
from services.rules.ruleset.lowering import MAX_RULES, MAX_TESTS, Lowering, Rule, RuleTooLargeError, Table
from services.rules.ruleset.reference import holds
from services.shared.business_time import Duration
from tests.generators import HERE, NOON, calendar, customer_rules, seeded

FIELDS = (
    Field("word", FieldType.ENUM, ("a", "b", "c"), absent="-"),
    Field("flag", FieldType.BOOL, absent="-"),
    Field("amount", FieldType.MONEY, absent="-"),
    Field("owner_id", FieldType.ID, absent="-"),
    Field("tags", FieldType.TAGS, absent="-"),
    Field("seen_at", FieldType.INSTANT, absent="-"),
    Field("many", FieldType.ENUM, tuple(f"w{n}" for n in range(900)), absent="-"),
)
WEEK = Age(AgeKind.OLDER_THAN, Duration.parse("7d"))


def lowered(*rows: Mapping[str, Test]) -> tuple[Lowering, Table]:
    """Lower the rows of one rule."""
    start = StartsAt(StartMode.FIELD, ("seen_at",))
    clocks = [Clock(f"c{n}", "customer", start, row, (), HERE) for n, row in enumerate(rows)]
    lowering = Lowering(customer_rules(FIELDS, clocks=clocks), "customer")
    return lowering, lowering.table("rule", [(f"r{n}", row) for n, row in enumerate(rows)])


def conditions(*rows: Mapping[str, Test]) -> list[object]:
    """Return what is left for the engine to test in each rule, but for the mark that all facts have."""
    _, table = lowered(*rows)
    found: list[object] = []
    for rule in (each for part in table.rulesets for each in part):
        parts = _parts(rule)
        assert parts[0] == {"k": 1}
        found.append(parts[1:])
    return found


def codes(name: str, test: Test, *values: Fact) -> list[int | None]:
    """Return what values of a fact become when a rule has this test."""
    lowering, table = lowered({name: test})
    return [lowering.features[table.features[0]].lower(value) for value in values]


def test_words_are_numbered_from_one_and_null_has_no_number() -> None:
    assert codes("word", Members(frozenset("b")), "a", "b", "c", None) == [1, 2, 3, None]
    assert codes("flag", Members(frozenset({True})), False, True, None) == [0, 1, None]  # noqa: FBT003


def test_ids_are_numbered_as_rules_name_them_and_all_others_are_nought() -> None:
    assert codes("owner_id", Members(frozenset({"x", "y"})), "y", "x", "z") == [2, 1, 0]


def test_amounts_become_the_cell_between_the_thresholds_of_all_rules() -> None:
    lowering, table = lowered(
        {"amount": Interval(10, 20)},
        {"amount": Interval(low=20, low_closed=False)},
        {"amount": Interval(high=5, high_closed=True)},
    )
    (feature,) = table.features
    assert [lowering.features[feature].lower(n) for n in (5, 6, 9, 10, 19, 20, 21, 2**70)] == [
        0, 1, 1, 2, 2, 3, 4, 4,
    ]  # fmt: skip


def test_tags_and_presence_are_yes_or_no_or_absent() -> None:
    assert codes("tags", Tagged("vip", present=False), frozenset({"vip"}), frozenset(), None) == [1, 0, None]
    assert codes("owner_id", Presence(present=False), "x", None) == [1, None]


def test_rules_test_equality_ranges_presence_and_absence() -> None:
    assert conditions(
        {"word": Members(frozenset("b"))},
        {"word": Members(frozenset("bc"))},
        {"word": Members(frozenset("abc"))},
        {"word": Members(frozenset("ac"), null=True)},
        {"word": Members(frozenset(), null=True)},
        {"flag": Members(frozenset({True})), "word": Members(frozenset("c"))},
    ) == [
        [{"f0": 2}],
        [{"$gte": {"f0": 2}}, {"$lte": {"f0": 3}}],
        [{"$ex": {"f0": 1}}],
        [{"$or": [{"$nex": {"f0": 1}}, {"f0": 1}, {"f0": 3}]}],
        [{"$nex": {"f0": 1}}],
        [{"f1": 1}, {"f0": 3}],
    ]


def test_an_age_with_or_without_null_is_one_feature() -> None:
    _, table = lowered({"seen_at": WEEK}, {"seen_at": Age(WEEK.kind, WEEK.duration, null=True)})
    assert len(table.features) == 1


def test_rows_without_a_test_left_always_match_and_impossible_ones_never() -> None:
    anything = Members(frozenset("abc"), null=True)
    _, table = lowered({}, {"word": anything}, {"amount": Interval(5, 5)}, {"amount": Interval(null=True)})
    assert table.always == {0, 1, 3}
    assert table.rulesets == ()


def test_rulesets_stay_within_the_limits_of_the_engine() -> None:
    words = Members(frozenset(f"w{n}" for n in range(0, 30, 2)), null=True)
    rows: list[Mapping[str, Test]] = [{"many": words, "amount": Interval(low=n)} for n in range(150)]
    _, table = lowered(*rows)
    assert sum(map(len, table.rulesets)) == 150
    assert all(len(part) <= MAX_RULES for part in table.rulesets)
    assert all(sum(rule.size for rule in part) <= MAX_TESTS for part in table.rulesets)


def test_a_list_with_too_many_gaps_is_answered_by_the_host() -> None:
    words = frozenset(f"w{n}" for n in range(0, 900, 2))
    assert conditions({"many": Members(words, null=True)}) == [[{"f0": 1}]]
    assert codes("many", Members(words, null=True), "w2", "w3", None) == [1, 0, 1]
    assert codes("many", Members(words), "w2", "w3", None) == [1, 0, 0]


def test_a_rule_about_more_facts_than_the_engine_takes_is_refused() -> None:
    fields = [Field(f"b{n}", FieldType.BOOL) for n in range(201)]
    lowering = Lowering(customer_rules(fields), "customer")
    with pytest.raises(RuleTooLargeError, match="201"):
        lowering.table("wide", [("r", {each.name: Members(frozenset({True})) for each in fields})])


@given(seed=st.integers(0, 10_000))
def test_the_code_of_a_value_says_whether_the_test_holds(seed: int) -> None:
    """Whatever the type, the lowered test and the definition agree on one fact at a time."""
    maker = seeded(seed)
    ruleset = maker.ruleset()
    rows = [row for each in ruleset.decisions_of["customer"] for row in each.rows]
    lowering = Lowering(ruleset, "customer")
    facts = maker.facts(ruleset, "customer", NOON)
    for name, test in (pair for row in rows for pair in row.tests.items() if pair[0] in facts):
        table = lowering.table("one", [("r", {name: test})])
        if isinstance(test, Age) or not table.rulesets:
            continue
        code = lowering.features[table.features[0]].lower(facts[name])
        assert _matches(table, code) is holds(test, facts[name], NOON, calendar())


def _matches(table: Table, code: int | None) -> bool:
    """Evaluate the one rule of a table as the engine would."""
    return all(_holds(part, code) for part in _parts(table.rulesets[0][0])[1:])


def _parts(rule: Rule) -> list[Any]:
    """Return what all must hold for a rule to match."""
    parts = rule.condition["$and"]
    assert isinstance(parts, list)
    return parts


def _holds(part: dict[str, Any], code: int | None) -> bool:
    ((operator, inner),) = part.items()
    if operator == "$or":
        return any(_holds(each, code) for each in inner)
    if operator == "$and":
        return all(_holds(each, code) for each in inner)
    if operator in ("$ex", "$nex"):
        return (code is None) is (operator == "$nex")
    if operator in ("$gte", "$lte"):
        (edge,) = inner.values()
        return code is not None and bool(code >= edge if operator == "$gte" else code <= edge)
    return bool(code == inner)
