"""Every form of a cell, and what it is read as."""

from collections.abc import Mapping

import pytest

from services.rules.ruleset.definition import Age, AgeKind, Interval, Members, Presence, Tagged, Test
from services.rules.ruleset.loader import Loaded
from services.shared.business_time import Duration
from tests.rule_files import load_files

VOCABULARY = """
vocabulary: v1
entities:
  customer:
    fields:
      owner_id: {type: id, absent: none}
      amount: {type: money, absent: none, min: 0}
      staff: {type: number}
      benchmark: {type: bool}
      known: {type: bool, absent: unknown}
      intent: {type: enum, values: [high, mid, low], absent: unknown}
      tags: {type: tags}
      contact_at: {type: instant, absent: never, past: true}
      end_at: {type: instant, absent: none}
"""


def loaded(condition: str) -> Loaded:
    table = f"""
decision: table
subject: customer
returns: {{result: bool}}
hit: unique
rows:
  - id: row
    if: {condition}
    then: {{result: true}}
otherwise: {{result: false}}
"""
    return load_files({"vocabulary.yaml": VOCABULARY, "table.yaml": table})


def parsed(condition: str) -> Mapping[str, Test]:
    found = loaded(condition)
    assert found.problems == ()
    assert found.ruleset is not None
    return found.ruleset.decisions[0].rows[0].tests


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("high", Members(frozenset({"high"}))),
        ('"high"', Members(frozenset({"high"}))),
        ("[high, mid]", Members(frozenset({"high", "mid"}))),
        ("[low, null]", Members(frozenset({"low"}), null=True)),
        ("low or null", Members(frozenset({"low"}), null=True)),
        ("not low", Members(frozenset({"high", "mid"}))),
        ("not low or null", Members(frozenset({"high", "mid"}), null=True)),
        ("null", Members(frozenset(), null=True)),
        ("~", Members(frozenset(), null=True)),
        ("not null", Members(frozenset({"high", "mid", "low"}))),
    ],
)
def test_a_cell_of_an_enumeration_lists_its_values(cell: str, expected: Test) -> None:
    """Null matches only where it is written: `not low` leaves it out."""
    assert parsed(f"{{intent: {cell}}}") == {"intent": expected}


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("true", Members(frozenset({True}))),
        ("[true, false]", Members(frozenset({True, False}))),
        ("not true", Members(frozenset({False}))),
        ("false or null", Members(frozenset({False}), null=True)),
    ],
)
def test_a_cell_of_a_truth_is_true_false_or_null(cell: str, expected: Test) -> None:
    assert parsed(f"{{known: {cell}}}") == {"known": expected}


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (">= 50万", Interval(low=50_000_000)),
        ("> 0", Interval(low=0, low_closed=False)),
        ("< 10万", Interval(high=10_000_000)),
        ("<= 1.2亿", Interval(high=12_000_000_000, high_closed=True)),
        ("= 5", Interval(low=500, high=500, high_closed=True)),
        ("[10万, 50万)", Interval(low=10_000_000, high=50_000_000)),
        ("(0.01, 20.5]", Interval(low=1, high=2050, low_closed=False, high_closed=True)),
        ("< 10万 or null", Interval(high=10_000_000, null=True)),
        ("[1, 2] or null", Interval(low=100, high=200, high_closed=True, null=True)),
        ("null", Presence(present=False)),
        ("not null", Presence(present=True)),
    ],
)
def test_a_cell_of_money_is_a_range_in_minor_units(cell: str, expected: Test) -> None:
    assert parsed(f'{{amount: "{cell}"}}') == {"amount": expected}


def test_a_cell_of_a_number_is_a_range_of_whole_numbers() -> None:
    assert parsed('{staff: "[-3, 5万)"}') == {"staff": Interval(low=-3, high=50_000)}


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("older than 90d", Age(AgeKind.OLDER_THAN, Duration.parse("90d"))),
        ("older than 3mo or null", Age(AgeKind.OLDER_THAN, Duration.parse("3mo"), null=True)),
        ("within last 7d", Age(AgeKind.WITHIN_LAST, Duration.parse("7d"))),
        ("within next 14d + 3wd", Age(AgeKind.WITHIN_NEXT, Duration.parse("14d + 3wd"))),
        ("null", Presence(present=False)),
        ("not null", Presence(present=True)),
    ],
)
def test_a_cell_of_an_instant_is_an_age(cell: str, expected: Test) -> None:
    assert parsed(f"{{end_at: {cell}}}") == {"end_at": expected}


def test_a_cell_of_tags_asks_for_one_of_them() -> None:
    assert parsed("{tags: has 重点 客户}") == {"tags": Tagged("重点 客户")}
    assert parsed("{tags: not has 重点客户}") == {"tags": Tagged("重点客户", present=False)}


def test_a_cell_of_an_id_asks_whether_there_is_one() -> None:
    assert parsed("{owner_id: null}") == {"owner_id": Presence(present=False)}


@pytest.mark.parametrize(
    "condition",
    [
        "{intent: {high: mid}}",
        "{intent: []}",
        "{intent: [[high]]}",
        "{known: yes}",
        "{known: True}",
        "{staff: [1, 2]}",
        '{staff: "[1, 2"}',
        '{staff: "1e3"}',
        '{staff: ">= 1_000"}',
        '{amount: ">= 0x10"}',
        '{amount: "[50万, 10万]"}',
        "{tags: null}",
        "{tags: not null}",
        "{tags: has}",
        "{contact_at: older than}",
        "{contact_at: older than -90d}",
        "{contact_at: 2024-01-01}",
        "{end_at: [older than 90d]}",
        "{owner_id: null or null}",
        "{benchmark: [true, null]}",
        '{staff: "> 5 or null"}',
        "[intent]",
    ],
)
def test_anything_else_is_a_problem_in_its_place(condition: str) -> None:
    found = loaded(condition)
    assert found.ruleset is None
    assert [(problem.file, problem.line) for problem in found.problems] == [("table.yaml", 8)]


def test_each_cell_is_kept_as_it_is_written() -> None:
    found = loaded('{intent: [high, null], amount: ">= 50万", contact_at: older than 90d or null}')
    assert found.ruleset is not None
    assert found.ruleset.decisions[0].rows[0].texts == {
        "intent": "[high, null]",
        "amount": ">= 50万",
        "contact_at": "older than 90d or null",
    }
