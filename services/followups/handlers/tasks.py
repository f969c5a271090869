"""Tasks as the work of people: taken on, done, or put aside."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from contracts.events import EventData
from contracts.followups import TaskAccepted, TaskCompleted, TaskDismissed
from contracts.rules import TaskState
from services.followups.domain.people import UnknownPersonError
from services.followups.domain.tasks import EndedAs, Ending, FollowUpTask, UnknownTaskError
from services.followups.repository import PEOPLE, add_ending, lock_task, put_acceptance
from services.shared.preconditions import ALWAYS, Precondition
from services.shared.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Act:
    """Somebody (None: nobody says who) does something to a task, seen in the version of the precondition."""

    task_id: UUID
    person_id: UUID | None
    precondition: Precondition = ALWAYS


async def accept_task(
    task_id: UUID, *, person_id: UUID, unit: UnitOfWork, precondition: Precondition = ALWAYS
) -> None:
    """Let a person take a task on; nothing is said when they have it already. Raises TaskTakenError."""
    task, state = await _load_task(Act(task_id, person_id, precondition), unit)
    told = TaskState.model_validate(state)
    acceptance = task.accept(person_id=person_id, assignee_id=told.assignee.person_id, now=unit.now)
    if acceptance is None:
        return
    await put_acceptance(unit.session, task, acceptance)
    event = TaskAccepted(
        task_id=task_id,
        customer_id=told.customer_id,
        person_id=acceptance.person_id,
        accepted_at=acceptance.accepted_at,
    )
    _say(event, task, told, unit)


async def complete_task(act: Act, *, answers: Mapping[str, str], unit: UnitOfWork) -> None:
    """Take a person's "done" for a task; nothing is said when the task has ended already."""
    task, state = await _load_task(act, unit)
    if ending := task.complete(person_id=act.person_id, answers=answers, now=unit.now):
        await _end(task, ending, state, unit)


async def dismiss_task(act: Act, *, reason: str, unit: UnitOfWork) -> None:
    """Put a task aside, for a reason; nothing is said when the task has ended already."""
    task, state = await _load_task(act, unit)
    if ending := task.dismiss(person_id=act.person_id, reason=reason, now=unit.now):
        await _end(task, ending, state, unit)


async def _load_task(act: Act, unit: UnitOfWork) -> tuple[FollowUpTask, dict[str, Any]]:
    if act.person_id and not await PEOPLE.find(unit.session, act.person_id):
        raise UnknownPersonError(person_id=act.person_id)
    found = await lock_task(unit.session, act.task_id)
    if found is None:
        raise UnknownTaskError(task_id=act.task_id)
    act.precondition.check(found[0].version)
    return found


async def _end(task: FollowUpTask, ending: Ending, state: dict[str, Any], unit: UnitOfWork) -> None:
    await add_ending(unit.session, task, ending)
    event = TaskCompleted if ending.ended_as is EndedAs.COMPLETED else TaskDismissed
    told = TaskState.model_validate(state)
    said = event(
        task_id=task.task_id,
        customer_id=told.customer_id,
        person_id=ending.person_id,
        ended_at=ending.ended_at,
        answered=ending.answered,
    )
    _say(said, task, told, unit)


def _say(event: EventData, task: FollowUpTask, told: TaskState, unit: UnitOfWork) -> None:
    unit.emit(
        event,
        record_id=task.task_id,
        sequence=task.own_sequence,
        subject=told.subject.id,
        customer_id=told.customer_id,
    )
