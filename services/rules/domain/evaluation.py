"""What holds for the subjects of one customer at an instant, by the rules in force."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID

from contracts.customers import CustomerState
from contracts.money import Money
from services.rules.domain.facts import (
    Snapshot,
    annual_worth,
    customer_facts,
    opportunity_facts,
    plan_facts,
)
from services.rules.domain.plain import Plain, all_plain, plain
from services.rules.domain.records import CustomerRecords
from services.rules.domain.templates import Names
from services.rules.ruleset.active import RulesInForce
from services.rules.ruleset.definition import Outcome, SubjectKind, Value


@dataclass(frozen=True)
class Seen:
    """A subject with its facts at an instant, before anything is decided about it."""

    subject_id: UUID
    customer_id: UUID
    kind: SubjectKind
    owner_id: UUID | None
    name: str
    customer_name: str
    snapshot: Snapshot
    amount: Money | None = None

    @property
    def shown(self) -> dict[str, Plain]:
        """What its tasks show that is no fact, and until when its facts stay as they are."""
        return {
            "name": self.name,
            "owner": str(self.owner_id) if self.owner_id else None,
            "customer_name": self.customer_name,
            "of_customer": str(self.customer_id),
            "valid_until": plain(self.snapshot.valid_until),
        }

    @cached_property
    def known(self) -> dict[str, Plain]:
        """All that its evaluation goes by, except its customer's values, as JSON."""
        return {**all_plain(self.snapshot.facts), **self.shown}


@dataclass(frozen=True)
class Evaluated:
    """A subject, its facts, and what holds; `next_check_at` is when to look again."""

    seen: Seen
    names: Names
    customer_values: Mapping[str, Value]
    outcome: Outcome

    @property
    def subject_id(self) -> UUID:
        """The id of the subject."""
        return self.seen.subject_id

    @property
    def customer_id(self) -> UUID:
        """The customer it belongs to, or is."""
        return self.seen.customer_id

    @property
    def kind(self) -> SubjectKind:
        """What it is."""
        return self.seen.kind

    @property
    def owner_id(self) -> UUID | None:
        """Who looks after it."""
        return self.seen.owner_id

    @property
    def snapshot(self) -> Snapshot:
        """Its facts."""
        return self.seen.snapshot

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

    def see_customer(self) -> Seen:
        """The customer itself, with its facts."""
        snapshot = customer_facts(self.records, self.customer, now=self.now, calendar=self.rules.calendar)
        worth = annual_worth(self.records, snapshot)
        return self._seen("customer", self.customer.customer_id, self.customer.name, snapshot, worth)

    def see_others(self, subject_ids: Collection[UUID]) -> Iterable[Seen]:
        """Those of these subjects that are opportunities and plans of the customer, with their facts."""
        for subject_id in sorted(subject_ids, key=str):
            if subject_id in self.records.opportunities:
                opportunity = self.records.opportunities[subject_id]
                snapshot = opportunity_facts(self.records, opportunity, now=self.now)
                worth = opportunity.expected_amount
                yield self._seen("opportunity", subject_id, opportunity.name, snapshot, worth)
            elif subject_id in self.records.plans:
                yield self._seen("plan", subject_id, self.customer.name, plan_facts(self.records, subject_id))

    def evaluate(self, seen: Seen, values: Mapping[str, Value]) -> Evaluated:
        """Say what holds for a subject; `values` are those of its customer, none for a customer itself."""
        facts = seen.snapshot.facts
        outcome = self.rules.evaluator.evaluate(seen.kind, facts, values, self.now)
        names = Names(
            customer=self.customer.name,
            subject=seen.name,
            owner=self.owners.get(seen.owner_id) if seen.owner_id else None,
            values={**facts, **values, **outcome.values},
            fields=self.rules.ruleset.fields_of[seen.kind],
            zone=self.rules.calendar.zone,
        )
        return Evaluated(seen, names, values, outcome)

    def _seen(
        self,
        kind: SubjectKind,
        subject_id: UUID,
        name: str,
        snapshot: Snapshot,
        amount: Money | None = None,
    ) -> Seen:
        owner = snapshot.facts["owner_id"]
        # A subject without an owner of its own is looked after by the owner of its customer.
        owner_id = UUID(owner) if isinstance(owner, str) else self.customer.owner_id
        customer = self.customer
        return Seen(subject_id, customer.customer_id, kind, owner_id, name, customer.name, snapshot, amount)
