"""What other services say of a customer, as moments of its timeline (R119): no free text, no contact data."""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.envelope import Envelope
from contracts.events import EventData
from contracts.followups import ContactHeld, FollowUpRecorded, PlanChanged, TaskCompleted, TaskDismissed
from contracts.rules import NoticeGiven, TaskEscalated, TaskRaised, TaskResolved
from services.customers.tables import seen_moments
from services.shared.records import Heard
from services.shared.unit_of_work import UnitOfWork

_PERSON = {"role": True, "person_id": True, "name": True, "queue": True}
_CONTACT = {"opportunity_id": True, "person_id": True, "channel": True}
_TASK = {
    **dict.fromkeys(("rule", "rung", "kind", "severity", "status", "subject", "subject_name"), True),
    **dict.fromkeys(("title", "due_at", "resolution"), True),
    "assignee": _PERSON,
}
SHOWN: Mapping[type[EventData], Mapping[str, Any]] = {
    FollowUpRecorded: {
        **_CONTACT,
        **dict.fromkeys(("responded", "need_raised", "materials_sent", "proposal_sent"), True),
        **dict.fromkeys(("demo_booked", "objection", "contact_held_id", "deleted"), True),
        **dict.fromkeys(("intent", "status", "next_step_due"), True),
    },
    ContactHeld: _CONTACT,
    PlanChanged: dict.fromkeys(("owner_id", "status", "has_outcome", "due_at", "milestones"), True),
    TaskCompleted: {"person_id": True, "answered": True},
    TaskDismissed: {"person_id": True},
    NoticeGiven: {**dict.fromkeys(("rule", "rung", "subject", "title"), True), "recipient": _PERSON},
    TaskRaised: _TASK,
    TaskEscalated: _TASK,
    TaskResolved: _TASK,
}
"""What the timeline shows of each of these types, by the names of its fields."""


@dataclass(frozen=True)
class Place:
    """Where a moment stands in the timeline: under which id, and at which instant."""

    moment_id: UUID
    at: datetime


async def hear_moment(data: EventData, envelope: Envelope, _unit: UnitOfWork) -> Iterable[Hashable]:
    """Note what happened to a customer, to show it in order of time."""
    if envelope.customerid is None:
        return []
    told = data.model_dump(mode="json", include=dict(SHOWN[type(data)]))
    return [moment(envelope, envelope.customerid, told, place=_place(data, envelope))]


def moment(
    envelope: Envelope, customer_id: UUID, data: Mapping[str, object], *, place: Place | None = None
) -> Heard:
    """Return what happened as a row of the timeline, when it was said unless another place is given."""
    record_kind, _, record_id = envelope.record.partition("/")
    row = {
        "event_id": place.moment_id if place else envelope.id,
        "customer_id": customer_id,
        "kind": envelope.type.split(".")[1],
        "record_kind": record_kind,
        "record_id": UUID(record_id),
        "data": data,
        "occurred_at": place.at if place else envelope.time,
        "sequence": envelope.sequence,
    }
    return Heard(seen_moments, row)


def _place(data: EventData, envelope: Envelope) -> Place:
    """Return where a moment stands: a contact is one, when it took place, however often it is corrected."""
    if isinstance(data, FollowUpRecorded):
        return Place(data.follow_up_id, data.occurred_at)
    if isinstance(data, ContactHeld):
        return Place(data.contact_held_id, data.held_at)
    return Place(envelope.id, envelope.time)
