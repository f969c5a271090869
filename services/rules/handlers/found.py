"""A subject that was evaluated: what the parts that say and store it work on."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from contracts.events import EventData
from contracts.rules import Because
from services.rules.domain.evaluation import Evaluated
from services.rules.domain.obligations import Case
from services.rules.repository.subjects import SubjectRow
from services.rules.ruleset import explain
from services.rules.ruleset.active import RulesInForce
from services.rules.ruleset.definition import Clock, ClockState
from services.shared.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Found:
    """A subject as it was stored, and as it is now by the rules in force."""

    rules: RulesInForce
    row: SubjectRow
    evaluated: Evaluated
    case: Case

    @property
    def id(self) -> UUID:
        """The id of the subject."""
        return self.evaluated.subject_id

    @property
    def active(self) -> Iterable[tuple[Clock, ClockState]]:
        """The active clocks of the subject."""
        clocks = self.evaluated.outcome.clocks
        for clock in self.rules.ruleset.clocks_of[self.evaluated.kind]:
            if clock.id in clocks:
                yield clock, clocks[clock.id]

    def because(self, rule: str) -> tuple[Because, ...]:
        """Why a decision or an active clock is as it is."""
        return explain.because(
            self.rules.ruleset,
            self.evaluated.kind,
            self.evaluated.snapshot.facts,
            self.evaluated.customer_values,
            self.evaluated.outcome,
            rule=rule,
            now=self.case.now,
        )

    def emit(self, unit: UnitOfWork, event: EventData, *, record_id: UUID, sequence: int) -> None:
        """Say something about the subject."""
        unit.emit(
            event, record_id=record_id, sequence=sequence, subject=self.id, customer_id=self.case.customer_id
        )
