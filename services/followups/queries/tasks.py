"""Tasks as they are shown."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ColumnElement, Select, Text, cast, func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.rules import TaskState, TaskStatus
from contracts.text import TaskKind
from services.followups.domain.tasks import UnknownTaskError
from services.followups.tables import PRIORITY, task_acceptances, task_endings, tasks
from services.shared.paging import BY_KEY, Order, Page, Paging, narrowed, page_of


class EndingView(BaseModel):
    """How a person ended a task, in their words."""

    ended_at: datetime
    person_id: UUID | None
    answers: Mapping[str, str] | None
    reason: str | None


class AcceptanceView(BaseModel):
    """Who took a task on, and when."""

    person_id: UUID
    accepted_at: datetime


class TaskView(TaskState):
    """A task as the rules told it last, with its status now, who took it on and how a person ended it.

    `sequence` counts what the rules told, `version` what people did besides. `overdue_since` is null while
    the task is not overdue.
    """

    model_config = ConfigDict(extra="ignore")

    key: ClassVar[str] = "task_id"

    sequence: int
    version: int
    is_overdue: bool
    overdue_since: datetime | None
    acceptance: AcceptanceView | None = None
    ending: EndingView | None = None


class TaskOrder(StrEnum):
    """How tasks are listed."""

    ID = "id"
    URGENCY = "urgency"
    """By severity, then what is overdue longest or will be first, then by grade, then by amount (R204)."""
    WATCHERS = "watchers"
    """What most people were told of, then what there is cause for longest."""


class TaskChoice(BaseModel):
    """Which tasks are meant; `assignee` is the name or the id of a person, or the name of a queue."""

    model_config = ConfigDict(extra="forbid")

    assignee: str | None = None
    status: TaskStatus | None = None
    kind: TaskKind | None = None
    subject: Literal["customer", "opportunity", "plan"] | None = Field(
        None, description="What kind of subject the task is about."
    )
    customer: UUID | None = None
    overdue: bool | None = Field(None, description="Open and overdue by now, or the contrary.")


class TaskFilter(TaskChoice, Paging):
    """Which tasks are asked for, and in which order."""

    order: TaskOrder = TaskOrder.ID


STATUS: ColumnElement[str] = func.coalesce(cast(task_endings.c.ended_as, Text), tasks.c.obligation)
"""A person's ending outranks what the rules say."""


async def list_tasks(session: AsyncSession, wanted: TaskFilter, *, now: datetime) -> Page[TaskView]:
    """List tasks; what is overdue is seen from `now`."""
    statement = chosen(shown_tasks(now), wanted, now=now)
    order = _ORDERS[wanted.order]
    return await page_of(session, statement, wanted, key=tasks.c.task_id, view=view_task, order=order)


def chosen(statement: Select[Any], choice: TaskChoice, *, now: datetime) -> Select[Any]:
    """Narrow a statement over tasks and their endings to the tasks that are meant."""
    is_open = choice.status is TaskStatus.OPEN
    equal: dict[ColumnElement[Any], object] = {
        STATUS: None if is_open else choice.status,
        tasks.c.kind: choice.kind,
        tasks.c.state["subject"]["kind"].astext: choice.subject,
        tasks.c.customer_id: choice.customer,
    }
    tests: list[ColumnElement[bool]] = []
    if is_open:
        tests.append(_IS_OPEN)
    if choice.assignee:
        tests.append(_assigned_to(choice.assignee))
    if choice.overdue is not None:
        tests.append(is_overdue(now).is_(choice.overdue))
    return narrowed(statement, equal, *tests)


_IS_OPEN = (tasks.c.obligation == literal_column("'open'")) & task_endings.c.task_id.is_(None)
"""In the words of the indexes of open tasks."""


BY_PRIORITY = tuple(tasks.c[name] for name in PRIORITY)
"""The order in which tasks are to be done, down to their ids: that of an index, the same at any time."""

_ORDERS = {
    TaskOrder.ID: BY_KEY,
    TaskOrder.URGENCY: Order(BY_PRIORITY[:-1]),
    TaskOrder.WATCHERS: Order(
        (-func.jsonb_array_length(tasks.c.state["watchers"]), tasks.c.anchor, tasks.c.customer_name)
    ),
}


async def read_task(session: AsyncSession, task_id: UUID, *, now: datetime) -> TaskView:
    """Read one task; raises UnknownTaskError."""
    statement = shown_tasks(now).where(tasks.c.task_id == task_id)
    row = (await session.execute(statement)).mappings().first()
    if row is None:
        raise UnknownTaskError(task_id=task_id)
    return view_task(row)


def shown_tasks(now: datetime) -> Select[Any]:
    """Return the statement that reads all that a view of a task shows."""
    ending, taken = task_endings.c, task_acceptances.c
    own = func.coalesce(func.greatest(ending.sequence, taken.sequence), 0)
    statement = select(
        tasks.c.task_id,
        tasks.c.sequence,
        (tasks.c.sequence + own).label("version"),
        tasks.c.state,
        STATUS.label("status"),
        tasks.c.overdue_at,
        is_overdue(now).label("is_overdue"),
        ending.ended_at,
        ending.person_id,
        ending.answers,
        ending.reason,
        taken.person_id.label("accepted_by"),
        taken.accepted_at,
    )
    statement = statement.outerjoin(task_endings, ending.task_id == tasks.c.task_id)
    return statement.outerjoin(task_acceptances, taken.task_id == tasks.c.task_id)


def is_overdue(now: datetime) -> ColumnElement[bool]:
    """Return the test that a task is open and overdue: past its deadline, or at a rung that says so."""
    # Intervals are half-open: what is due at an instant is overdue from that instant on.
    return func.coalesce((STATUS == TaskStatus.OPEN) & (tasks.c.overdue_at <= now), False)


def _assigned_to(assignee: str) -> ColumnElement[bool]:
    try:
        return tasks.c.assignee_id == UUID(assignee)
    except ValueError:
        return tasks.c.assignee_name == assignee


def view_task(row: Mapping[Any, Any]) -> TaskView:
    """Show a row of the statement."""
    ending = EndingView.model_validate(dict(row)) if row["ended_at"] else None
    taken = row["accepted_by"] and AcceptanceView(
        person_id=row["accepted_by"], accepted_at=row["accepted_at"]
    )
    overdue_since = row["overdue_at"] if row["is_overdue"] else None
    told = {**row["state"], "status": row["status"], "overdue_at": row["overdue_at"]}
    shown = {name: row[name] for name in ("sequence", "version", "is_overdue")}
    return TaskView(**told, **shown, overdue_since=overdue_since, acceptance=taken, ending=ending)
