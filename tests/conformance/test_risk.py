"""Example 7 of the rule language: the risk of an opportunity, a decision about time."""

from contextlib import closing
from datetime import timedelta

import pytest

from services.rules.ruleset.definition import (
    Age,
    AgeKind,
    Decision,
    Entity,
    Fact,
    Field,
    FieldType,
    HitPolicy,
    Members,
    Outcome,
    Row,
    Ruleset,
)
from services.rules.ruleset.engine import Engine
from services.shared.business_time import Duration
from tests.conformance.agreement import Definition, local
from tests.generators import HERE, TICK, ruleset_of


def _risk() -> Ruleset:
    """Return example 7's decision: how bad it looks for an opportunity."""
    is_open = Members(frozenset({"open"}))

    def older(length: str) -> Age:
        return Age(AgeKind.OLDER_THAN, Duration.parse(length))

    rows = (
        Row("price", {"objection": Members(frozenset({"price"}))}, {"risk": "high"}, HERE),
        Row("late", {"status": is_open, "progressed_at": older("30d")}, {"risk": "high"}, HERE),
        Row("stalled", {"status": is_open, "progressed_at": older("14d")}, {"risk": "warning"}, HERE),
        Row("fine", {}, {"risk": "normal"}, HERE),
    )
    risk = Field("risk", FieldType.ENUM, ("high", "warning", "normal"))
    fields = {
        "status": Field("status", FieldType.ENUM, ("open", "won", "lost")),
        "objection": Field("objection", FieldType.ENUM, ("price", "competitor", "other"), absent="无异议"),
        "progressed_at": Field("progressed_at", FieldType.INSTANT, past=True),
    }
    entities = {"customer": Entity("customer", {}), "opportunity": Entity("opportunity", fields, "customer")}
    decision = Decision("opportunity_risk", "opportunity", {"risk": risk}, HitPolicy.PRIORITY, rows, HERE)
    return ruleset_of(entities=entities, decisions=[decision])


@pytest.mark.parametrize("evaluator", [Definition, Engine])
def test_risk_rises_with_silence_and_with_a_price_objection(
    evaluator: type[Definition] | type[Engine],
) -> None:
    """R136, example 7: the breakpoints are 14 and 30 days after the last progress."""
    start = local("2025-03-03T09:00")
    with closing(evaluator(_risk())) as rules:

        def at(days: int, tick: int = 0, objection: str | None = None) -> Outcome:
            facts: dict[str, Fact] = {"status": "open", "objection": objection, "progressed_at": start}
            return rules.evaluate("opportunity", facts, {}, start + timedelta(days=days) + tick * TICK)

        assert [at(14, -1).values["risk"], at(14).values["risk"]] == ["normal", "warning"]
        assert [at(30, -1).values["risk"], at(30).values["risk"]] == ["warning", "high"]
        assert at(0, objection="price").rows == {"opportunity_risk": "price"}
        assert at(0, objection="other").rows == {"opportunity_risk": "fine"}
        assert [at(n).next_instant for n in (0, 14, 30)] == [
            start + timedelta(days=14),
            start + timedelta(days=30),
            None,
        ]
