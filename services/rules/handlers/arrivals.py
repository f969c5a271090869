"""What the other services say: records become facts, endings of tasks enter the ledger."""

from collections.abc import Collection, Hashable, Iterable, Mapping
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
from services.rules.repository.facts import Arrived, Place
from services.rules.ruleset.active import Active
from services.shared.unit_of_work import UnitOfWork

OfCustomer = CustomerState | PurchaseRecorded | FollowUpRecorded | PlanChanged | OpportunityState
SubjectState = CustomerState | OpportunityState | PlanChanged


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


async def finish(active: Active, touched: Collection[Hashable], unit: UnitOfWork) -> None:
    """Merge what arrived, then evaluate whom it concerns; while a load is under way only mark them as due."""
    arrived = [each for each in touched if isinstance(each, Arrived)]
    ended = [each for each in touched if isinstance(each, Ended)]
    led = await _led_by(active, [r.record_id for r in arrived if isinstance(r.data, PersonChanged)], unit)
    places = await facts.places(unit.session, arrived)
    customers = {place.customer_id for place in places.values()} | {each.customer_id for each in ended}
    await subjects.lock(unit.session, customers | led.keys() | _concerned(arrived, places).keys())
    for status in (TaskStatus.COMPLETED, TaskStatus.DISMISSED):
        await ledger.end(unit.session, [each.task_id for each in ended if each.status is status], status)
    kept = await facts.merge(unit.session, arrived)
    await subjects.add(unit.session, [_subject(record.data) for record in kept if _is_subject(record)])
    concerned = _concerned(kept, places)
    if any(isinstance(record.data, PersonChanged) for record in kept):
        for customer_id, ids in led.items():
            concerned.setdefault(customer_id, set()).update(ids)
    if not concerned:
        return
    if await versions.is_loading(unit.session):
        await subjects.mark_due(unit.session, {i for ids in concerned.values() for i in ids}, unit.now)
        return
    await evaluate(unit, active.current, concerned, caused_at=_earliest(kept))


async def _led_by(active: Active, people: Collection[UUID], unit: UnitOfWork) -> dict[UUID, set[UUID]]:
    """The subjects whose tasks may show these people, by customer; nobody else evaluates while they change.

    The customers themselves are among them, since the values stored of one that is due may be outdated.
    """
    if not people:
        await subjects.share(unit.session)
        return {}
    await subjects.exclude(unit.session)
    ruleset = active.current.ruleset
    owners = await facts.reporting_to(unit.session, people, steps=ruleset.roles.longest_path)
    beyond = await ledger.beyond_owners(unit.session, ruleset.asking_departments)
    found = await subjects.owned_by(unit.session, owners) | await subjects.customers_of(unit.session, beyond)
    led: dict[UUID, set[UUID]] = {}
    for subject_id, customer_id in found.items():
        led.setdefault(customer_id, {customer_id}).add(subject_id)
    return led


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


def _concerned(arrived: Iterable[Arrived], places: Mapping[tuple[str, UUID], Place]) -> dict[UUID, set[UUID]]:
    """The subjects whose facts these records make, or made where they were before, by customer."""
    found: dict[UUID, set[UUID]] = {}
    for record in arrived:
        data = record.data
        if not isinstance(data, OfCustomer):
            continue
        about = found.setdefault(data.customer_id, {data.customer_id})
        if isinstance(data, FollowUpRecorded) and data.opportunity_id:
            about.add(data.opportunity_id)
        if isinstance(data, OpportunityState | PlanChanged):
            about.add(record.record_id)
        before = places.get((record.kind, record.record_id))
        if before:
            found.setdefault(before.customer_id, {before.customer_id}).update(before.subject_ids)
    return found
