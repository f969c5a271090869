"""Tasks as the work of people: done, or put aside."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from contracts.followups import TaskCompleted, TaskDismissed
from contracts.rules import TaskState
from services.followups.domain import EndedAs, Ending, FollowUpTask, UnknownPersonError, UnknownTaskError
from services.followups.repository import PEOPLE, add_ending, lock_task
from services.shared.unit_of_work import UnitOfWork


async def complete_task(
    task_id: UUID, *, person_id: UUID | None, answers: Mapping[str, str], unit: UnitOfWork
) -> None:
    """Take a person's "done" for a task; nothing is said when the task has ended already."""
    task, state = await _load_task(task_id, person_id, unit)
    if ending := task.complete(person_id=person_id, answers=answers, now=unit.now):
        await _end(task, ending, state, unit)


async def dismiss_task(task_id: UUID, *, person_id: UUID | None, reason: str, unit: UnitOfWork) -> None:
    """Put a task aside, for a reason; nothing is said when the task has ended already."""
    task, state = await _load_task(task_id, person_id, unit)
    if ending := task.dismiss(person_id=person_id, reason=reason, now=unit.now):
        await _end(task, ending, state, unit)


async def _load_task(
    task_id: UUID, person_id: UUID | None, unit: UnitOfWork
) -> tuple[FollowUpTask, dict[str, Any]]:
    if person_id and not await PEOPLE.lock(unit.session, [person_id]):
        raise UnknownPersonError(person_id=person_id)
    found = await lock_task(unit.session, task_id)
    if found is None:
        raise UnknownTaskError(task_id=task_id)
    return found


async def _end(task: FollowUpTask, ending: Ending, state: dict[str, Any], unit: UnitOfWork) -> None:
    await add_ending(unit.session, task, ending)
    event = TaskCompleted if ending.ended_as is EndedAs.COMPLETED else TaskDismissed
    told = TaskState.model_validate(state)
    unit.emit(
        event(
            task_id=task.task_id,
            customer_id=told.customer_id,
            person_id=ending.person_id,
            ended_at=ending.ended_at,
            answered=ending.answered,
        ),
        record_id=task.task_id,
        sequence=task.own_sequence,
        subject=told.subject.id,
        customer_id=told.customer_id,
    )
