"""A share of the live evaluations is done twice: where the engine differs, the definition wins (A5)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from weakref import finalize

import structlog

from services.rules.ruleset import reference
from services.rules.ruleset.definition import Fact, Outcome, Ruleset, Value
from services.rules.ruleset.engine import Engine, EngineFailedError

EVERY = 100
"""One evaluation in so many is done twice."""

log = structlog.stdlib.get_logger()


@dataclass(frozen=True, slots=True)
class Difference:
    """An evaluation in which the engine was not right: what it said, or how it failed."""

    kind: str
    facts: Mapping[str, Fact]
    now: datetime
    expected: Outcome
    found: Outcome | EngineFailedError


class Compiled(Protocol):
    """What is looked after: an engine."""

    ruleset: Ruleset

    def evaluate(
        self, kind: str, facts: Mapping[str, Fact], customer_values: Mapping[str, Value], now: datetime
    ) -> Outcome:
        """Say what holds for one subject now, and until when."""
        ...

    def close(self) -> None:
        """Free what is compiled."""
        ...


class SampledEngine:
    """An engine that is looked after: every n-th answer is compared, and a failure is answered for it.

    `on_difference` is told of each difference before the right outcome is returned.
    """

    def __init__(
        self, engine: Compiled, on_difference: Callable[[Difference], None], *, every: int = EVERY
    ) -> None:
        self.ruleset = engine.ruleset
        self.evaluations = 0
        self.differences = 0
        self._engine = engine
        self._on_difference = on_difference
        self._every = every

    def evaluate(
        self, kind: str, facts: Mapping[str, Fact], customer_values: Mapping[str, Value], now: datetime
    ) -> Outcome:
        """Say what holds for one subject now, and until when, as `reference.evaluate` defines it.

        Raises:
            WrongFactError: a fact that the rules read is not what the vocabulary says.
            EngineClosedError: the engine is closed.
        """
        self.evaluations += 1
        try:
            found: Outcome | EngineFailedError = self._engine.evaluate(kind, facts, customer_values, now)
        except EngineFailedError as failure:
            found = failure
        if isinstance(found, Outcome) and self.evaluations % self._every:
            return found
        expected = reference.evaluate(self.ruleset, kind, facts, customer_values, now)
        if found != expected:
            self.differences += 1
            self._on_difference(Difference(kind, facts, now, expected, found))
        return expected

    def close(self) -> None:
        """Close the engine."""
        self._engine.close()


def compile_sampled(ruleset: Ruleset) -> SampledEngine:
    """Compile a ruleset to an engine that is looked after, and closed once nobody uses it any more."""
    engine = Engine(ruleset)
    sampled = SampledEngine(engine, _report)
    finalize(sampled, engine.close)
    return sampled


def _report(difference: Difference) -> None:
    log.error(
        "engine_differs",
        kind=difference.kind,
        facts=str(difference.facts),
        now=difference.now.isoformat(),
        expected=str(difference.expected),
        found=str(difference.found),
    )
