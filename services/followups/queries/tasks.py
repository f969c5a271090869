"""Tasks as they are shown."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ColumnElement, Select, Text, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.rules import TaskKind, TaskState, TaskStatus
from services.followups.domain.tasks import UnknownTaskError
from services.followups.tables import task_acceptances, task_endings, tasks
from services.shared.paging import Page, Paging, narrowed, page_of


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

    `sequence` counts what the rules told, `version` what people did besides.
    """

    model_config = ConfigDict(extra="ignore")

    sequence: int
    version: int
    is_overdue: bool
    acceptance: AcceptanceView | None = None
    ending: EndingView | None = None


class TaskFilter(Paging):
    """Which tasks are asked for; `assignee` is the name or the id of a person, or the name of a queue."""

    assignee: str | None = None
    status: TaskStatus | None = None
    kind: TaskKind | None = None
    customer: UUID | None = None
    overdue: bool | None = Field(None, description="Open and due by now, or the contrary.")


STATUS: ColumnElement[str] = func.coalesce(cast(task_endings.c.ended_as, Text), tasks.c.obligation)
"""A person's ending outranks what the rules say."""


async def list_tasks(session: AsyncSession, wanted: TaskFilter, *, now: datetime) -> Page[TaskView]:
    """List tasks by id; what is overdue is seen from `now`."""
    equal: dict[ColumnElement[Any], object] = {
        STATUS: wanted.status,
        tasks.c.kind: wanted.kind,
        tasks.c.customer_id: wanted.customer,
    }
    tests = []
    if wanted.assignee:
        tests.append(_assigned_to(wanted.assignee))
    if wanted.overdue is not None:
        tests.append(_overdue(now).is_(wanted.overdue))
    statement = narrowed(_shown_tasks(now), equal, *tests)
    return await page_of(session, statement, wanted, key=tasks.c.task_id, view=_view_task)


async def read_task(session: AsyncSession, task_id: UUID, *, now: datetime) -> TaskView:
    """Read one task; raises UnknownTaskError."""
    statement = _shown_tasks(now).where(tasks.c.task_id == task_id)
    row = (await session.execute(statement)).mappings().first()
    if row is None:
        raise UnknownTaskError(task_id=task_id)
    return _view_task(row)


def _shown_tasks(now: datetime) -> Select[Any]:
    ending, taken = task_endings.c, task_acceptances.c
    own = func.coalesce(func.greatest(ending.sequence, taken.sequence), 0)
    statement = select(
        tasks.c.task_id,
        tasks.c.sequence,
        (tasks.c.sequence + own).label("version"),
        tasks.c.state,
        STATUS.label("status"),
        _overdue(now).label("is_overdue"),
        ending.ended_at,
        ending.person_id,
        ending.answers,
        ending.reason,
        taken.person_id.label("accepted_by"),
        taken.accepted_at,
    )
    statement = statement.outerjoin(task_endings, ending.task_id == tasks.c.task_id)
    return statement.outerjoin(task_acceptances, taken.task_id == tasks.c.task_id)


def _overdue(now: datetime) -> ColumnElement[bool]:
    # Intervals are half-open: what is due at an instant is overdue from that instant on.
    return func.coalesce((STATUS == TaskStatus.OPEN) & (tasks.c.due_at <= now), False)


def _assigned_to(assignee: str) -> ColumnElement[bool]:
    try:
        return tasks.c.assignee_id == UUID(assignee)
    except ValueError:
        return tasks.c.assignee_name == assignee


def _view_task(row: Mapping[Any, Any]) -> TaskView:
    ending = EndingView.model_validate(dict(row)) if row["ended_at"] else None
    taken = row["accepted_by"] and AcceptanceView(
        person_id=row["accepted_by"], accepted_at=row["accepted_at"]
    )
    told = {**row["state"], "status": row["status"]}
    shown = {name: row[name] for name in ("sequence", "version", "is_overdue")}
    return TaskView(**told, **shown, acceptance=taken, ending=ending)
