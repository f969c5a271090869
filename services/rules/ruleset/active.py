"""The version of the rules in force: compiled aside, swapped whole; the one before stays until then."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Protocol

from services.rules.ruleset.definition import Decision, Fact, Field, Outcome, Ruleset, SubjectKind, Value
from services.shared.business_time import Calendar


class Evaluator(Protocol):
    """Either evaluator: the engine in the live path, or the reference."""

    def evaluate(
        self,
        kind: SubjectKind,
        facts: Mapping[str, Fact],
        customer_values: Mapping[str, Value],
        now: datetime,
    ) -> Outcome:
        """What holds for a subject with these facts."""
        ...


@dataclass(frozen=True)
class RulesInForce:
    """One version of the rules, compiled."""

    version: int
    ruleset: Ruleset
    evaluator: Evaluator

    @property
    def calendar(self) -> Calendar:
        """The calendar of this version."""
        return self.ruleset.calendar

    def rule_ids(self, kind: SubjectKind | None = None) -> list[str]:
        """The ids of the rules about a kind of subject, or of all."""
        kinds = [kind] if kind else list(self.ruleset.vocabulary.entities)
        return [
            *(decision.id for each in kinds for decision in self.ruleset.decisions_of[each]),
            *(clock.id for each in kinds for clock in self.ruleset.clocks_of[each]),
        ]

    def outputs_of(self, kind: SubjectKind) -> Mapping[str, Field]:
        """The outputs of the decisions about a kind of subject, disabled ones too, by name."""
        return self._outputs[kind]

    def effective(self, kind: SubjectKind, values: Mapping[str, Value]) -> dict[str, Value]:
        """Those of the values that decisions about a kind of subject return in earnest, not in the shadow."""
        return {name: values[name] for name in self._in_earnest[kind]}

    @cached_property
    def _outputs(self) -> Mapping[str, Mapping[str, Field]]:
        return {
            kind: {name: output for each in self._about(kind) for name, output in each.returns.items()}
            for kind in self.ruleset.vocabulary.entities
        }

    @cached_property
    def _in_earnest(self) -> Mapping[str, Sequence[str]]:
        return {
            kind: [name for each in self._about(kind) if not each.shadow for name in each.returns]
            for kind in self.ruleset.vocabulary.entities
        }

    def _about(self, kind: str) -> Iterable[Decision]:
        return (decision for decision in self.ruleset.decisions if decision.subject == kind)

    @cached_property
    def read_from_customer(self) -> frozenset[str]:
        """The values of a customer that rules about its opportunities and plans read or show."""
        outputs = self.outputs_of("customer").keys()
        below = [kind for kind, entity in self.ruleset.vocabulary.entities.items() if entity.belongs_to]
        decisions = [decision for kind in below for decision in self.ruleset.decisions_of[kind]]
        read = {name for decision in decisions for row in decision.rows for name in row.tests}
        return frozenset(
            outputs & read.union(*(c.reads for kind in below for c in self.ruleset.clocks_of[kind]))
        )


Compile = Callable[[Ruleset], Evaluator]
"""Makes the evaluator of a version."""


class Active:
    """Holds the version in force; replicas of a service each have one."""

    def __init__(self, compile_ruleset: Compile) -> None:
        self._compile = compile_ruleset
        self._current: RulesInForce | None = None

    @property
    def current(self) -> RulesInForce:
        """The version in force; a LookupError before the first one."""
        if self._current is None:
            message = "no rules are in force yet"
            raise LookupError(message)
        return self._current

    @property
    def is_ready(self) -> bool:
        """Whether any version is in force."""
        return self._current is not None

    def compile(self, version: int, ruleset: Ruleset) -> RulesInForce:
        """Compile a version aside."""
        return RulesInForce(version, ruleset, self._compile(ruleset))

    def swap(self, rules: RulesInForce) -> None:
        """Put a compiled version in force; the one before lives until nobody evaluates by it any more."""
        self._current = rules
