"""The rules that ship: without a problem, with words in both languages, each with its requirement."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import process_time

import pytest

from contracts.text import Text
from contracts.vocabulary import OpportunityStage
from services.rules.domain.checking import check
from services.rules.domain.vocabulary import as_yaml
from services.rules.ruleset.definition import Fact, Outcome, Ruleset
from services.rules.ruleset.reference import evaluate
from services.shared.business_time import Duration
from tests.rule_files import files_in

RULES = Path(__file__).parents[2] / "rules"
FILES = files_in(RULES)
NOW = datetime(2025, 9, 30, 8, tzinfo=UTC)
LONG_AGO = datetime(2025, 1, 6, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def shipped() -> Ruleset:
    loaded = check(FILES)
    assert loaded.problems == ()
    assert loaded.findings == ()
    assert loaded.warnings == ()
    assert loaded.ruleset is not None
    return loaded.ruleset


def test_grading_cadence_records_silence_stall_and_plans_ship(shipped: Ruleset) -> None:
    decisions = [decision.id for decision in shipped.decisions]
    assert set(decisions) == {
        "grade_by_value",
        "grade_by_intent",
        "grade_by_matrix",
        "grade",
        "cadence",
        "churn_risk",
        "dormancy",
        "risk_level",
    }
    assert decisions.index("grade") > max(
        decisions.index(f"grade_by_{way}") for way in ("value", "intent", "matrix")
    )
    assert min(decisions.index("cadence"), decisions.index("dormancy")) > decisions.index("grade")
    assert {clock.id for clock in shipped.clocks} == {
        "followup_due",
        "churn_revisit",
        "opportunity_stalled",
        "record_contact",
        "plan_due",
        "promise_due",
    }


def named(shipped: Ruleset) -> Iterator[tuple[str, Text | None, str | None]]:
    for decision in shipped.decisions:
        yield decision.id, decision.title, decision.source
        for row in decision.rows:
            yield f"{decision.id}/{row.id}", row.title, row.source or decision.source
    for clock in shipped.clocks:
        yield clock.id, clock.title, clock.source
        for rung in clock.ladder:
            yield f"{clock.id}/{rung.id}", rung.title, rung.source


def test_every_rule_row_and_rung_has_words_in_both_languages_and_a_requirement(shipped: Ruleset) -> None:
    for name, title, source in named(shipped):
        assert title is not None, name
        assert re.search(r"[一-鿿]", title.zh), name
        assert not re.search(r"[一-鿿]", title.en), name
        assert re.fullmatch(r"(R\d{3}|K\d+[ab]?)(, (R\d{3}|K\d+[ab]?))*", source or ""), name


def customer(**facts: Fact) -> Mapping[str, Fact]:
    known: Mapping[str, Fact] = {
        "lifecycle": "prospect",
        "benchmark": False,
        "short_chain": False,
        "need_clear": False,
        "need_urgent": False,
        "need_important": False,
        "assigned_at": NOW,
        "tags": frozenset(),
    }
    return {**known, **facts}


def decided(shipped: Ruleset, **facts: Fact) -> Outcome:
    return evaluate(shipped, "customer", customer(**facts), {}, NOW)


@pytest.mark.parametrize(
    ("facts", "grade", "row"),
    [
        ({"lifecycle": "customer", "annual_amount": 50_000_000}, "A", "A-amount"),
        ({"lifecycle": "customer", "annual_amount": 49_999_999}, "B", "B-amount"),
        ({"lifecycle": "customer", "annual_amount": 10_000_000}, "B", "B-amount"),
        ({"lifecycle": "customer", "annual_amount": 9_999_999}, "C", "C-amount"),
        (
            {
                "lifecycle": "customer",
                "annual_amount": 5_000_000,
                "benchmark": True,
                "short_chain": True,
                "intent": "high",
            },
            "A",
            "A-benchmark",
        ),
        ({"lifecycle": "customer", "need_clear": True}, "B", "B-nurture"),
        ({"lifecycle": "customer", "need_clear": True, "intent": "low"}, "C", "C-low"),
    ],
)
def test_customers_are_graded_by_their_amount(
    shipped: Ruleset, facts: Mapping[str, Fact], grade: str, row: str
) -> None:
    """R070 and K2a: where clauses disagree, the higher grade wins."""
    outcome = decided(shipped, **facts)
    assert (outcome.values["grade"], outcome.rows["grade_by_value"]) == (grade, row)


@pytest.mark.parametrize(
    ("facts", "grade"),
    [
        ({"intent": "high", "need_urgent": True, "need_important": True}, "A"),
        ({"intent": "high", "need_important": True}, "B"),
        ({"intent": "mid", "need_important": True}, "B"),
        ({"intent": "high"}, "B"),
        ({"intent": "mid"}, "C"),
        ({}, "C"),
    ],
)
def test_prospects_are_graded_by_intent_and_need(
    shipped: Ruleset, facts: Mapping[str, Fact], grade: str
) -> None:
    """R072, K2b."""
    assert decided(shipped, **facts).values["grade"] == grade


@pytest.mark.parametrize(
    ("potential", "urgency", "grade"),
    [
        ("high", "high", "A"),
        ("high", "mid", "B"),
        ("low", "high", "B"),
        (None, "low", "C"),
        (None, None, "C"),
    ],
)
def test_at_signing_the_grade_follows_potential_and_urgency(
    shipped: Ruleset, potential: str | None, urgency: str | None, grade: str
) -> None:
    """R073: the middle counts as low."""
    outcome = decided(shipped, lifecycle="signing", potential=potential, urgency=urgency)
    assert outcome.values["grade"] == grade


def test_the_cadence_follows_the_grade(shipped: Ruleset) -> None:
    """R080, R082, R083, R075."""
    cases: list[tuple[Mapping[str, Fact], str, str, str]] = [
        ({"lifecycle": "signing", "potential": "high", "urgency": "high"}, "1w", "phone_visit", "director"),
        ({"lifecycle": "customer", "annual_amount": 60_000_000}, "1w", "phone_visit", "lead"),
        ({"lifecycle": "customer", "annual_amount": 20_000_000}, "2w", "im_mail", "specialist"),
        ({"lifecycle": "lost"}, "1mo", "greeting_news", "specialist"),
    ]
    for facts, every, channel, level in cases:
        values = decided(shipped, **facts).values
        assert (values["every"], values["channel"], values["owner_level"]) == (
            Duration.parse(every),
            channel,
            level,
        )


def test_a_silent_customer_is_at_risk_and_a_silent_small_one_is_dormant(shipped: Ruleset) -> None:
    """R147, R148, K11: what is dormant is not followed up."""
    silent = decided(shipped, lifecycle="customer", last_contact_at=LONG_AGO, assigned_at=LONG_AGO)
    assert (silent.values["churn_risk"], silent.values["dormant"]) == (True, True)
    assert set(silent.clocks) == {"churn_revisit"}
    answered = decided(
        shipped, lifecycle="customer", last_contact_at=LONG_AGO, last_response_at=NOW, assigned_at=LONG_AGO
    )
    assert (answered.values["churn_risk"], answered.values["dormant"]) == (False, False)
    assert set(answered.clocks) == {"churn_revisit", "followup_due"}


def test_a_stalled_opportunity_rises_after_two_and_five_working_days(shipped: Ruleset) -> None:
    """R133, R134, K19: over the National Day week of 2025, 3 Oct + 2wd is 10 Oct at the close of business."""
    facts: Mapping[str, Fact] = {
        "status": "open",
        "stage": "proposal",
        "progressed_at": datetime(2025, 9, 19, 2, tzinfo=UTC),
    }
    stalled = evaluate(shipped, "opportunity", facts, {}, NOW).clocks["opportunity_stalled"]
    assert [(rung.rung, rung.at) for rung in stalled.rungs] == [
        ("warn", datetime(2025, 10, 3, 2, tzinfo=UTC)),
        ("manager", datetime(2025, 10, 10, 10, tzinfo=UTC)),
        ("director", datetime(2025, 10, 14, 10, tzinfo=UTC)),
    ]


@pytest.mark.parametrize("stage", [stage.value for stage in OpportunityStage])
def test_an_opportunity_can_stall_in_every_stage(shipped: Ruleset, stage: str) -> None:
    """R133: also at the first contact."""
    facts: Mapping[str, Fact] = {"status": "open", "stage": stage, "progressed_at": LONG_AGO}
    assert evaluate(shipped, "opportunity", facts, {}, NOW).clocks["opportunity_stalled"].reached == 3


def test_a_plan_that_is_not_done_is_due_at_its_deadline_and_rises_after_two_working_days(
    shipped: Ruleset,
) -> None:
    """R097, R218: from Monday, 29 September 2025, over the National Day week, which has no working day."""
    due = datetime(2025, 9, 29, 7, 30, tzinfo=UTC)
    facts: Mapping[str, Fact] = {"status": "open", "has_outcome": True, "due_at": due}
    running = evaluate(shipped, "plan", facts, {}, due).clocks["plan_due"]
    assert running.reached == 1
    assert [(rung.rung, rung.at) for rung in running.rungs] == [
        ("due", due),
        ("manager", datetime(2025, 10, 9, 10, tzinfo=UTC)),
    ]
    early = evaluate(shipped, "plan", facts, {}, due - timedelta(seconds=1))
    assert early.clocks["plan_due"].reached == 0


@pytest.mark.parametrize(
    ("facts", "is_active"),
    [
        ({"status": "waiting_customer", "due_at": LONG_AGO}, True),
        ({"status": "done", "due_at": LONG_AGO}, False),
        ({"status": "open"}, False),
    ],
)
def test_a_plan_reminds_while_it_is_not_done_and_has_a_deadline(
    shipped: Ruleset, facts: Mapping[str, Fact], *, is_active: bool
) -> None:
    """R218."""
    assert ("plan_due" in evaluate(shipped, "plan", facts, {}, NOW).clocks) is is_active


def test_a_promised_next_step_is_announced_due_and_rises_to_the_manager(shipped: Ruleset) -> None:
    """R120: it is the next touch of the customer, whatever its cadence."""
    due = datetime(2025, 10, 9, 2, tzinfo=UTC)
    [clock] = [clock for clock in shipped.clocks if clock.id == "promise_due"]
    promised = decided(shipped, next_step_due_at=due).clocks["promise_due"]
    assert [(rung.rung, rung.at) for rung in promised.rungs] == [
        ("ahead", datetime(2025, 10, 8, 2, tzinfo=UTC)),
        ("due", due),
        ("overdue", datetime(2025, 10, 10, 10, tzinfo=UTC)),
        ("tell", datetime(2025, 10, 11, 10, tzinfo=UTC)),
    ]
    assert [rung.id for rung in clock.ladder if rung.publishes] == ["due"]
    assert "promise_due" not in decided(shipped).clocks


@pytest.mark.parametrize(
    ("objection", "risk"), [("price", "high"), ("competitor", "mid"), ("other", "mid"), (None, "low")]
)
def test_an_objection_is_a_risk(shipped: Ruleset, objection: str | None, risk: str) -> None:
    """R044, R118: an objection to the price is the greatest."""
    assert decided(shipped, last_objection=objection).values["risk_level"] == risk


def test_the_shipped_tables_as_the_requirements_print_them_have_gaps() -> None:
    """R078, K2b: without the rows that we added, the checker names a customer that nobody grades."""
    printed = FILES["grading.yaml"].replace("intent: [mid, high, null]}", "intent: mid}")
    printed = re.sub(r"  - \{id: (B-warm|C-rest),.*\n", "", printed)
    problems = check({**FILES, "grading.yaml": printed}).problems
    assert {problem.rule for problem in problems} == {"grade_by_value", "grade_by_intent"}
    assert all("No row decides" in problem.message.en for problem in problems)


def test_an_edit_of_one_file_is_checked_fast() -> None:
    """An edit takes effect in under two seconds; the check is a small part of that."""
    check(FILES)
    edited = {**FILES, "grading.yaml": FILES["grading.yaml"].replace("50万", "40万")}
    start = process_time()
    loaded = check(edited)
    assert process_time() - start < 1
    assert loaded.ruleset is not None


def test_a_table_of_a_thousand_rows_is_checked_in_seconds() -> None:
    rows = []
    for at in range(1000):
        low, intent = at // 4 * 1000, ("high", "mid", "low", "null")[at % 4]
        amount = f'"[{low}, {low + 1000})"' if at < 996 else f'">= {low} or null"'
        tests, value = f"annual_amount: {amount}, intent: {intent}", "AB"[at % 2]
        rows.append(f"  - {{id: r{at}, if: {{{tests}}}, then: {{big: {value}}}}}\n")
    table = "decision: big\nsubject: customer\nreturns: {big: [A, B]}\nhit: unique\nrows:\n" + "".join(rows)
    start = process_time()
    loaded = check({**FILES, "big.yaml": table})
    assert process_time() - start < 20
    assert loaded.problems == ()


def test_the_vocabulary_beside_the_rules_is_what_the_services_know() -> None:
    """It is for people: `python -m services.rules.domain.vocabulary` writes it anew."""
    assert FILES["vocabulary.yaml"] == as_yaml()


def test_a_vocabulary_beside_the_rules_is_never_read() -> None:
    loaded = check({**FILES, "vocabulary.yaml": "["})
    assert loaded.problems == ()
