"""People, plans, records and tasks in and out of PostgreSQL."""

from collections.abc import Collection
from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.followups import tables
from services.followups.domain import (
    Ending,
    FollowUpPlan,
    FollowUpRecord,
    FollowUpTask,
    Person,
)
from services.followups.tables import people, task_endings, tasks
from services.shared.records import Records

PEOPLE = Records(people, Person)
PLANS = Records(tables.plans, FollowUpPlan)
FOLLOW_UPS = Records(tables.follow_ups, FollowUpRecord)


async def people_by_key(session: AsyncSession, natural_keys: Collection[str]) -> list[tuple[str, UUID]]:
    """Find people by their normalised name."""
    columns = people.c
    statement = select(columns.natural_key, columns.person_id).where(columns.natural_key.in_(natural_keys))
    return [(key, person_id) for key, person_id in await session.execute(statement)]


async def lock_task(session: AsyncSession, task_id: UUID) -> tuple[FollowUpTask, dict[str, Any]] | None:
    """Read a task and the state that the rules told, and lock it until the transaction ends."""
    row = (await session.execute(select(tasks).where(tasks.c.task_id == task_id).with_for_update())).first()
    if row is None:
        return None
    # Read after the lock, so that of two people the second one sees what the first one did.
    ended = (await session.execute(select(task_endings).where(task_endings.c.task_id == task_id))).first()
    ending = None
    if ended:
        ending = Ending(ended.ended_as, ended.ended_at, ended.person_id, ended.answers, ended.reason)
    task = FollowUpTask(
        task_id=task_id,
        obligation=row.obligation,
        completes=row.state["completes"],
        cures=tuple(row.state["cures"]),
        asks=tuple(row.state["asks"]),
        ending=ending,
        own_sequence=ended.sequence if ended else 0,
    )
    return task, row.state


async def add_ending(session: AsyncSession, task: FollowUpTask, ending: Ending) -> None:
    """Keep a person's last word on a task."""
    row = {**asdict(ending), "task_id": task.task_id, "sequence": task.own_sequence}
    await session.execute(insert(task_endings).values(row))
