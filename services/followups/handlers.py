"""What happens on each order and each thing heard: load, decide, save, say."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from contracts import followups as events
from contracts.rules import TaskState
from services.followups.domain import EndedAs, Ending, FollowUpPlan, FollowUpRecord, FollowUpTask, Person
from services.followups.repository import PEOPLE, add_ending, lock_task
from services.followups.tables import tasks
from services.shared.errors import NotFoundError, RefusedError
from services.shared.records import Heard, event_from
from services.shared.unit_of_work import UnitOfWork


class UnknownTaskError(NotFoundError):
    """There is no task {task_id}."""

    slug = "unknown_task"
    zh = "没有编号为 {task_id} 的任务。"
    task_id: UUID


class UnknownPersonError(RefusedError):
    """There is no person {person_id}."""

    slug = "unknown_person"
    zh = "没有编号为 {person_id} 的人员。"
    person_id: UUID


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


def task_heard(state: TaskState, sequence: int) -> Heard:
    """Make the row for a task as the rules tell it; how a person ended it is kept apart and outranks it."""
    row = {
        "task_id": state.task_id,
        "customer_id": state.customer_id,
        "sequence": sequence,
        "obligation": state.status.value,
        "kind": state.kind.value,
        "assignee_id": state.assignee.person_id,
        "assignee_name": state.assignee.name or state.assignee.queue,
        "due_at": state.due_at,
        "state": state.model_dump(mode="json"),
    }
    return Heard(tasks, row)


def say_person(person: Person, unit: UnitOfWork) -> None:
    """Emit an event with the whole state of a person."""
    unit.emit(
        event_from(events.PersonChanged, person),
        record_id=person.person_id,
        sequence=person.sequence,
        subject=person.person_id,
        customer_id=None,
    )


def say_plan(plan: FollowUpPlan, unit: UnitOfWork) -> None:
    """Emit an event with the whole state of a plan, except its free text."""
    at = plan.milestone_at
    milestones = (events.Milestone(at=at, channel=plan.channel),) if at else ()
    has_outcome = bool(plan.expected_outcome)
    unit.emit(
        event_from(events.PlanChanged, plan, milestones=milestones, has_outcome=has_outcome),
        record_id=plan.plan_id,
        sequence=plan.sequence,
        subject=plan.customer_id,
        customer_id=plan.customer_id,
    )


def say_follow_up(record: FollowUpRecord, unit: UnitOfWork) -> None:
    """Emit an event with what a record of a contact shows, except its free text."""
    shown = {"responded": record.has_response, "objection": record.objection_kind}
    unit.emit(
        event_from(events.FollowUpRecorded, record, **shown),
        record_id=record.follow_up_id,
        sequence=record.sequence,
        subject=record.customer_id,
        customer_id=record.customer_id,
    )


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
    event = events.TaskCompleted if ending.ended_as is EndedAs.COMPLETED else events.TaskDismissed
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
