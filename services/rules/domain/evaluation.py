"""What holds for the subjects of one customer at an instant, by the rules in force."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.customers import CustomerState
from services.rules.domain.facts import Snapshot, customer_facts, opportunity_facts, plan_facts
from services.rules.domain.records import CustomerRecords
from services.rules.domain.templates import Names
from services.rules.ruleset.active import RulesInForce
from services.rules.ruleset.definition import Outcome, SubjectKind, Value


@dataclass(frozen=True)
class Evaluated:
    """A subject, its facts, and what holds; `next_check_at` is when to look again."""

    subject_id: UUID
    customer_id: UUID
    kind: SubjectKind
    owner_id: UUID | None
    names: Names
    snapshot: Snapshot
    customer_values: Mapping[str, Value]
    outcome: Outcome

    @property
    def next_check_at(self) -> datetime | None:
        """The earliest instant at which the answer could change without an event."""
        moments = (self.outcome.next_instant, self.snapshot.valid_until)
        return min((moment for moment in moments if moment), default=None)


@dataclass(frozen=True)
class CustomerEvaluation:
    """Evaluates the subjects of one customer; `owners` are the names of our people."""

    rules: RulesInForce
    records: CustomerRecords
    customer: CustomerState
    owners: Mapping[UUID, str]
    now: datetime

    def of_customer(self) -> Evaluated:
        """Evaluate the customer itself."""
        snapshot = customer_facts(self.records, self.customer, now=self.now, calendar=self.rules.calendar)
        outcome = self.rules.evaluator.evaluate("customer", snapshot.facts, {}, self.now)
        return self._evaluated("customer", self.customer.customer_id, snapshot, {}, outcome)

    def of_others(self, subject_ids: Collection[UUID], values: Mapping[str, Value]) -> Iterable[Evaluated]:
        """Evaluate those of these subjects that are opportunities and plans of the customer."""
        for subject_id in sorted(subject_ids, key=str):
            kind: SubjectKind
            if subject_id in self.records.opportunities:
                opportunity = self.records.opportunities[subject_id]
                kind, snapshot = "opportunity", opportunity_facts(self.records, opportunity, now=self.now)
            elif subject_id in self.records.plans:
                kind, snapshot = "plan", plan_facts(self.records, subject_id)
            else:
                continue
            outcome = self.rules.evaluator.evaluate(kind, snapshot.facts, values, self.now)
            yield self._evaluated(kind, subject_id, snapshot, values, outcome)

    def _evaluated(
        self,
        kind: SubjectKind,
        subject_id: UUID,
        snapshot: Snapshot,
        values: Mapping[str, Value],
        outcome: Outcome,
    ) -> Evaluated:
        owner = snapshot.facts["owner_id"]
        # A subject without an owner of its own is looked after by the owner of its customer.
        owner_id = UUID(owner) if isinstance(owner, str) else self.customer.owner_id
        opportunity = self.records.opportunities.get(subject_id)
        names = Names(
            customer=self.customer.name,
            subject=opportunity.name if opportunity else self.customer.name,
            owner=self.owners.get(owner_id) if owner_id else None,
            values={**snapshot.facts, **values, **outcome.values},
        )
        return Evaluated(
            subject_id, self.customer.customer_id, kind, owner_id, names, snapshot, values, outcome
        )
