"""Tables of the followups service, in its own schema."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Index,
    Integer,
    Numeric,
    SmallInteger,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from contracts.money import AMOUNT_DIGITS
from contracts.vocabulary import Channel, Intent, PlanStatus
from services.followups.domain.tasks import EndedAs
from services.shared.database import service_metadata
from services.shared.records import word_type

metadata = service_metadata()

_AMOUNT = Numeric(AMOUNT_DIGITS, 2)


def _instant(name: str, *, comment: str) -> Column[datetime]:
    return Column(name, DateTime(timezone=True), nullable=False, server_default=func.now(), comment=comment)


PRIORITY = ("severity_rank", "urgent_at", "grade_rank", "amount_rank", "anchor", "customer_name", "task_id")
"""In which order tasks are to be done: what is worst, what is late longest, who is worth most (R204)."""


def _of_open_tasks(name: str, *columns: str) -> Index:
    """Open tasks are listed by priority; those that have ended would only be in the way."""
    return Index(name, *columns, *PRIORITY, postgresql_where=text("obligation = 'open'"))


people = Table(
    "people",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("natural_key", Text, nullable=False, index=True),
    Column("sequence", BigInteger, nullable=False),
    Column("title", Text),
    Column("department", Text),
    Column("manager_id", Uuid, index=True),
    Column("lead_id", Uuid),
    Column("deputy_id", Uuid),
    Column("email", Text),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    comment="Our own people, with whom they report to and who stands in.",
)

plans = Table(
    "plans",
    metadata,
    Column("plan_id", Uuid, primary_key=True),
    Column("customer_id", Uuid, nullable=False, index=True),
    Column("sequence", BigInteger, nullable=False),
    Column("owner_id", Uuid, index=True),
    Column("assignee_id", Uuid, index=True),
    Column("status", word_type(PlanStatus), nullable=False),
    Column("stage", Text),
    Column("milestone_at", DateTime(timezone=True)),
    Column("channel", word_type(Channel)),
    Column("action", Text),
    Column("expected_outcome", Text),
    Column("due_at", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    comment="What is to be done for customers, by whom, until when (R094, R095).",
)

contacts_held = Table(
    "contacts_held",
    metadata,
    Column("contact_held_id", Uuid, primary_key=True),
    Column("customer_id", Uuid, nullable=False),
    Column("opportunity_id", Uuid, index=True),
    Column("person_id", Uuid, index=True),
    Column("sequence", BigInteger, nullable=False),
    Column("held_at", DateTime(timezone=True), nullable=False, comment="When the contact ended."),
    Column("channel", word_type(Channel)),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Index(None, "customer_id", "held_at"),
    comment="Contacts that took place, written down or not (R110, R111).",
)

follow_ups = Table(
    "follow_ups",
    metadata,
    Column("follow_up_id", Uuid, primary_key=True),
    Column("customer_id", Uuid, nullable=False),
    Column("opportunity_id", Uuid, index=True),
    Column("person_id", Uuid, index=True),
    Column("sequence", BigInteger, nullable=False),
    Column("occurred_at", DateTime(timezone=True), nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    Column("channel", word_type(Channel)),
    Column("participants", Text),
    Column("summary", Text),
    Column("feedback", Text),
    Column("objection", Text),
    Column("next_step", Text),
    Column("next_step_due", DateTime(timezone=True)),
    Column("responded", Boolean, nullable=False),
    Column("need_raised", Boolean, nullable=False),
    Column("materials_sent", Boolean, nullable=False),
    Column("proposal_sent", Boolean, nullable=False),
    Column("demo_booked", Boolean, nullable=False),
    Column("intent", word_type(Intent)),
    Column("status", word_type(PlanStatus)),
    Column("contact_held_id", Uuid, index=True, comment="The contact held that it writes down."),
    Column("deleted_at", DateTime(timezone=True), comment="A deleted record stays, marked."),
    Column("deleted_because", Text),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Index(None, "customer_id", "occurred_at"),
    comment="Contacts that were written down (R112 to R115); their free text stays here.",
)

follow_up_versions = Table(
    "follow_up_versions",
    metadata,
    Column("version_id", Uuid, primary_key=True),
    Column("follow_up_id", Uuid, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("replaced_at", DateTime(timezone=True), nullable=False),
    Column("state", JSONB, nullable=False, comment="The record as it was."),
    Index(None, "follow_up_id", "sequence", unique=True),
    comment="Follow-up records as they were before each correction.",
)

tasks = Table(
    "tasks",
    metadata,
    Column("task_id", Uuid, primary_key=True),
    Column("customer_id", Uuid, nullable=False, index=True),
    Column("sequence", BigInteger, nullable=False, comment="Counted by the rules service."),
    Column("obligation", Text, nullable=False, comment="The status that the rules gave last."),
    Column("kind", Text, nullable=False),
    Column("assignee_id", Uuid, index=True),
    Column("assignee_name", Text, comment="Of the person or the queue, else the role."),
    Column("due_at", DateTime(timezone=True), index=True),
    Column("overdue_at", DateTime(timezone=True), index=True, comment="None: it is never overdue."),
    # Their defaults are for replicas of an earlier release, which do not write them.
    Column("severity_rank", SmallInteger, nullable=False, server_default="2", comment="0: breach."),
    _instant("urgent_at", comment="From when it is overdue, else when the rung was reached."),
    Column("grade_rank", SmallInteger, nullable=False, server_default="3", comment="0: A; 3: none."),
    Column("amount_rank", _AMOUNT, nullable=False, server_default="0", comment="The amount, negated."),
    _instant("anchor", comment="Since when there is cause for it."),
    Column("customer_name", Text(collation="C"), nullable=False, server_default=""),
    Column("state", JSONB, nullable=False, comment="The whole task as the rules told it last."),
    _of_open_tasks("ix_tasks_by_priority"),
    _of_open_tasks("ix_tasks_by_assignee_and_priority", "assignee_name"),
    comment="Obligations that the rules raised, as the work of people.",
)

task_acceptances = Table(
    "task_acceptances",
    metadata,
    Column("task_id", Uuid, primary_key=True),
    Column("person_id", Uuid, nullable=False, index=True),
    Column("accepted_at", DateTime(timezone=True), nullable=False),
    Column("sequence", Integer, nullable=False, comment="Counted by this service."),
    comment="Who took a task on last.",
)

task_endings = Table(
    "task_endings",
    metadata,
    Column("task_id", Uuid, primary_key=True),
    Column("ended_as", word_type(EndedAs), nullable=False),
    Column("ended_at", DateTime(timezone=True), nullable=False),
    Column("person_id", Uuid),
    Column("answers", JSONB),
    Column("reason", Text),
    Column("sequence", Integer, nullable=False, comment="Counted by this service."),
    comment="How people ended tasks, with their words; final for the episode.",
)

notices = Table(
    "notices",
    metadata,
    Column("notice_id", Uuid, primary_key=True),
    Column("customer_id", Uuid, nullable=False, index=True),
    Column("sequence", BigInteger, nullable=False, comment="Counted by the rules service."),
    Column("recipient_id", Uuid),
    Column("recipient_name", Text, nullable=False, comment="Of the person or the queue, else the role."),
    Column("given_at", DateTime(timezone=True), nullable=False),
    Column("state", JSONB, nullable=False, comment="The notice as the rules gave it."),
    Column("read_at", DateTime(timezone=True), comment="When it was first read."),
    Column("read_by", Uuid),
    Index(None, "given_at", "notice_id"),
    Index(None, "recipient_id", "given_at", "notice_id"),
    Index(None, "recipient_name", "given_at", "notice_id"),
    comment="Notices of the rules to people and queues, with their first reading.",
)
