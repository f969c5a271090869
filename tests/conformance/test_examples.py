"""The worked examples of the rule language, on the rules that are shipped, through both evaluators."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import datetime
from functools import cache
from pathlib import Path

import pytest

from services.rules.domain.checking import check
from services.rules.ruleset.active import Evaluator
from services.rules.ruleset.definition import (
    Fact,
    Outcome,
    Ruleset,
)
from services.rules.ruleset.engine import Engine
from services.shared.business_time import Duration
from tests.conformance.agreement import Definition, local
from tests.generators import TICK
from tests.rule_files import files_in

SHIPPED = Path(__file__).parents[2] / "rules"
WAN = 10_000_00
"""万 in minor units."""


@cache
def shipped() -> Ruleset:
    """Return the rules of the repository, which have no problem."""
    loaded = check(files_in(SHIPPED))
    assert loaded.ruleset is not None, loaded.problems
    return loaded.ruleset


@pytest.fixture(params=[Definition, Engine])
def rules(request: pytest.FixtureRequest) -> Iterator[Evaluator]:
    """Give either evaluator of the shipped rules."""
    with closing(request.param(shipped())) as evaluator:
        yield evaluator


CUSTOMER: Mapping[str, Fact] = {
    "lifecycle": "customer",
    "annual_amount": 12 * WAN,
    "benchmark": False,
    "short_chain": False,
    "intent": "mid",
    "need_clear": True,
    "need_urgent": False,
    "need_important": True,
    "potential": "high",
    "urgency": "mid",
    "assigned_at": local("2025-01-06T09:00"),
    "last_contact_at": local("2025-03-03T09:00"),
    "last_response_at": local("2025-03-03T09:00"),
}
OPPORTUNITY: Mapping[str, Fact] = {
    "status": "open",
    "stage": "proposal",
    "progressed_at": local("2025-09-19T10:00"),
    "held_until": None,
}
MARCH = local("2025-03-03T09:00")


def customer(rules: Evaluator, now: datetime, **changed: Fact) -> Outcome:
    """Evaluate the example's customer with some facts changed."""
    return rules.evaluate("customer", {**CUSTOMER, **changed}, {}, now)


@pytest.mark.parametrize(
    ("changed", "row"),
    [
        ({"annual_amount": 50 * WAN}, "A-amount"),
        ({"annual_amount": 50 * WAN - 1}, "B-amount"),
        ({"annual_amount": 10 * WAN}, "B-amount"),
        ({"annual_amount": 10 * WAN - 1}, "B-nurture"),
        ({"annual_amount": 10 * WAN - 1, "need_clear": False}, "C-amount"),
        ({"annual_amount": 0, "intent": "low"}, "C-amount"),
        ({"annual_amount": 50 * WAN, "intent": "low", "need_clear": False}, "A-amount"),
        ({"annual_amount": 0, "benchmark": True, "short_chain": True, "intent": "high"}, "A-benchmark"),
        ({"annual_amount": 0, "benchmark": True, "short_chain": True, "intent": None}, "B-nurture"),
        ({"annual_amount": None, "intent": "high"}, "B-nurture"),
        ({"annual_amount": None, "intent": "low"}, "C-low"),
        ({"annual_amount": None, "need_clear": False}, "C-vague"),
    ],
)
def test_grade_by_value_takes_the_best_of_the_matching_rows(
    rules: Evaluator, changed: dict[str, Fact], row: str
) -> None:
    """R070, example 1: the order of `returns` decides, A before B before C."""
    outcome = customer(rules, MARCH, **changed)
    assert outcome.rows["grade_by_value"] == row
    assert outcome.values["value_grade"] == row[0]


@pytest.mark.parametrize(
    ("intent", "urgent", "important", "row"),
    [
        ("high", True, True, "A"),
        ("high", False, True, "B-core"),
        ("mid", True, True, "B-core"),
        ("high", True, False, "B-warm"),
        ("mid", True, False, "C-rest"),
        ("low", True, True, "C-rest"),
        (None, True, True, "C-rest"),
    ],
)
def test_grade_by_intent_is_decided_by_the_first_matching_row(
    rules: Evaluator, intent: Fact, *, urgent: bool, important: bool, row: str
) -> None:
    """R072, example 2."""
    outcome = customer(rules, MARCH, intent=intent, need_urgent=urgent, need_important=important)
    assert outcome.rows["grade_by_intent"] == row


@pytest.mark.parametrize(
    ("potential", "urgency", "grade"),
    [
        ("high", "high", "A"),
        ("high", "mid", "B"),
        ("high", None, "B"),
        ("low", "high", "B"),
        (None, "high", "B"),
        ("low", "mid", "C"),
        (None, None, "C"),
    ],
)
def test_a_customer_about_to_sign_is_graded_by_potential_and_urgency(
    rules: Evaluator, potential: Fact, urgency: Fact, grade: str
) -> None:
    """R073, example 3: null is matched where the row names it; the stratum above reads the output."""
    outcome = customer(rules, MARCH, lifecycle="signing", potential=potential, urgency=urgency)
    assert outcome.values["matrix_grade"] == outcome.values["grade"] == grade
    assert outcome.rows["grade"] == f"signing-{grade}"


def test_the_lifecycle_decides_which_scheme_counts(rules: Evaluator) -> None:
    """R070, R072, R073, example 3."""
    changed: dict[str, Fact] = {"annual_amount": 60 * WAN, "potential": None, "urgency": None}
    grades = {
        lifecycle: customer(rules, MARCH, lifecycle=lifecycle, **changed).values["grade"]
        for lifecycle in ("prospect", "signing", "customer", "lost")
    }
    assert grades == {"prospect": "B", "signing": "C", "customer": "A", "lost": "C"}


def test_the_cadence_of_the_grade_is_the_ladder_of_the_follow_up(rules: Evaluator) -> None:
    """R080, R082, example 4: a customer of grade B last contacted on Monday 3 March at 09:00."""
    outcome = customer(rules, MARCH)
    assert outcome.values["every"] == Duration.parse("2w")
    assert outcome.values["channel"] == "im_mail"
    assert [rung.at for rung in outcome.clocks["followup_due"].rungs] == [
        local("2025-03-17T09:00"),
        local("2025-03-20T18:00"),
        local("2025-03-24T18:00"),
    ]
    assert outcome.clocks["followup_due"].reached == 0
    assert outcome.next_instant == local("2025-03-17T09:00")


def test_a_better_grade_makes_the_follow_up_due_at_once(rules: Evaluator) -> None:
    """R080, example 4: on 13 March grade A moves the first rung back to 10 March."""
    now = local("2025-03-13T09:00")
    assert customer(rules, now).clocks["followup_due"].reached == 0
    clock = customer(rules, now, annual_amount=50 * WAN).clocks["followup_due"]
    assert (clock.reached, clock.rungs[0].at) == (1, local("2025-03-10T09:00"))


def test_each_rung_is_reached_at_its_instant_and_not_before(rules: Evaluator) -> None:
    """R088: half-open, to the microsecond."""
    clock = customer(rules, MARCH).clocks["followup_due"]
    for index, rung in enumerate(clock.rungs):
        assert customer(rules, rung.at - TICK).clocks["followup_due"].reached == index
        assert customer(rules, rung.at).clocks["followup_due"].reached == index + 1


def test_a_clock_without_an_anchor_is_inactive_and_one_absent_field_is_left_out(rules: Evaluator) -> None:
    """R083."""
    nothing: dict[str, Fact] = {"last_contact_at": None, "assigned_at": None}
    assert "followup_due" not in customer(rules, MARCH, **nothing).clocks
    outcome = customer(rules, MARCH, last_contact_at=None)
    assert outcome.clocks["followup_due"].anchor == CUSTOMER["assigned_at"]


def test_a_stalled_opportunity_is_told_over_the_national_day_week(rules: Evaluator) -> None:
    """R133, R134, example 7: 3 October plus two working days is the 10th, plus five the 14th."""
    start = local("2025-09-19T10:00")
    clock = rules.evaluate("opportunity", OPPORTUNITY, {}, start).clocks["opportunity_stalled"]
    assert [rung.at for rung in clock.rungs] == [
        local("2025-10-03T10:00"),
        local("2025-10-10T18:00"),
        local("2025-10-14T18:00"),
    ]


def test_progress_a_hold_and_the_end_of_an_opportunity_quiet_the_stall(rules: Evaluator) -> None:
    """R133, K19, example 7."""
    now = local("2025-10-03T10:00")

    def reached(**changed: Fact) -> int | None:
        clock = rules.evaluate("opportunity", {**OPPORTUNITY, **changed}, {}, now).clocks.get(
            "opportunity_stalled"
        )
        return clock.reached if clock else None

    assert reached() == 1
    assert reached(progressed_at=local("2025-10-01T10:00")) == 0
    assert reached(held_until=local("2025-10-09T10:00")) == 0
    assert reached(held_until=local("2025-09-01T10:00")) == 1
    assert reached(status="won") is None
    assert reached(stage="first_contact") == 1


def test_three_months_without_interaction_are_a_churn_risk(rules: Evaluator) -> None:
    """R147, example 8: both contact and response, or never any."""
    now = local("2025-06-03T09:00")
    assert customer(rules, now - TICK).values["churn_risk"] is False
    assert customer(rules, now).values["churn_risk"] is True
    assert customer(rules, now, last_response_at=None).values["churn_risk"] is True
    assert customer(rules, now, last_response_at=local("2025-03-04T09:00")).values["churn_risk"] is False
    assert customer(rules, now, lifecycle="prospect").values["churn_risk"] is False
    assert customer(rules, now).clocks["churn_revisit"].reached == 1


def test_a_customer_of_grade_c_without_response_falls_asleep_and_is_no_longer_followed_up(
    rules: Evaluator,
) -> None:
    """R148, K11, example 8: 90 days after the last response, or ever since it was assigned."""
    poor: dict[str, Fact] = {"annual_amount": 0, "need_clear": False}
    awake = local("2025-06-01T09:00") - TICK
    before, asleep = customer(rules, awake, **poor), customer(rules, awake + TICK, **poor)
    assert (before.values["grade"], before.values["dormant"], before.rows["dormancy"]) == (
        "C",
        False,
        "otherwise",
    )
    assert before.clocks["followup_due"].reached == 3
    assert asleep.values["dormant"] is True
    assert "followup_due" not in asleep.clocks
    assert before.next_instant == awake + TICK
    fresh = customer(rules, awake, last_response_at=None, assigned_at=local("2025-04-01T09:00"), **poor)
    assert fresh.values["dormant"] is False
