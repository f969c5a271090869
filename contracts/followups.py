"""Events of the followups service, and the commands it takes."""

from typing import ClassVar
from uuid import UUID

from contracts.commands import CommandData, RecordRef
from contracts.events import EventData, Instant, Model, SourceRef
from contracts.inputs import Flag, Line, Moment, Paragraph
from contracts.vocabulary import Channel, Intent, Objection, PlanStatus


class PersonChanged(EventData):
    """One of our own people: who leads, who stands in, in which department."""

    type: ClassVar[str] = "followups.person_changed.v1"
    record_kind: ClassVar[str] = "person"

    person_id: UUID
    name: str
    natural_key: str
    source_ref: SourceRef | None = None
    source_refs: tuple[SourceRef, ...] = ()
    title: str | None = None
    department: str | None = None
    manager_id: UUID | None = None
    lead_id: UUID | None = None
    deputy_id: UUID | None = None


class ContactHeld(EventData):
    """A contact took place, as telephony, a calendar or another system tells it; nobody has to have noted it.

    A record that names it in `contact_held_id` writes it down.
    """

    type: ClassVar[str] = "followups.contact_held.v1"
    record_kind: ClassVar[str] = "contact_held"

    contact_held_id: UUID
    customer_id: UUID
    opportunity_id: UUID | None = None
    person_id: UUID | None = None
    held_at: Instant
    channel: Channel | None = None
    source_ref: SourceRef | None = None
    source_refs: tuple[SourceRef, ...] = ()


class FollowUpRecorded(EventData):
    """A contact was written down: when, how, with whom, and what it showed, without its free text.

    `responded` says that the customer answered; `need_raised` that a need was named, which counts as
    a response. `contact_held_id` is the contact that it writes down, where one was told before. `intent` is
    how much the customer wanted to buy; `next_step_due` is by when the next step is promised, which is still
    to do unless `status` is done. A record that is `deleted` shows nothing any more: it is as if it had never
    been written.
    """

    type: ClassVar[str] = "followups.follow_up_recorded.v1"
    record_kind: ClassVar[str] = "follow_up"

    follow_up_id: UUID
    customer_id: UUID
    opportunity_id: UUID | None = None
    person_id: UUID | None = None
    occurred_at: Instant
    recorded_at: Instant
    channel: Channel | None = None
    responded: bool = False
    need_raised: bool = False
    materials_sent: bool = False
    proposal_sent: bool = False
    demo_booked: bool = False
    objection: Objection | None = None
    intent: Intent | None = None
    status: PlanStatus | None = None
    next_step_due: Instant | None = None
    contact_held_id: UUID | None = None
    deleted: bool = False


class Milestone(Model):
    """A point in time at which a contact is planned."""

    at: Instant
    channel: Channel | None = None


class PlanChanged(EventData):
    """A follow-up plan with its milestones; `assignee_id` carries it out, its owner where none is set."""

    type: ClassVar[str] = "followups.plan_changed.v1"
    record_kind: ClassVar[str] = "plan"

    plan_id: UUID
    customer_id: UUID
    owner_id: UUID | None = None
    assignee_id: UUID | None = None
    status: PlanStatus = PlanStatus.OPEN
    has_outcome: bool = False
    due_at: Instant | None = None
    milestones: tuple[Milestone, ...] = ()


class TaskAccepted(EventData):
    """A person took a task on, at `accepted_at`."""

    type: ClassVar[str] = "followups.task_accepted.v1"
    record_kind: ClassVar[str] = "task"

    task_id: UUID
    customer_id: UUID
    person_id: UUID
    accepted_at: Instant


class TaskEnded(EventData):
    """A person ended a task; the words they gave stay with the followups service."""

    record_kind: ClassVar[str] = "task"

    task_id: UUID
    customer_id: UUID
    person_id: UUID | None = None
    ended_at: Instant
    answered: tuple[str, ...] = ()


class TaskCompleted(TaskEnded):
    """A person did what a task asked; `answered` names the fields of its form that were filled in."""

    type: ClassVar[str] = "followups.task_completed.v1"


class TaskDismissed(TaskEnded):
    """A person put a task aside, with a reason."""

    type: ClassVar[str] = "followups.task_dismissed.v1"


class ReportContactHeld(CommandData):
    """A contact took place, and ended at `held_at`: from telephony, a calendar, another system.

    Of a contact that is known, fields that are not given stay as they are; its customer stays for ever.
    """

    type: ClassVar[str] = "followups.contact_held.v1"

    customer: RecordRef
    opportunity: RecordRef | None = None
    person: RecordRef | None = None
    held_at: Moment
    channel: Channel | None = None


class RecordFollowUp(CommandData):
    """Write down a contact (R112 to R115), or correct what was written under this id.

    Of a record that is known, fields that are not given stay as they are; its customer stays for ever.
    `contact_held` is the contact that it writes down; where a new record names none, the latest one of the
    same customer and person within 24 hours before that nobody has written down is taken.
    """

    type: ClassVar[str] = "followups.record_follow_up.v1"

    customer: RecordRef
    opportunity: RecordRef | None = None
    person: RecordRef | None = None
    contact_held: RecordRef | None = None
    occurred_at: Moment
    channel: Channel | None = None
    participants: Paragraph | None = None
    summary: Paragraph | None = None
    feedback: Paragraph | None = None
    objection: Paragraph | None = None
    next_step: Paragraph | None = None
    next_step_due: Moment | None = None
    responded: Flag = False
    need_raised: Flag = False
    materials_sent: Flag = False
    proposal_sent: Flag = False
    demo_booked: Flag = False
    intent: Intent | None = None
    status: PlanStatus | None = None


class PutPerson(CommandData):
    """Enter one of our own people, or change the one that is known; fields not given stay as they are.

    The only one of this name is the same person, unless this system knows them by another id.
    """

    type: ClassVar[str] = "followups.put_person.v1"

    name: Line
    title: Line | None = None
    department: Line | None = None
    manager: RecordRef | None = None
    lead: RecordRef | None = None
    deputy: RecordRef | None = None
    email: Line | None = None
