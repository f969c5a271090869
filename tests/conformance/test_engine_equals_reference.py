"""The live engine and the definition of the language agree: values, rows, clocks and next instants (A5)."""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.rules.ruleset import reference
from services.rules.ruleset.definition import Fact, Outcome, Ruleset, Value
from services.rules.ruleset.engine import Engine
from tests.generators import NOON, TICK, Maker, makers, seeded

SEEDS = range(200)
SUBJECTS = 16


class Comparison:
    """Evaluates twice, compares, and counts."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.count = 0
        self.instants = 0

    def outcome(
        self, kind: str, facts: Mapping[str, Fact], values: Mapping[str, Value], now: datetime
    ) -> Outcome:
        """Return what both evaluators say."""
        expected = reference.evaluate(self.engine.ruleset, kind, facts, values, now)
        assert self.engine.evaluate(kind, facts, values, now) == expected
        self.count += 1
        return expected

    def follow(
        self, kind: str, facts: Mapping[str, Fact], values: Mapping[str, Value], now: datetime
    ) -> Outcome:
        """Go from breakpoint to breakpoint, looking a microsecond before each; nothing may change early."""
        first = latest = self.outcome(kind, facts, values, now)
        for _ in range(3):
            if latest.next_instant is None:
                break
            before = self.outcome(kind, facts, values, latest.next_instant - TICK)
            assert replace(before, next_instant=latest.next_instant) == latest
            latest = self.outcome(kind, facts, values, latest.next_instant)
            self.instants += 1
        return first


def _compare_at_random(seed: int) -> Comparison:
    maker = seeded(seed)
    ruleset = maker.ruleset()
    with closing(Engine(ruleset)) as engine:
        comparison = Comparison(engine)
        for _ in range(SUBJECTS):
            now = NOON + timedelta(minutes=maker.random.randint(0, 100_000))
            customer = comparison.follow("customer", maker.facts(ruleset, "customer", now), {}, now)
            facts = maker.facts(ruleset, "opportunity", now)
            comparison.follow("opportunity", facts, customer.values, now)
    return comparison


def test_engine_and_reference_agree_on_generated_rulesets_at_every_edge() -> None:
    """R133: nulls, strata, clocks, values at each edge and beside it, now at each breakpoint and before."""
    comparisons = [_compare_at_random(seed) for seed in SEEDS]
    assert sum(each.count for each in comparisons) >= 25_000
    assert sum(each.instants for each in comparisons) >= 10_000


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(maker=makers)
def test_engine_and_reference_agree_on_what_hypothesis_thinks_of(maker: Maker) -> None:
    ruleset = maker.ruleset()
    with closing(Engine(ruleset)) as engine:
        comparison = Comparison(engine)
        for _ in range(4):
            comparison.follow("customer", maker.facts(ruleset, "customer", NOON), {}, NOON)


def test_the_next_instant_is_never_late() -> None:
    """Between now and the next instant the answer stays the same, wherever one looks."""
    probes = 0
    for seed in range(1000, 1040):
        maker = seeded(seed)
        ruleset = maker.ruleset()
        for kind in ("customer", "opportunity"):
            for _ in range(6):
                facts = maker.facts(ruleset, kind, NOON)
                now = reference.evaluate(ruleset, kind, facts, {}, NOON)
                end = now.next_instant or NOON + timedelta(days=4000)
                for _ in range(8):
                    at = NOON + maker.random.random() * (end - TICK - NOON)
                    then = reference.evaluate(ruleset, kind, facts, {}, at)
                    assert replace(then, next_instant=now.next_instant) == now
                    probes += 1
    assert probes >= 3_500


@pytest.mark.parametrize("seed", range(2000, 2004))
def test_a_subject_without_facts_is_evaluated_as_all_null(seed: int) -> None:
    ruleset = seeded(seed).ruleset()
    with closing(Engine(ruleset)) as engine:
        comparison = Comparison(engine)
        for kind in ("customer", "opportunity"):
            assert comparison.outcome(kind, {}, {}, NOON).next_instant is None


@given(seed=st.integers(0, 2**32), memo=st.sampled_from([1, 3]))
@settings(max_examples=20, deadline=None)
def test_a_small_memory_changes_no_answer(seed: int, memo: int) -> None:
    maker = seeded(seed)
    ruleset = maker.ruleset()
    with closing(Engine(ruleset, memo=memo)) as engine:
        comparison = Comparison(engine)
        for _ in range(6):
            comparison.outcome("customer", maker.facts(ruleset, "customer", NOON), {}, NOON)


def test_engine_and_reference_agree_where_rules_are_switched_off() -> None:
    """What a disabled decision would return is null for all that reads it, above and below."""
    for seed in range(3000, 3040):
        maker = seeded(seed)
        ruleset = _switched_off_at_random(maker, maker.ruleset())
        with closing(Engine(ruleset)) as engine:
            comparison = Comparison(engine)
            for _ in range(4):
                customer = comparison.follow("customer", maker.facts(ruleset, "customer", NOON), {}, NOON)
                assert all(customer.values[name] is None for name in ruleset.switched_off_outputs["customer"])
                comparison.follow(
                    "opportunity", maker.facts(ruleset, "opportunity", NOON), customer.values, NOON
                )


def _switched_off_at_random(maker: Maker, ruleset: Ruleset) -> Ruleset:
    return replace(
        ruleset,
        decisions=tuple(replace(each, enabled=maker.random.random() < 0.6) for each in ruleset.decisions),
        clocks=tuple(replace(each, enabled=maker.random.random() < 0.6) for each in ruleset.clocks),
    )
