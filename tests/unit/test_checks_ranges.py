"""The ranges that rows write for one number or money column: no hole, no overlap with another result."""

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.rules.ruleset.checks.ranges import check_ranges
from services.rules.ruleset.definition import Decision, HitPolicy, Interval, Presence
from services.rules.ruleset.loader import Loaded
from services.rules.ruleset.problems import Findings
from tests.rule_files import load_files
from tests.unit.test_checks_tables import CALENDAR, FIELDS, customers, decisions, matching

VOCABULARY = """
entities:
  customer:
    fields:
      amount: {type: money, min: 0, absent: 尚无合作, label: {zh: 年合作金额, en: annual amount}}
      staff: {type: number, label: {zh: 人数, en: staff}}
      clear: {type: bool}
      stage: {type: enum, values: [first, last]}
"""
A, B, C = ">= 50万", "[10万, 50万)", "< 10万"


def rows(*ranges: str, field: str = "amount") -> list[str]:
    return [
        f'{{id: {value}, if: {{{field}: "{each}"}}, then: {{grade: {value}}}}}'
        for each, value in zip(ranges, "ABCDE", strict=False)
    ]


REST = [
    "{id: clear, if: {clear: true}, then: {grade: B}}",
    "{id: vague, if: {clear: false}, then: {grade: C}}",
]


def loaded(*written: str, hit: str = "priority", otherwise: bool = False) -> Loaded:
    """Load one decision; its rows stand in line 7 and below."""
    lines = "".join(f"  - {row}\n" for row in written)
    text = "\ndecision: grade\nsubject: customer\nreturns: {grade: {values: [A, B, C, D, E], shown: true}}\n"
    text += f"hit: {hit}\nrows:\n{lines}" + ("otherwise: {grade: E}\n" if otherwise else "")
    return load_files({"vocabulary.yaml": VOCABULARY, "rules.yaml": text})


def found(result: Loaded) -> list[tuple[int, str | None]]:
    return [(problem.line, problem.finding) for problem in result.problems]


def test_ranges_that_meet_have_no_hole() -> None:
    assert found(loaded(*rows(A, B, C), *REST)) == []


@pytest.mark.parametrize(
    ("ranges", "expected"),
    [
        ((">= 60万", B, C), [(7, "hole")]),
        ((A, "[12万, 50万)", C), [(8, "hole")]),
        ((A, "(10万, 50万)", C), [(8, "hole")]),
        ((A, "(10万, 50万]", C), [(8, "hole"), (8, "overlap")]),
        ((">= 50亿", B, C), [(7, "hole")]),
        ((A, "[10万, 40万)", C), [(7, "hole")]),
        (("[50万, 500万)", B, C), [(7, "hole")]),
        ((A, B, "[1万, 10万)"), [(9, "hole")]),
    ],
)
def test_a_threshold_that_was_shifted_is_found_at_its_row(
    ranges: tuple[str, str, str], expected: list[tuple[int, str]]
) -> None:
    """R070: 55万 would fall to the rows that do not look at the amount."""
    assert found(loaded(*rows(*ranges), *REST)) == expected


def test_a_hole_names_both_rows_and_the_values() -> None:
    (problem,) = loaded(*rows(">= 60万", B, C), *REST).problems
    assert problem.message.zh == (
        "行“A”从 60万 起，行“B”到 50万 为止：年合作金额 50万 至 60万 之间没有一行管到。"
        "请把范围接上，或在行里写 accept: {hole: 理由}。"
    )
    assert "“A” begins at 600,000, “B” ends at 500,000" in problem.message.en


def test_an_overlap_names_both_rows_and_the_values() -> None:
    (problem,) = loaded(*rows(">= 40万", B, C), *REST).problems
    assert "行“A”与行“B”重叠而结果不同：年合作金额 40万 至 50万 时" in problem.message.zh
    assert "“annual amount” from 400,000 to 500,000" in problem.message.en


@pytest.mark.parametrize("row", [0, 1])
def test_either_row_can_accept_a_hole(row: int) -> None:
    written = rows(">= 60万", B, C)
    written[row] = written[row].replace(", then", ", accept: {hole: 大客户部另管}, then")
    result = loaded(*written, *REST)
    assert found(result) == []
    assert result.warnings == ()


@pytest.mark.parametrize("row", [0, 1])
def test_either_row_can_accept_an_overlap(row: int) -> None:
    written = rows(">= 40万", B, C)
    written[row] = written[row].replace(", then", ", accept: {overlap: 取高者}, then")
    assert found(loaded(*written, *REST)) == []


def test_an_acceptance_that_nothing_needs_is_a_warning() -> None:
    written = rows(A, B, C)
    written[1] = written[1].replace(", then", ", accept: {hole: 曾经有}, then")
    result = loaded(*written, *REST)
    assert [(warning.line, warning.message.zh) for warning in result.warnings] == [
        (8, "“B”的 accept（hole）用不到：没有这样的检查结果，可以删去。")
    ]


def test_above_and_below_all_ranges_a_default_may_decide() -> None:
    assert found(loaded(*rows("[50万, 500万)", B), otherwise=True)) == []
    assert found(loaded(*rows("[50万, 500万)", B), "{id: E, if: {}, then: {grade: E}}")) == []


def test_between_two_ranges_no_default_is_meant() -> None:
    assert found(loaded(*rows(">= 60万", B), otherwise=True)) == [(7, "hole")]


def test_a_single_range_has_no_hole() -> None:
    assert found(loaded(*rows(A), *REST)) == []
    high = ['{id: first, if: {amount: ">= 50万", stage: first}, then: {grade: A}}']
    high += ['{id: last, if: {amount: ">= 50万", stage: last}, then: {grade: B}}']
    assert found(loaded(*high, *REST)) == []


def test_a_range_of_another_row_may_cover_what_lies_between() -> None:
    wide = '{id: W, if: {amount: ">= 0", stage: first}, then: {grade: A}}'
    written = [row.replace("if: {", "if: {stage: last, ") for row in rows(">= 60万", B, C)]
    assert found(loaded(*written, wide, *REST)) == []


def test_a_number_without_a_least_has_a_hole_below() -> None:
    assert found(loaded(*rows(">= 50", "[10, 50)", field="staff"), *REST)) == [(8, "hole")]


def test_rows_that_another_fact_tells_apart_do_not_overlap() -> None:
    one = '{id: one, if: {amount: ">= 40万", stage: first}, then: {grade: A}}'
    other = '{id: other, if: {amount: "< 50万 or null", stage: last}, then: {grade: B}}'
    assert found(loaded(one, other, *REST)) == []


def test_rows_that_meet_only_where_the_amount_is_absent_do_not_overlap() -> None:
    assert found(loaded(*rows(">= 50万 or null", "< 50万 or null"))) == []


def test_rows_that_overlap_with_one_result_do_not_contradict() -> None:
    written = rows(">= 40万", B)
    written[1] = written[1].replace("grade: B", "grade: A")
    assert found(loaded(*written, *rows("", "", C)[2:], *REST)) == []


def test_under_first_ranges_may_lie_over_one_another() -> None:
    assert found(loaded(*rows(A, ">= 10万"), hit="first", otherwise=True)) == []


def test_an_overlap_under_unique_is_reported_once() -> None:
    assert found(loaded(*rows(A, "[10万, 50万]", "< 10万 or null"), hit="unique")) == [(8, None)]


def test_a_hole_in_a_table_is_reported_once() -> None:
    assert found(loaded(*rows(">= 60万", B, "< 10万 or null"), hit="unique")) == [(7, "hole")]


def test_a_hole_that_is_accepted_is_still_a_gap() -> None:
    written = rows(">= 60万", B, "< 10万 or null")
    written[0] = written[0].replace(", then", ", accept: {hole: 另算}, then")
    assert found(loaded(*written, hit="unique")) == [(2, None)]


def test_a_row_that_was_pasted_twice_is_found() -> None:
    written = rows(A, B, "< 10万 or null")
    result = loaded(*written, written[1].replace("id: B", "id: B2"), hit="unique")
    assert found(result) == [(10, "overlap")]
    assert "行“B2”与行“B”重复" in result.problems[0].message.zh


def test_a_decision_that_is_switched_off_may_have_a_hole() -> None:
    text = "\n".join(f"  - {row}" for row in [*rows(">= 60万", B, C), *REST])
    head = "decision: grade\nsubject: customer\nreturns: {grade: [A, B, C]}\nhit: priority\nenabled: false\n"
    result = load_files({"vocabulary.yaml": VOCABULARY, "rules.yaml": f"{head}rows:\n{text}\n"})
    assert found(result) == []


def _reported(decision: Decision, name: str) -> bool:
    findings = Findings()
    check_ranges(decision, FIELDS, CALENDAR, findings)
    return any(problem.finding == name for problem in findings.problems)


def _covers(test: object, value: int) -> bool:
    if not isinstance(test, Interval):
        return False
    low, end = test.whole
    return (low is None or low <= value) and (end is None or value < end)


@settings(max_examples=200, deadline=None)
@given(decision=decisions(HitPolicy.PRIORITY), closed=st.booleans())
def test_a_hole_is_a_number_that_no_range_of_a_column_covers(*, decision: Decision, closed: bool) -> None:
    """Between two ranges, or above and below them where nothing takes the rest."""
    if closed:
        decision = replace(decision, otherwise={"result": "A"})
    takes_rest = closed or any(not row.tests for row in decision.rows)
    expected = False
    for name, least in (("amount", 0), ("staff", -1)):
        tests = [row.tests[name] for row in decision.rows if name in row.tests]
        ranges = [test for test in tests if isinstance(test, Interval)]
        if Presence(present=True) in tests or len({each.whole for each in ranges}) < 2:
            continue
        covered = [any(_covers(each, value) for each in ranges) for value in range(least, 7)]
        inner = "".join("x" if each else "." for each in covered)
        expected |= "." in (inner.strip(".") if takes_rest else inner)
    assert _reported(decision, "hole") == expected


@settings(max_examples=200, deadline=None)
@given(decisions(HitPolicy.PRIORITY))
def test_an_overlap_is_a_customer_with_two_results_by_ranges_of_one_column(decision: Decision) -> None:
    expected = any(
        decision.rows[one].values != decision.rows[other].values
        and any(
            _covers(decision.rows[one].tests.get(name), value)
            and _covers(decision.rows[other].tests.get(name), value)
            for name, value in facts.items()
            if isinstance(value, int) and not isinstance(value, bool)
        )
        for facts in customers(decision)
        for one, other in combinations(matching(decision, facts), 2)
    )
    assert _reported(decision, "overlap") == expected
