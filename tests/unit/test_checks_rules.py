"""Strata, circles and ladders."""

from services.rules.ruleset.loader import Loaded
from tests.rule_files import load_files

VOCABULARY = """
vocabulary: v1
entities:
  customer:
    fields:
      intent: {type: enum, values: [high, low]}
      contact_at: {type: instant, absent: never}
  opportunity:
    belongs_to: customer
    fields:
      status: {type: enum, values: [open, won]}
"""


def table(output: str, *reads: str, subject: str = "customer") -> str:
    """Write a decision that reads these outputs."""
    own = "intent: high" if subject == "customer" else "status: open"
    tests = ", ".join(f"{name}: A" for name in reads) or own
    return f"""
decision: make_{output}
subject: {subject}
returns: {{{output}: [A, B]}}
hit: unique
rows:
  - {{id: row, if: {{{tests}}}, then: {{{output}: A}}}}
otherwise: {{{output}: B}}
"""


def clock(*rungs: str) -> str:
    ladder = "\n".join(f"  - {{id: r{at}, {rung}}}" for at, rung in enumerate(rungs))
    return f"clock: due\nsubject: customer\nstarts_at: contact_at\nladder:\n{ladder}\n"


def loaded(*documents: str) -> Loaded:
    return load_files(
        {"vocabulary.yaml": VOCABULARY, "rules.yaml": "---".join(f"\n{each}" for each in documents)}
    )


def order(*documents: str) -> list[str]:
    found = loaded(*documents)
    assert found.problems == ()
    assert found.ruleset is not None
    return [decision.id for decision in found.ruleset.decisions]


def messages(*documents: str) -> list[str]:
    return [problem.message.en for problem in loaded(*documents).problems]


def test_a_decision_comes_after_those_it_reads_and_else_as_written() -> None:
    """Strata are stable: an edit elsewhere does not reorder them."""
    written = [table("e", "d", "b"), table("b"), table("c"), table("d", "c"), table("a")]
    assert order(*written) == ["make_b", "make_c", "make_d", "make_e", "make_a"]


def test_opportunities_read_what_is_decided_about_their_customer() -> None:
    found = order(table("risk", "grade", subject="opportunity"), table("grade"))
    assert found == ["make_grade", "make_risk"]


def test_two_circles_are_both_reported() -> None:
    found = messages(table("a", "b"), table("b", "a"), table("c", "d"), table("d", "c"))
    assert found == [
        "Decisions go round in a circle: make_a -> make_b -> make_a (-> means reads).",
        "Decisions go round in a circle: make_c -> make_d -> make_c (-> means reads).",
    ]


def test_a_decision_that_leads_into_a_circle_is_not_part_of_it() -> None:
    found = messages(table("x", "a"), table("a", "b"), table("b", "a"))
    assert found == ["Decisions go round in a circle: make_a -> make_b -> make_a (-> means reads)."]


TASK = "do: {task: {to: owner, title: call}}"
TELL = "do: {escalate: {to: owner}}"


def test_a_ladder_may_begin_with_notices() -> None:
    notify = "do: {notify: {to: owner, title: soon}}"
    assert messages(clock(f"at: -1d, {notify}", f"at: 0, {TASK}", f"at: 2wd, {TELL}")) == []
    assert messages(clock(f"at: 0, {notify}")) == []


def test_working_days_after_the_same_days_keep_their_order() -> None:
    """R134: warning after 14 days, manager 2 and director 5 working days later, for every start."""
    assert messages(clock(f"at: 14d, {TASK}", f"at: 14d + 2wd, {TELL}", f"at: 14d + 5wd, {TELL}")) == []


def test_rungs_at_the_same_instant_are_a_warning() -> None:
    found = loaded(clock(f"at: 1w, {TASK}", f"at: 7d, {TELL}"))
    assert found.ruleset is not None
    assert [warning.message.en for warning in found.warnings] == [
        "The rungs “r0” and “r1” are always reached at the same instant."
    ]


def test_a_ladder_is_tried_with_every_value_of_its_duration() -> None:
    """Two weeks are before 20 days, one month is not."""
    cadence = (
        table("pace")
        .replace("[A, B]", "duration")
        .replace("pace: A", "pace: 2w")
        .replace("pace: B", "pace: 1mo")
    )
    found = messages(cadence, clock(f'at: "{{pace}}", {TASK}', f"at: 20d, {TELL}"))
    assert found == ["The rung “r1” (20d) comes before “r0” (1mo)."]


def test_the_few_starts_at_which_rungs_change_places_are_found() -> None:
    """Only around a weekend that is worked (调休) are six working days over within seven days."""
    found = loaded(clock(f"at: 7d, {TASK}", f"at: 6wd, {TELL}"))
    assert found.problems == ()
    assert [finding.finding for finding in found.findings] == ["order"]
    assert (
        "“r1” (6wd) is sometimes before “r0” (7d), by the calendar: from 20" in found.findings[0].message.en
    )
    assert loaded(clock(f"at: 6d, {TASK}", f"at: 7wd, {TELL}")).findings == ()


def test_an_order_that_depends_on_the_calendar_for_one_value_of_a_duration_is_found() -> None:
    """One month is after 30 days from some starts only."""
    cadence = table("pace").replace("[A, B]", "duration").replace("pace: A", "pace: 2w")
    cadence = cadence.replace("pace: B", "pace: 1mo")
    found = loaded(cadence, clock(f'at: "{{pace}}", {TASK}', f"at: 30d, {TELL}"))
    assert [finding.finding for finding in found.findings] == ["order"]
