"""Events of the rules service."""

from enum import StrEnum
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from contracts.events import EventData, Instant, Model
from contracts.money import Money
from contracts.text import Problem, Severity, TaskKind, Text
from contracts.vocabulary import CustomerGrade


class TaskStatus(StrEnum):
    """The state of an obligation."""

    OPEN = "open"
    RESOLVED = "resolved"
    COMPLETED = "completed"
    DISMISSED = "dismissed"


class Because(Model):
    """One test that held: the fact, its value, what it was held against.

    `value` and `threshold` are as rules write them, `value_text` and `threshold_text` as people read them;
    older events lack these two. For a deadline `anchor` is where the time starts, `reached_at` when the
    threshold was reached, and `arithmetic` how the one leads to the other in working time.
    """

    rule: str
    row: str | None = None
    fact: str
    label: Text
    value: str | None
    value_text: Text | None = None
    threshold: str
    threshold_text: Text | None = None
    anchor: Instant | None = None
    reached_at: Instant | None = None
    arithmetic: Text | None = None


class Recipient(Model):
    """Who is asked: a role, and the person or the queue that it resolves to."""

    role: str
    person_id: UUID | None = None
    name: str | None = None
    queue: str | None = None
    resolved_from: str


class MissingRole(Model):
    """A role that leads to no person for the owner of a task, so that somebody else was asked; and why."""

    role: str
    title: Text | None = None
    reason: Text


class RungReached(Model):
    """A rung of a ladder that a task has reached once; it stays when a calendar moves it back."""

    rung: str
    rung_at: Instant
    raised_at: Instant


class Subject(Model):
    """What a rule speaks about: a customer, an opportunity or a plan."""

    kind: Literal["customer", "opportunity", "plan"]
    id: UUID


class TaskState(EventData):
    """A task with everything that a reminder needs except contact data.

    `overdue_at` is from when it counts as overdue while it is open: its deadline, or earlier the rung that
    states that it is late. `amount` is what its subject is worth: the expected amount of an opportunity, the
    annual amount of a customer. Older events lack these two.
    """

    record_kind: ClassVar[str] = "task"

    task_id: UUID
    status: TaskStatus
    kind: TaskKind
    severity: Severity
    rule: str
    rung: str
    ruleset_version: int
    subject: Subject
    subject_name: str
    customer_id: UUID
    customer_name: str
    grade: CustomerGrade | None = None
    title: Text
    assignee: Recipient
    watchers: tuple[Recipient, ...] = ()
    missing_roles: tuple[MissingRole, ...] = ()
    channels: tuple[str, ...] = ()
    anchor: Instant
    rung_at: Instant
    raised_at: Instant
    due_at: Instant | None = None
    overdue_at: Instant | None = None
    amount: Money | None = None
    lateness_seconds: Annotated[int, Field(ge=0)] = 0
    because: tuple[Because, ...] = ()
    history: tuple[RungReached, ...] = ()
    completes: Literal["fact", "person"] = "fact"
    cures: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    resolved_at: Instant | None = None
    resolution: Text | None = None


class TaskRaised(TaskState):
    """A task was raised, or a resolved one was opened again under the same id."""

    type: ClassVar[str] = "rules.task_raised.v1"


class TaskEscalated(TaskState):
    """A task reached a higher rung, for the first time in its episode."""

    type: ClassVar[str] = "rules.task_escalated.v1"


class TaskReassigned(TaskState):
    """A task changed hands, or the people who watch it, or what it shows, like its rung, changed."""

    type: ClassVar[str] = "rules.task_reassigned.v1"


class TaskResolved(TaskState):
    """What a task asked for is no longer needed; `resolution` says why."""

    type: ClassVar[str] = "rules.task_resolved.v1"


class NoticeGiven(EventData):
    """Somebody was told something, once for the episode and the rung."""

    type: ClassVar[str] = "rules.notice_given.v1"
    record_kind: ClassVar[str] = "notice"

    notice_id: UUID
    rule: str
    rung: str
    ruleset_version: int
    subject: Subject
    customer_id: UUID
    customer_name: str
    title: Text
    channel: str | None = None
    recipient: Recipient
    rung_at: Instant
    given_at: Instant
    lateness_seconds: int = 0


class GradeDecided(EventData):
    """The grade of a customer changed."""

    type: ClassVar[str] = "rules.grade_decided.v1"
    record_kind: ClassVar[str] = "grade"

    customer_id: UUID
    grade: CustomerGrade
    previous: CustomerGrade | None = None
    ruleset_version: int
    because: tuple[Because, ...] = ()


class ProfileDecided(EventData):
    """Other values that the rules decide about a subject changed; `values` holds all of them as text."""

    type: ClassVar[str] = "rules.profile_decided.v1"
    record_kind: ClassVar[str] = "profile"

    subject: Subject
    customer_id: UUID
    values: dict[str, str | bool | int | None]
    next_touch_at: Instant | None = None
    ruleset_version: int


class RulesetPublished(EventData):
    """A version of the rules came into force."""

    type: ClassVar[str] = "rules.ruleset_published.v1"
    record_kind: ClassVar[str] = "ruleset"

    version: int
    digest: str
    changed_rules: tuple[str, ...] = ()


class RulesetRejected(EventData):
    """An edit of the rules was refused; the version in force stays."""

    type: ClassVar[str] = "rules.ruleset_rejected.v1"
    record_kind: ClassVar[str] = "ruleset"

    version: int | None
    digest: str
    problems: tuple[Problem, ...]
