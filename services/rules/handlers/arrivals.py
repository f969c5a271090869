"""What the other services say: records become facts, endings of tasks enter the ledger."""

from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from contracts.customers import CustomerState, PurchaseRecorded
from contracts.envelope import Envelope
from contracts.events import EventData
from contracts.followups import (
    ContactHeld,
    FollowUpRecorded,
    PersonChanged,
    PlanChanged,
    TaskDismissed,
    TaskEnded,
)
from contracts.opportunities import OpportunityState
from contracts.rules import TaskStatus
from services.rules.handlers.evaluation import evaluate
from services.rules.handlers.standing import Basis, Standing
from services.rules.repository import facts, ledger, subjects, versions
from services.rules.repository.facts import Arrived, Kept
from services.rules.repository.subjects import NewSubject
from services.rules.ruleset.definition import SubjectKind
from services.shared.unit_of_work import UnitOfWork

OfCustomer = (
    CustomerState | PurchaseRecorded | FollowUpRecorded | ContactHeld | PlanChanged | OpportunityState
)
SubjectState = CustomerState | OpportunityState | PlanChanged

_KINDS: Mapping[str, SubjectKind] = {"customer": "customer", "opportunity": "opportunity", "plan": "plan"}


@dataclass(frozen=True)
class Ended:
    """A person completed or dismissed a task."""

    task_id: UUID
    customer_id: UUID
    status: TaskStatus


async def hear_record(data: EventData, envelope: Envelope, _unit: UnitOfWork) -> Iterable[Hashable]:
    """Take in the state of a record; it is merged with all that came with it."""
    kind, _, record_id = envelope.record.partition("/")
    return (
        Arrived(
            kind=kind,
            record_id=UUID(record_id),
            customer_id=data.customer_id if isinstance(data, OfCustomer) else None,
            sequence=envelope.sequence,
            type=envelope.type,
            state=envelope.data,
            data=data,
            at=envelope.time,
        ),
    )


async def hear_ending(data: EventData, _envelope: Envelope, _unit: UnitOfWork) -> Iterable[Hashable]:
    """Take in that a person ended a task."""
    if not isinstance(data, TaskEnded):
        return ()
    status = TaskStatus.DISMISSED if isinstance(data, TaskDismissed) else TaskStatus.COMPLETED
    return (Ended(data.task_id, data.customer_id, status),)


async def finish(standing: Standing, touched: Collection[Hashable], unit: UnitOfWork) -> None:
    """Merge what arrived, then evaluate whom it concerns; while a load is under way only mark them as due.

    Records are locked by being merged, then their customers; so whoever locks a customer last sees all that
    was merged before, and nobody waits in a circle.
    """
    arrived = [each for each in touched if isinstance(each, Arrived)]
    ended = [each for each in touched if isinstance(each, Ended)]
    has_people = any(isinstance(record.data, PersonChanged) for record in arrived)
    # What every evaluation reads changes with our people: nobody else evaluates then.
    await (subjects.exclude if has_people else subjects.share)(unit.session)
    kept = await facts.merge(unit.session, arrived)
    people = [each.record.record_id for each in kept if isinstance(each.record.data, PersonChanged)]
    if people:
        await versions.mark_people(unit.session)
    basis = await standing.basis(unit.session)
    if people:
        await _mark_led(unit, basis, people)
    concerned = _concerned(kept)
    await subjects.lock(unit.session, concerned.keys() | {each.customer_id for each in ended})
    for status in (TaskStatus.COMPLETED, TaskStatus.DISMISSED):
        await ledger.end(unit.session, [each.task_id for each in ended if each.status is status], status)
    await subjects.add(unit.session, _subjects(kept))
    if concerned and basis.is_loading:
        await subjects.mark_due(unit.session, {i for ids in concerned.values() for i in ids}, unit.now)
    elif concerned:
        await evaluate(unit, basis, concerned, caused_at=min(each.record.at for each in kept))


async def _mark_led(unit: UnitOfWork, basis: Basis, people: Collection[UUID]) -> None:
    """Let the scheduler evaluate the subjects whose open tasks may show these people."""
    ruleset = basis.rules.ruleset
    await subjects.mark_led(
        unit.session,
        basis.recipients.asking(people),
        rules=ruleset.asking_departments,
        fallback=ruleset.roles.fallback_person is not None,
        now=unit.now,
    )


def _subjects(kept: Iterable[Kept]) -> list[NewSubject]:
    found = []
    for record in (each.record for each in kept):
        data = record.data
        if isinstance(data, SubjectState):
            kind = _KINDS[data.record_kind]
            assignee_id = data.assignee_id if isinstance(data, PlanChanged) else None
            found.append(NewSubject(record.record_id, kind, data.customer_id, data.owner_id, assignee_id))
    return found


def _concerned(kept: Iterable[Kept]) -> dict[UUID, set[UUID]]:
    """The subjects whose facts these records make, or made where they were before, by customer."""
    found: dict[UUID, set[UUID]] = {}
    for each in kept:
        record, data = each.record, each.record.data
        if not isinstance(data, OfCustomer):
            continue
        about = found.setdefault(data.customer_id, {data.customer_id})
        about.update(_about(data, record.record_id))
        if each.was_of_customer:
            before = found.setdefault(each.was_of_customer, {each.was_of_customer})
            before.update({each.was_about} if each.was_about else ())
    return found


def _about(data: EventData, record_id: UUID) -> Iterable[UUID]:
    """The subjects other than the customer whose facts a record makes."""
    if isinstance(data, OpportunityState | PlanChanged):
        return (record_id,)
    if isinstance(data, FollowUpRecorded) and data.opportunity_id:
        return (data.opportunity_id,)
    return ()
