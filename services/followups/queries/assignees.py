"""Tasks by who has them: how many, and the most urgent of each."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement, Integer, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.followups.queries.tasks import (
    BY_PRIORITY,
    TaskChoice,
    TaskView,
    chosen,
    is_overdue,
    shown_tasks,
    view_task,
)
from services.followups.tables import task_endings, tasks


class AssigneeChoice(TaskChoice):
    """Which tasks are counted, and how many of each person or queue are shown."""

    most: Annotated[
        int, Field(ge=0, le=100, description="The most urgent tasks of each, at most so many.")
    ] = 0


class AssigneeView(BaseModel):
    """A person or queue with the number of its tasks, of those that are overdue, and the most urgent ones."""

    assignee: str
    total: int
    overdue: int
    tasks: list[TaskView]


class AssigneesView(BaseModel):
    """Who has tasks: those with most overdue first, then those with most."""

    assignees: list[AssigneeView]


async def list_assignees(session: AsyncSession, wanted: AssigneeChoice, *, now: datetime) -> AssigneesView:
    """Count tasks by assignee and read the most urgent ones of each; overdue is seen from `now`."""
    urgent = await _most_urgent(session, wanted, now=now) if wanted.most else {}
    overdue = func.sum(cast(is_overdue(now), Integer))
    columns: list[ColumnElement[Any]] = [_NAME, func.count(), overdue]
    counted = select(*columns).select_from(_TASKS).group_by(_NAME)
    found = [
        AssigneeView(assignee=name, total=total, overdue=late, tasks=urgent.get(name, []))
        for name, total, late in await session.execute(chosen(counted, wanted, now=now))
    ]
    return AssigneesView(
        assignees=sorted(found, key=lambda each: (-each.overdue, -each.total, each.assignee))
    )


_NAME = func.coalesce(tasks.c.assignee_name, tasks.c.state["assignee"]["role"].astext).label("assignee")
_TASKS = tasks.outerjoin(task_endings, task_endings.c.task_id == tasks.c.task_id)


async def _most_urgent(
    session: AsyncSession, wanted: AssigneeChoice, *, now: datetime
) -> dict[str, list[TaskView]]:
    place = func.row_number().over(partition_by=_NAME, order_by=BY_PRIORITY)
    ranked = chosen(
        select(tasks.c.task_id, place.label("place")).select_from(_TASKS), wanted, now=now
    ).subquery()
    first = select(ranked.c.task_id).where(ranked.c.place <= wanted.most)
    statement = shown_tasks(now).add_columns(_NAME)
    statement = statement.where(tasks.c.task_id.in_(first)).order_by(*BY_PRIORITY)
    found: dict[str, list[TaskView]] = {}
    for row in (await session.execute(statement)).mappings():
        found.setdefault(row[_NAME], []).append(view_task(row))
    return found
