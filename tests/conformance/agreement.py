"""Rulesets of one decision, and the comparison of both evaluators on them."""

from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime

from services.rules.ruleset import reference
from services.rules.ruleset.definition import (
    Decision,
    Fact,
    Field,
    FieldType,
    HitPolicy,
    Outcome,
    Row,
    Ruleset,
    Test,
    Value,
)
from services.rules.ruleset.engine import Engine
from tests.generators import HERE, NOON, customer_rules, seeded


def table(rows: Iterable[Mapping[str, Test]], *fields: Field) -> Ruleset:
    """Return a ruleset with one decision that returns the number of the first matching row."""
    number = Field("number", FieldType.NUMBER, absent="none")
    made = tuple(Row(f"r{n}", tests, {"number": n}, HERE) for n, tests in enumerate(rows))
    decision = Decision("pick", "customer", {"number": number}, HitPolicy.FIRST, made, HERE)
    return customer_rules(fields, decisions=[decision])


def assert_agreement(ruleset: Ruleset, subjects: Iterable[Mapping[str, Fact]]) -> None:
    """Compare both evaluators; the engine remembers nothing, so each subject is asked about."""
    with closing(Engine(ruleset, memo=0)) as engine:
        for facts in subjects:
            expected = reference.evaluate(ruleset, "customer", facts, {}, NOON)
            assert engine.evaluate("customer", facts, {}, NOON) == expected, facts


AMOUNT = Field("amount", FieldType.MONEY, absent="none")
WORD = Field("word", FieldType.ENUM, ("a", "b", "c"), absent="none")
FLAG = Field("flag", FieldType.BOOL, absent="unknown")


def at_random(count: int) -> tuple[Ruleset, list[dict[str, Fact]], list[Outcome]]:
    """Return a made ruleset, customers, and what holds for each of them."""
    maker = seeded(7)
    ruleset = maker.ruleset()
    subjects = [maker.facts(ruleset, "customer", NOON) for _ in range(count)]
    return ruleset, subjects, [reference.evaluate(ruleset, "customer", each, {}, NOON) for each in subjects]


def local(text: str) -> datetime:
    """Return an instant written in Shanghai's time."""
    return datetime.fromisoformat(f"{text}+08:00").astimezone(UTC)


@dataclass(frozen=True)
class Definition:
    """The reference as an evaluator."""

    ruleset: Ruleset

    def evaluate(
        self, kind: str, facts: Mapping[str, Fact], customer_values: Mapping[str, Value], now: datetime
    ) -> Outcome:
        """Say what the definition says."""
        return reference.evaluate(self.ruleset, kind, facts, customer_values, now)

    def close(self) -> None:
        """Hold nothing."""
