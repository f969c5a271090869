"""What the other services say: records become facts, endings of tasks enter the ledger."""

from collections.abc import Collection, Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.customers import CustomerState, PurchaseRecorded
from contracts.envelope import Envelope
from contracts.events import EventData
from contracts.followups import FollowUpRecorded, PersonChanged, PlanChanged, TaskDismissed, TaskEnded
from contracts.opportunities import OpportunityState
from contracts.rules import TaskStatus
from services.rules.handlers.evaluation import evaluate
from services.rules.repository import facts, ledger, subjects, versions
from services.rules.repository.facts import Arrived
from services.rules.ruleset.active import Active
from services.shared.unit_of_work import UnitOfWork

OfCustomer = CustomerState | PurchaseRecorded | FollowUpRecorded | PlanChanged | OpportunityState
SubjectState = CustomerState | OpportunityState | PlanChanged


@dataclass(frozen=True)
class Ended:
    """A person completed or dismissed a task."""

    task_id: UUID
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
    is_dismissed = isinstance(data, TaskDismissed)
    return (Ended(data.task_id, TaskStatus.DISMISSED if is_dismissed else TaskStatus.COMPLETED),)


async def finish(active: Active, touched: Collection[Hashable], unit: UnitOfWork) -> None:
    """Merge what arrived, then evaluate whom it concerns; while a load is under way only mark them as due."""
    for status in (TaskStatus.COMPLETED, TaskStatus.DISMISSED):
        ids = [ended.task_id for ended in touched if isinstance(ended, Ended) and ended.status is status]
        await ledger.end(unit.session, ids, status)
    kept = await facts.merge(unit.session, [record for record in touched if isinstance(record, Arrived)])
    await subjects.add(unit.session, [_subject(record.data) for record in kept if _is_subject(record)])
    concerned = _concerned(kept)
    people = [record.record_id for record in kept if isinstance(record.data, PersonChanged)]
    if people:
        owners = await facts.reporting_to(unit.session, people)
        for subject_id, customer_id in (await subjects.owned_by(unit.session, owners)).items():
            concerned.setdefault(customer_id, set()).add(subject_id)
    if not concerned:
        return
    if await versions.is_loading(unit.session):
        await subjects.mark_due(unit.session, {i for ids in concerned.values() for i in ids}, unit.now)
        return
    await subjects.lock(unit.session, concerned.keys())
    await evaluate(unit, active.current, concerned, caused_at=_earliest(kept))


def _earliest(kept: Iterable[Arrived]) -> datetime:
    return min(record.at for record in kept)


def _is_subject(record: Arrived) -> bool:
    return isinstance(record.data, SubjectState)


def _subject(data: EventData) -> dict[str, object]:
    if isinstance(data, CustomerState):
        kind, subject_id = "customer", data.customer_id
    elif isinstance(data, OpportunityState):
        kind, subject_id = "opportunity", data.opportunity_id
    elif isinstance(data, PlanChanged):
        kind, subject_id = "plan", data.plan_id
    else:
        message = f"{type(data).__name__} is no subject of rules"
        raise TypeError(message)
    return {
        "subject_id": subject_id,
        "kind": kind,
        "customer_id": data.customer_id,
        "owner_id": data.owner_id,
    }


def _concerned(kept: Iterable[Arrived]) -> dict[UUID, set[UUID]]:
    """The subjects whose facts these records make, by customer."""
    found: dict[UUID, set[UUID]] = {}
    for record in kept:
        data = record.data
        if not isinstance(data, OfCustomer):
            continue
        about = found.setdefault(data.customer_id, {data.customer_id})
        if isinstance(data, FollowUpRecorded) and data.opportunity_id:
            about.add(data.opportunity_id)
        if isinstance(data, OpportunityState | PlanChanged):
            about.add(record.record_id)
    return found
