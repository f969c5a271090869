"""Evaluates subjects of locked customers: load records, find what holds, say what changed."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from time import perf_counter
from typing import Self
from uuid import UUID

from contracts.events import EventData
from contracts.rules import Subject
from contracts.vocabulary import CustomerGrade
from services.rules import metrics
from services.rules.domain.evaluation import CustomerEvaluation, Evaluated, Seen
from services.rules.domain.obligations import Case
from services.rules.domain.plain import plain, typed
from services.rules.domain.records import CustomerRecords
from services.rules.handlers.decisions import save_decisions
from services.rules.handlers.found import Found
from services.rules.handlers.notices import give_notices
from services.rules.handlers.standing import Basis
from services.rules.handlers.tasks import reconcile_tasks
from services.rules.repository import facts, subjects, versions
from services.rules.repository.subjects import SubjectRow
from services.rules.ruleset.active import RulesInForce
from services.rules.ruleset.definition import Value
from services.shared.unit_of_work import UnitOfWork

SHOWN_VALUES = ("grade",)
"""The values of a customer that tasks about its opportunities show."""

SHOWN_FACTS = ("name", "owner")
"""What else they show of it: who owns the customer looks after those that have no owner of their own."""

Touched = Mapping[UUID, Collection[UUID]]
"""The subjects to evaluate, by customer."""


async def evaluate(
    unit: UnitOfWork, basis: Basis, touched: Touched, *, caused_at: datetime | None = None
) -> None:
    """Evaluate subjects of customers that this unit has locked.

    `caused_at` is the business instant of the event that made it necessary; None when they were due. A
    customer is evaluated with each of its subjects. A subject whose owner has not spoken of it yet waits
    until it does; one that belongs to another customer is left alone.
    """
    started = perf_counter()
    batch = await Batch.load(unit, basis, touched, caused_at)
    found = [entry for customer_id in sorted(touched, key=str) for entry in batch.evaluate(customer_id)]
    if found:
        moves = await reconcile_tasks(unit, found)
        await give_notices(unit, found)
        await save_decisions(unit, found)
        if moves:  # last: other transactions that count wait for it
            await versions.count_moves(unit.session, basis.rules.version, moves)
    of_customers = {i for customer_id, ids in touched.items() for i in ids if i in batch.rows[customer_id]}
    await subjects.postpone(unit.session, of_customers - batch.seen, None)
    metrics.evaluated(unit, [entry.evaluated.kind for entry in found], seconds=perf_counter() - started)


@dataclass(frozen=True)
class Batch:
    """All that the evaluation of some customers needs."""

    unit: UnitOfWork
    basis: Basis
    touched: Touched
    caused_at: datetime | None
    records: Mapping[UUID, list[EventData]]
    rows: Mapping[UUID, Mapping[UUID, SubjectRow]]
    seen: set[UUID] = field(default_factory=set)

    @classmethod
    async def load(cls, unit: UnitOfWork, basis: Basis, touched: Touched, caused_at: datetime | None) -> Self:
        """Read the records and the subjects that the evaluation of the touched subjects needs.

        Where the customer itself is not touched, what was last decided of it still holds.
        """
        whole = {customer_id for customer_id, ids in touched.items() if customer_id in ids}
        below = touched.keys() - whole
        ids = below | {i for customer_id in below for i in touched[customer_id]}
        rows: dict[UUID, dict[UUID, SubjectRow]] = {customer_id: {} for customer_id in touched}
        for row in await subjects.read(unit.session, of_customers=whole, ids=ids):
            rows[row.customer_id][row.subject_id] = row
        records = await facts.read(unit.session, of_customers=whole, about=ids)
        return cls(unit, basis, touched, caused_at, records, rows)

    @property
    def rules(self) -> RulesInForce:
        """The rules in force."""
        return self.basis.rules

    def evaluate(self, customer_id: UUID) -> Iterable[Found]:
        """Evaluate a customer, if it is touched, and those of its other subjects that are concerned.

        What would be found as it was is left out.
        """
        records = CustomerRecords.of(self.records.get(customer_id, ()))
        if records.customer is None:
            return
        owners = self.basis.recipients.names
        evaluation = CustomerEvaluation(self.rules, records, records.customer, owners, self.unit.now)
        rows, touched = self.rows[customer_id], self.touched[customer_id]
        concerns_all = False
        values: dict[str, Value] | None = None
        if customer_id in touched:
            seen = evaluation.see_customer()
            self.seen.add(customer_id)
            if not self._is_as_it_was(seen):
                customer = evaluation.evaluate(seen, {})
                yield self._found(customer)
                values = self.rules.effective("customer", customer.outcome.values)
                concerns_all = self._concerns_all(customer)
        for seen in evaluation.see_others(rows.keys() if concerns_all else touched):
            self.seen.add(seen.subject_id)
            if concerns_all or not self._is_as_it_was(seen):
                if values is None:
                    values = self._stored_values(rows[customer_id])
                yield self._found(evaluation.evaluate(seen, values))

    def _stored_values(self, customer: SubjectRow) -> dict[str, Value]:
        """What was last decided of a customer."""
        fields = self.rules.outputs_of("customer")
        return {name: typed(value, fields[name]) for name, value in customer.values.items() if name in fields}

    def _is_as_it_was(self, seen: Seen) -> bool:
        """Whether the last evaluation still holds: by the same rules, of the same facts, and not yet over."""
        row = self.rows[seen.customer_id][seen.subject_id]
        return (
            row.evaluated_version == self.rules.version
            and (row.next_check_at is None or row.next_check_at > self.unit.now)
            and row.facts == seen.known
        )

    def _found(self, evaluated: Evaluated) -> Found:
        row = self.rows[evaluated.customer_id][evaluated.subject_id]
        return Found(self.rules, row, evaluated, self._case(evaluated, row))

    def _concerns_all(self, customer: Evaluated) -> bool:
        """Whether something changed that rules about the other subjects read, or that their tasks show."""
        row = self.rows[customer.subject_id][customer.subject_id]
        if row.evaluated_version is None:
            return True
        values = self.rules.effective("customer", customer.outcome.values)
        read = {*self.rules.read_from_customer, *SHOWN_VALUES}
        return any(row.values.get(name) != plain(values.get(name)) for name in read) or any(
            row.facts.get(name) != customer.seen.known[name] for name in SHOWN_FACTS
        )

    def _case(self, evaluated: Evaluated, row: SubjectRow) -> Case:
        values = {**evaluated.customer_values, **evaluated.outcome.values}
        grade = values.get("grade")
        return Case(
            subject=Subject(kind=evaluated.kind, id=evaluated.subject_id),
            customer_id=row.customer_id,
            owner_id=evaluated.owner_id,
            grade=CustomerGrade(grade) if grade in set(CustomerGrade) else None,
            names=evaluated.names,
            ruleset_version=self.rules.version,
            now=self.unit.now,
            touched_at=self.caused_at or row.touched_at,
            calendar=self.rules.calendar,
            recipients=self.basis.recipients,
            clocks=self.rules.ruleset.clocks_by_name,
            amount=evaluated.seen.amount,
        )
