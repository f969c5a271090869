"""Why a task is no longer asked for, by the labels of what ended it."""

from datetime import UTC, datetime

import pytest

from contracts.artefacts import EXAMPLES
from contracts.envelope import Envelope
from contracts.identity import new_id
from contracts.rules import Subject, TaskRaised
from contracts.text import Text
from services.rules.domain.evaluation import Evaluated, Seen
from services.rules.domain.facts import Snapshot
from services.rules.domain.obligations import Case
from services.rules.domain.recipients import Recipients
from services.rules.domain.resolution import resolution
from services.rules.domain.templates import Names
from services.rules.ruleset.definition import (
    Age,
    AgeKind,
    Clock,
    ClockState,
    Fact,
    Field,
    FieldType,
    Interval,
    Members,
    Outcome,
    Roles,
    StartMode,
    StartsAt,
)
from services.shared.business_time import Calendar, Duration
from tests.generators import HERE, customer_rules

NOW = datetime(2025, 5, 20, 10, tzinfo=UTC)
START = datetime(2025, 5, 1, 1, tzinfo=UTC)
"""09:00 in Shanghai."""

CUSTOMER = new_id()
FIELDS = (
    Field("dormant", FieldType.BOOL, label=Text(zh="沉睡", en="dormant")),
    Field(
        "intent",
        FieldType.ENUM,
        ("high", "low"),
        absent="未评估",
        label=Text(zh="意向度", en="intent"),
        labels={"low": Text(zh="低意向", en="Low")},
    ),
    Field("amount", FieldType.MONEY, label=Text(zh="年合作金额", en="annual amount")),
    Field("seen_at", FieldType.INSTANT, absent="从未联系", label=Text(zh="最近联系", en="last contact")),
)
CLOCK = Clock(
    "stall",
    "customer",
    StartsAt(StartMode.FIELD, ("seen_at",)),
    {
        "dormant": Members(frozenset({False})),
        "intent": Members(frozenset({"high"})),
        "amount": Interval(low=500_000_00),
        "seen_at": Age(AgeKind.OLDER_THAN, Duration.parse("7d"), null=True),
    },
    (),
    HERE,
)
RULES = customer_rules(FIELDS, clocks=[CLOCK])
FACTS: dict[str, Fact] = {"dormant": False, "intent": "high", "amount": 520_000_00, "seen_at": START}


def ended(changed: dict[str, Fact], clocks: dict[str, ClockState] | None = None) -> Text:
    """Return the reason, with some facts of the customer changed."""
    facts = {**FACTS, **changed}
    names = Names(customer="", subject="")
    seen = Seen(CUSTOMER, CUSTOMER, "customer", None, "", "", Snapshot(facts, None))
    case = Case(
        subject=Subject(kind="customer", id=CUSTOMER),
        customer_id=CUSTOMER,
        owner_id=None,
        grade=None,
        names=names,
        ruleset_version=1,
        now=NOW,
        touched_at=None,
        calendar=Calendar.default(),
        recipients=Recipients(Roles({}), {}),
    )
    example = Envelope.model_validate_json((EXAMPLES / "rules.task_raised.v1.json").read_bytes())
    state = TaskRaised.model_validate({**example.data, "rule": "stall", "anchor": START})
    return resolution(case, Evaluated(seen, names, {}, Outcome({}, {}, clocks or {}, None)), RULES, state)


@pytest.mark.parametrize(
    ("changed", "zh", "en"),
    [
        ({"dormant": True}, "沉睡：是", "dormant: yes"),
        ({"intent": "low"}, "意向度已是低意向", "intent is now Low"),
        ({"intent": None}, "意向度为空", "intent is not set"),
        ({"amount": 120_000_00}, "年合作金额已是 12万", "annual amount is now 120,000"),
        ({"seen_at": NOW}, "最近联系已是 2025-05-20 18:00", "last contact is now 2025-05-20 18:00"),
        ({"seen_at": None}, "不再有最近联系", "there is no last contact any more"),
    ],
)
def test_what_ended_a_task_is_named_by_its_label(changed: dict[str, Fact], zh: str, en: str) -> None:
    assert ended(changed) == Text(zh=zh, en=en)


def test_a_new_start_is_named_by_its_label() -> None:
    moved = {"stall": ClockState(NOW, (), 0)}
    assert ended({"seen_at": NOW}, moved).zh == "最近联系已是 2025-05-20 18:00"


def test_a_rung_that_is_not_reached_by_other_rules_is_no_change_of_facts() -> None:
    assert ended({}, {"stall": ClockState(START, (), 0)}).zh == "按现行规则尚未到时间"
