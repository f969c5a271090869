"""Tasks by who has them: how many, and the most urgent of each."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field
from sqlalchemy import Integer, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.followups.queries.tasks import (
    TaskChoice,
    TaskView,
    by_urgency,
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
    name = tasks.c.assignee_name
    overdue = func.sum(cast(is_overdue(now), Integer))
    counted = select(name, func.count().label("total"), overdue.label("overdue")).select_from(_TASKS)
    statement = (
        chosen(counted, wanted, now=now).group_by(name).order_by(overdue.desc(), func.count().desc(), name)
    )
    return AssigneesView(
        assignees=[
            AssigneeView(assignee=assignee, total=total, overdue=late, tasks=urgent.get(assignee, []))
            for assignee, total, late in await session.execute(statement)
        ]
    )


_TASKS = tasks.outerjoin(task_endings, task_endings.c.task_id == tasks.c.task_id)


async def _most_urgent(
    session: AsyncSession, wanted: AssigneeChoice, *, now: datetime
) -> dict[str, list[TaskView]]:
    order = (*by_urgency(now), tasks.c.task_id)
    place = func.row_number().over(partition_by=tasks.c.assignee_name, order_by=order)
    ranked = chosen(
        select(tasks.c.task_id, place.label("place")).select_from(_TASKS), wanted, now=now
    ).subquery()
    first = select(ranked.c.task_id).where(ranked.c.place <= wanted.most)
    statement = shown_tasks(now).add_columns(tasks.c.assignee_name)
    statement = statement.where(tasks.c.task_id.in_(first)).order_by(*order)
    found: dict[str, list[TaskView]] = {}
    for row in (await session.execute(statement)).mappings():
        found.setdefault(row["assignee_name"], []).append(view_task(row))
    return found
