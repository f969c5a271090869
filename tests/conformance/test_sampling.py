"""A share of the live evaluations is done twice, and the definition wins."""

from collections.abc import Mapping
from contextlib import closing
from datetime import datetime

from services.rules.ruleset.definition import Fact, Interval, Outcome, Ruleset, Value
from services.rules.ruleset.engine import Engine, EngineFailedError
from services.rules.ruleset.sampling import Difference, SampledEngine
from tests.conformance.agreement import AMOUNT, at_random, table
from tests.generators import NOON


class _Lying:
    """An engine that answers whatever it was given."""

    def __init__(self, ruleset: Ruleset, answer: Outcome | EngineFailedError) -> None:
        self.ruleset = ruleset
        self.answer = answer

    def evaluate(
        self, kind: str, facts: Mapping[str, Fact], customer_values: Mapping[str, Value], now: datetime
    ) -> Outcome:
        del kind, facts, customer_values, now
        if isinstance(self.answer, Outcome):
            return self.answer
        raise self.answer

    def close(self) -> None: ...


WRONG = Outcome({"number": 1}, {"pick": "r1"}, {}, None)


def test_every_hundredth_evaluation_is_compared_and_the_definition_wins() -> None:
    ruleset = table([{"amount": Interval(low=5)}], AMOUNT)
    told: list[Difference] = []
    engine = SampledEngine(_Lying(ruleset, WRONG), told.append)
    found = [engine.evaluate("customer", {"amount": 7}, {}, NOON) for _ in range(250)]
    right = Outcome({"number": 0}, {"pick": "r0"}, {}, None)
    assert [n for n, each in enumerate(found, start=1) if each == right] == [100, 200]
    assert told == [Difference("customer", {"amount": 7}, NOON, right, WRONG)] * 2
    assert (engine.evaluations, engine.differences) == (250, 2)


def test_an_evaluation_in_which_the_engine_fails_is_answered_by_the_definition() -> None:
    ruleset = table([{"amount": Interval(low=5)}], AMOUNT)
    told: list[Difference] = []
    failure = EngineFailedError(rule="pick", reason="303")
    engine = SampledEngine(_Lying(ruleset, failure), told.append)
    assert engine.evaluate("customer", {"amount": 7}, {}, NOON).rows == {"pick": "r0"}
    assert [each.found for each in told] == [failure]


def test_an_engine_that_is_right_reports_no_difference() -> None:
    ruleset, subjects, expected = at_random(50)
    told: list[Difference] = []
    with closing(SampledEngine(Engine(ruleset), told.append, every=1)) as engine:
        assert [engine.evaluate("customer", each, {}, NOON) for each in subjects] == expected
    assert told == []
