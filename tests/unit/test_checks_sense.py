"""Findings: what is well-formed and cannot be meant, and the sensible rules beside it that are no finding."""

import pytest

from services.rules.ruleset.loader import Loaded
from tests.rule_files import load_files

VOCABULARY = """
entities:
  customer:
    fields:
      lifecycle: {type: enum, values: [prospect, customer, lost], label: {zh: 生命周期, en: lifecycle}}
      intent: {type: enum, values: [high, low]}
      contact_at: {type: instant, absent: 从未, past: true, within: [1d, 12mo], label: 最近联系}
      unrecorded_at: {type: instant, absent: 没有, within: [10min, 7d]}
      end_at: {type: instant, absent: 没有}
outputs:
  every: {type: duration, within: [1d, 12mo], label: {zh: 跟进间隔, en: gap}}
"""
GRADE = """
decision: grade
subject: customer
returns: {grade: {values: [A, B, C], shown: true, label: {zh: 客户等级, en: grade}}}
hit: unique
rows:
  - {id: a, if: {intent: high, lifecycle: [prospect, customer]}, then: {grade: A}}
  - {id: b, if: {intent: low, lifecycle: [prospect, customer]}, then: {grade: B}}
  - {id: c, if: {lifecycle: lost}, then: {grade: C}}
"""
DORMANT = """
decision: dormancy
subject: customer
returns: {dormant: {type: bool, shown: true, label: {zh: 沉睡, en: dormant}}}
hit: unique
rows:
  - {id: sleeping, if: {grade: C, contact_at: older than 90d}, then: {dormant: true}}
otherwise: {dormant: false}
"""
TASK = "task: {to: owner, title: 联系}"


def cadence(*rows: str, hit: str = "unique", extra: str = "") -> str:
    lines = "\n".join(f"  - {{id: r{at}, {row}}}" for at, row in enumerate(rows))
    returns = "returns: {every: {type: duration, shown: true}}"
    return f"\ndecision: cadence\nsubject: customer\n{returns}\nhit: {hit}\nrows:\n{lines}\n{extra}\n"


def clock(*rungs: str, anchor: str = "contact_at", condition: str = "{}", extra: str = "") -> str:
    lines = "\n".join(f"  - {{id: r{at}, {rung}}}" for at, rung in enumerate(rungs))
    head = f"\nclock: due\nsubject: customer\nstarts_at: {anchor}\nwhile: {condition}\nladder:\n"
    return f"{head}{lines}\n{extra}\n"


def loaded(*documents: str) -> Loaded:
    found = load_files({"vocabulary.yaml": VOCABULARY, "rules.yaml": "---".join(documents)})
    assert found.problems == ()
    return found


def found(*documents: str) -> list[str | None]:
    return [finding.finding for finding in loaded(*documents).findings]


def message(*documents: str) -> str:
    (finding,) = loaded(*documents).findings
    return finding.message.zh


def by_grade(better: str, worse: str) -> str:
    return cadence(
        f"if: {{grade: A}}, then: {{every: {better}}}",
        f"if: {{grade: B}}, then: {{every: {worse}}}",
        "if: {grade: C}, then: {every: 12mo}",
    )


@pytest.mark.parametrize(("better", "worse"), [("6mo", "2w"), ("1w", "2wd"), ("1mo", "20d")])
def test_a_better_grade_with_a_longer_gap_is_found(better: str, worse: str) -> None:
    """R080, R082: in an ordinary week two working days are over before the week is."""
    assert found(GRADE, by_grade(better, worse)) == ["cadence"]


def test_a_longer_gap_is_explained_with_rows_and_durations() -> None:
    assert message(GRADE, by_grade("6mo", "2w")) == (
        "客户等级 A 高于 B，跟进间隔却更长：行“r0”是6个月，行“r1”是2周。"
        "请改正；若本意如此，请在规则上写 accept: {cadence: 理由}。"
    )


@pytest.mark.parametrize(("better", "worse"), [("1w", "2w"), ("1w", "1w"), ("1w", "5wd"), ("1mo", "30d")])
def test_a_gap_that_is_not_surely_longer_is_none(better: str, worse: str) -> None:
    assert found(GRADE, by_grade(better, worse)) == []


def test_grades_that_other_facts_keep_apart_are_not_compared() -> None:
    table = cadence(
        "if: {grade: A, lifecycle: lost}, then: {every: 6mo}",
        "if: {grade: A, lifecycle: not lost}, then: {every: 1w}",
        "if: {grade: [B, C], lifecycle: not lost}, then: {every: 2w}",
        "if: {grade: [B, C], lifecycle: lost}, then: {every: 12mo}",
    )
    assert found(GRADE, table) == []


def test_under_first_only_rows_that_decide_side_by_side_are_compared() -> None:
    table = cadence(
        "if: {grade: A, lifecycle: customer}, then: {every: 1w}",
        "if: {grade: B, lifecycle: customer}, then: {every: 2w}",
        "if: {grade: A}, then: {every: 1mo}",
        "if: {}, then: {every: 2mo}",
        hit="first",
    )
    assert found(GRADE, table) == []
    assert found(GRADE, table.replace("B, lifecycle: customer", "B, lifecycle: prospect")) == ["cadence"]


@pytest.mark.parametrize(
    "condition",
    [
        "{dormant: true, grade: A}",
        "{dormant: true, lifecycle: customer}",
        "{dormant: true, contact_at: within last 30d}",
        "{grade: B, intent: high}",
        "{contact_at: null}",
    ],
)
def test_a_clock_that_can_never_run_is_found(condition: str) -> None:
    assert found(GRADE, DORMANT, clock(f"at: 7d, do: {{{TASK}}}", condition=condition)) == ["never"]


def test_a_clock_that_can_never_run_is_explained_by_the_tests_and_tables() -> None:
    rule = clock(f"at: 7d, do: {{{TASK}}}", condition="{intent: high, dormant: true, grade: A}")
    assert message(GRADE, DORMANT, rule) == (
        "这个时钟永远不会开始计时：按规则表 dormancy、grade，“沉睡 是”、“客户等级 A”不会同时成立。"
        "请改正 while；若本意如此，请在规则上写 accept: {never: 理由}。"
    )


@pytest.mark.parametrize(
    "condition",
    [
        "{dormant: true, grade: C}",
        "{dormant: false, grade: A}",
        "{dormant: true, lifecycle: lost}",
        "{dormant: true, contact_at: older than 30d}",
        "{grade: [A, B], intent: low}",
    ],
)
def test_a_clock_that_can_run_is_no_finding(condition: str) -> None:
    assert found(GRADE, DORMANT, clock(f"at: 7d, do: {{{TASK}}}", condition=condition)) == []


def test_another_field_of_the_anchor_may_be_present() -> None:
    rule = clock(
        f"at: 7d, do: {{{TASK}}}", anchor="{latest_of: [contact_at, end_at]}", condition="{contact_at: null}"
    )
    assert found(rule) == []
    assert found(rule.replace("{contact_at: null}", "{contact_at: null, end_at: null}")) == ["never"]


def test_a_row_that_the_tables_below_exclude_is_found() -> None:
    rule = DORMANT.replace("grade: C,", "grade: A, lifecycle: lost,")
    result = loaded(GRADE, rule)
    assert [(finding.finding, finding.line) for finding in result.findings] == [("never", 16)]


def test_a_row_that_never_matches_but_without_which_the_table_has_a_gap_has_to_be_there() -> None:
    table = cadence(
        "if: {grade: [A, B], lifecycle: lost}, then: {every: 1w}",
        "if: {grade: [A, B], lifecycle: not lost}, then: {every: 1w}",
        "if: {grade: C}, then: {every: 1mo}",
    )
    assert found(GRADE, table) == []


@pytest.mark.parametrize(
    ("due", "following"),
    [("6wd", "at: 1w + 3wd, do: {escalate: {to: owner}}"), ("2d", f"at: 8d, do: {{{TASK}}}")],
)
def test_a_task_that_is_due_after_the_next_rung_is_found(due: str, following: str) -> None:
    first = f"at: 1w, do: {{task: {{to: owner, title: 联系, due: {due}}}}}"
    assert found(clock(first, following)) == ["late"]


@pytest.mark.parametrize(
    ("due", "following"),
    [
        ("3wd", "at: 1w + 3wd, do: {escalate: {to: owner}}"),
        ("1d", f"at: 8d, do: {{{TASK}}}"),
        ("5d", "at: 8d, do: {notify: {to: owner, title: 记得}}"),
    ],
)
def test_a_task_that_is_due_before_the_next_rung_acts_is_no_finding(due: str, following: str) -> None:
    first = f"at: 1w, do: {{task: {{to: owner, title: 联系, due: {due}}}}}"
    assert found(clock(first, following)) == []


def test_a_task_that_is_late_for_one_value_of_a_duration_is_found_with_an_example() -> None:
    first = 'at: "{every}", do: {task: {to: owner, title: 联系, due: 2wd}}'
    rule = clock(first, "at: 20d, do: {escalate: {to: owner}}")
    table = cadence("if: {lifecycle: lost}, then: {every: 1w}", extra="otherwise: {every: 19d}")
    result = loaded(table, rule)
    assert [finding.finding for finding in result.findings] == ["late"]
    assert "例如从 2023-01-" in result.findings[0].message.zh


def test_a_value_that_no_rule_reads_is_found() -> None:
    table = DORMANT.replace("shown: true, ", "")
    assert found(GRADE, table) == ["unread"]
    assert found(GRADE, table, clock(f"at: 7d, do: {{{TASK}}}", condition="{dormant: false}")) == []


def test_a_value_that_is_shown_in_a_title_is_read() -> None:
    table = GRADE.replace("shown: true, ", "")
    assert found(table, clock("at: 7d, do: {task: {to: owner, title: '联系{grade}'}}")) == []


@pytest.mark.parametrize("key", ["shadow: true", "enabled: false"])
def test_what_a_rule_without_effect_returns_has_no_reader(key: str) -> None:
    table = GRADE.replace("shown: true, ", "").replace("hit: unique", f"hit: unique\n{key}")
    assert found(table) == []


def test_a_value_that_is_asked_for_and_never_returned_is_found() -> None:
    table = GRADE.replace("then: {grade: A}", "then: {grade: C}")
    result = loaded(table, clock(f"at: 7d, do: {{{TASK}}}", condition="{grade: A}"))
    assert [(finding.finding, finding.rule) for finding in result.findings] == [("unset", "grade")]
    assert "规则 due 要用到“客户等级 A”，但没有一行给出它" in result.findings[0].message.zh


@pytest.mark.parametrize("condition", ["{grade: not B}", "{grade: C}"])
def test_a_value_that_is_not_asked_for_by_name_may_be_missing(condition: str) -> None:
    table = GRADE.replace("then: {grade: A}", "then: {grade: C}")
    assert found(table, clock(f"at: 7d, do: {{{TASK}}}", condition=condition)) == []


@pytest.mark.parametrize(
    ("anchor", "at"),
    [("contact_at", "3min"), ("contact_at", "0"), ("contact_at", "3q + 6mo"), ("unrecorded_at", "30d")],
)
def test_an_offset_outside_what_its_anchor_allows_is_found(anchor: str, at: str) -> None:
    assert found(clock(f"at: {at}, do: {{{TASK}}}", anchor=anchor)) == ["duration"]


@pytest.mark.parametrize(
    ("anchor", "at"),
    [
        ("contact_at", "1d"),
        ("contact_at", "12mo"),
        ("contact_at", "365d"),
        ("contact_at", "1wd"),
        ("contact_at", "-3d"),
        ("unrecorded_at", "30min"),
        ("end_at", "0"),
        ("{latest_of: [contact_at, unrecorded_at]}", "1h"),
    ],
)
def test_an_offset_that_can_be_inside_is_no_finding(anchor: str, at: str) -> None:
    assert found(clock(f"at: {at}, do: {{{TASK}}}", anchor=anchor)) == []


def test_a_duration_that_is_returned_is_held_against_its_output() -> None:
    assert found(cadence("if: {}, then: {every: 1min}")) == ["duration"]
    rule = clock(f'at: "{{every}} + 5wd", do: {{{TASK}}}', anchor="unrecorded_at")
    assert found(cadence("if: {}, then: {every: 12mo}"), rule) == []


def test_an_age_is_held_against_its_fact() -> None:
    assert found(DORMANT.replace("grade: C, ", "").replace("90d", "90min")) == ["duration"]


@pytest.mark.parametrize(
    ("name", "documents"),
    [
        ("cadence", (GRADE, by_grade("6mo", "2w") + "accept: {cadence: 季节性}\n")),
        (
            "never",
            (
                clock(
                    f"at: 7d, do: {{{TASK}}}", condition="{contact_at: null}", extra="accept: {never: 暂停}"
                ),
            ),
        ),
        ("duration", (clock(f"at: 0, do: {{{TASK}}}", extra="accept: {duration: 立即}"),)),
        ("unread", (GRADE, DORMANT.replace("shown: true, ", "") + "accept: {unread: 以后用}\n")),
        (
            "order",
            (
                clock(
                    f"at: 5wd, do: {{{TASK}}}",
                    f"at: 8d, do: {{{TASK}}}",
                    extra="accept: {order: 已商定}",
                ),
            ),
        ),
    ],
)
def test_a_finding_that_the_rule_accepts_is_taken_away(name: str, documents: tuple[str, ...]) -> None:
    assert found(*documents) == []
    assert loaded(*documents).warnings == ()
    bare = [document.replace("accept: {", "source: R001 # {") for document in documents]
    assert found(*bare) == [name]


def test_what_a_rule_accepts_and_does_not_need_is_a_warning() -> None:
    result = loaded(GRADE, by_grade("1w", "2w") + "accept: {cadence: 曾经}\n")
    assert [warning.message.zh for warning in result.warnings] == [
        "“cadence”的 accept（cadence）用不到：没有这样的检查结果，可以删去。"
    ]


def test_a_rule_that_is_switched_off_has_no_finding() -> None:
    rule = clock(f"at: 0, do: {{{TASK}}}", condition="{contact_at: null}", extra="enabled: false")
    assert found(rule) == []


def test_while_a_rule_cannot_be_read_nothing_is_missing_from_it() -> None:
    """The part that could not be read may be what reads the value."""
    files = {
        "vocabulary.yaml": VOCABULARY,
        "rules.yaml": GRADE.replace("shown: true, ", ""),
        "other.yaml": clock(f"at: 7d, do: {{{TASK}}}", condition="{grade: A, lifecycle: losd}"),
    }
    assert load_files(files).findings == ()
