"""Read-only views of people, plans, records and tasks."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ColumnElement, Select, Text, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.rules import TaskKind, TaskState, TaskStatus
from contracts.vocabulary import Channel, Intent, PlanStatus
from services.followups.domain import UnknownTaskError
from services.followups.tables import follow_ups, people, plans, task_endings, tasks
from services.shared.paging import Page, Paging, narrowed, page_of


class View(BaseModel):
    """Something as it is shown."""

    model_config = ConfigDict(from_attributes=True)


class PersonView(View):
    """One of our own people."""

    person_id: UUID
    name: str
    title: str | None
    department: str | None
    manager_id: UUID | None
    lead_id: UUID | None
    deputy_id: UUID | None
    email: str | None


class PlanView(View):
    """A follow-up plan."""

    plan_id: UUID
    customer_id: UUID
    owner_id: UUID | None
    status: PlanStatus
    stage: str | None
    milestone_at: datetime | None
    channel: Channel | None
    action: str | None
    expected_outcome: str | None
    due_at: datetime | None


class FollowUpView(View):
    """A record of a contact, with its text."""

    follow_up_id: UUID
    customer_id: UUID
    opportunity_id: UUID | None
    person_id: UUID | None
    occurred_at: datetime
    recorded_at: datetime
    channel: Channel | None
    participants: str | None
    summary: str | None
    feedback: str | None
    objection: str | None
    next_step: str | None
    next_step_due: datetime | None
    responded: bool
    need_raised: bool
    materials_sent: bool
    proposal_sent: bool
    demo_booked: bool
    intent: Intent | None


class EndingView(BaseModel):
    """How a person ended a task, in their words."""

    ended_at: datetime
    person_id: UUID | None
    answers: Mapping[str, str] | None
    reason: str | None


class TaskView(TaskState):
    """A task as the rules told it last, with its status now and how a person ended it."""

    model_config = ConfigDict(extra="ignore")

    sequence: int
    is_overdue: bool
    ending: EndingView | None = None


class PlanFilter(Paging):
    """Which plans are asked for; what is not given does not narrow."""

    customer: UUID | None = None
    owner: UUID | None = None
    status: PlanStatus | None = None


class FollowUpFilter(Paging):
    """Which records are asked for; what is not given does not narrow."""

    customer: UUID | None = None
    opportunity: UUID | None = None
    person: UUID | None = None


class TaskFilter(Paging):
    """Which tasks are asked for; `assignee` is the name or the id of a person, or the name of a queue."""

    assignee: str | None = None
    status: TaskStatus | None = None
    kind: TaskKind | None = None
    customer: UUID | None = None
    overdue: bool | None = Field(None, description="Open and due by now, or the contrary.")


STATUS: ColumnElement[str] = func.coalesce(cast(task_endings.c.ended_as, Text), tasks.c.obligation)
"""A person's ending outranks what the rules say."""


async def list_people(session: AsyncSession, paging: Paging) -> Page[PersonView]:
    """List people, in the order in which they were entered."""
    return await page_of(
        session, select(people), paging, key=people.c.person_id, view=PersonView.model_validate
    )


async def list_plans(session: AsyncSession, wanted: PlanFilter) -> Page[PlanView]:
    """List plans, in the order in which they were entered."""
    columns = plans.c
    equal: dict[ColumnElement[Any], object] = {
        columns.customer_id: wanted.customer,
        columns.owner_id: wanted.owner,
        columns.status: wanted.status,
    }
    statement = narrowed(select(plans), equal)
    return await page_of(session, statement, wanted, key=columns.plan_id, view=PlanView.model_validate)


async def list_follow_ups(session: AsyncSession, wanted: FollowUpFilter) -> Page[FollowUpView]:
    """List records of contacts, in the order in which they were entered."""
    columns = follow_ups.c
    equal: dict[ColumnElement[Any], object] = {
        columns.customer_id: wanted.customer,
        columns.opportunity_id: wanted.opportunity,
        columns.person_id: wanted.person,
    }
    statement = narrowed(select(follow_ups), equal)
    view = FollowUpView.model_validate
    return await page_of(session, statement, wanted, key=columns.follow_up_id, view=view)


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
    ending = task_endings.c
    return select(
        tasks.c.task_id,
        tasks.c.sequence,
        tasks.c.state,
        STATUS.label("status"),
        _overdue(now).label("is_overdue"),
        ending.ended_at,
        ending.person_id,
        ending.answers,
        ending.reason,
    ).outerjoin(task_endings, ending.task_id == tasks.c.task_id)


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
    told = {**row["state"], "status": row["status"]}
    return TaskView(**told, sequence=row["sequence"], is_overdue=row["is_overdue"], ending=ending)
