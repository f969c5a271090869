"""Routes of tasks: what people are asked to do, and what they did."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field, StringConstraints

from services.followups.handlers.tasks import Act, accept_task, complete_task, dismiss_task
from services.followups.queries.assignees import AssigneeChoice, AssigneesView, list_assignees
from services.followups.queries.tasks import TaskFilter, TaskView, list_tasks, read_task
from services.shared.clock import Clock
from services.shared.database import Database
from services.shared.http import Body, IfMatch, Once, Tag, problems
from services.shared.http.versions import Tagger
from services.shared.paging import Page

Words = Annotated[str, StringConstraints(max_length=4000)]
"""Free text; whether it may be empty the task decides."""


class Acceptance(Body):
    """Who takes a task on."""

    person: UUID


class Completion(Body):
    """A person's "done", with the answers that the task asks for."""

    person: UUID | None = None
    answers: Annotated[Mapping[str, Words], Field(max_length=50)] = Field(default_factory=dict)


class Dismissal(Body):
    """Why a person puts a task aside."""

    person: UUID | None = None
    reason: Words


def add_reads(router: APIRouter, database: Database, clock: Clock) -> None:
    """Add the routes that show tasks."""

    @router.get("/tasks")
    async def list_all_tasks(wanted: Annotated[TaskFilter, Query()]) -> Page[TaskView]:
        """Tasks, by assignee, status, kind, subject and customer, overdue ones or not, in some order."""
        async with database.session() as session:
            return await list_tasks(session, wanted, now=clock.now())

    @router.get("/tasks/by-assignee")
    async def list_all_assignees(wanted: Annotated[AssigneeChoice, Query()]) -> AssigneesView:
        """How many tasks each person or queue has, how many are overdue, and the most urgent of each."""
        async with database.session() as session:
            return await list_assignees(session, wanted, now=clock.now())

    @router.get("/tasks/{task_id}", responses=problems(404))
    async def read_one_task(task_id: UUID, tag: Tag) -> TaskView:
        """One task."""
        async with database.session() as session:
            return _tagged(await read_task(session, task_id, now=clock.now()), tag)


def add_acts(router: APIRouter) -> None:
    """Add the routes by which people say what they do about tasks."""

    @router.post("/tasks/{task_id}/accept", responses=problems(404, 409))
    async def accept(task_id: UUID, taken: Acceptance, unit: Once, seen: IfMatch, tag: Tag) -> TaskView:
        """Take a task on; refused (`task-taken`) while another person has it."""
        await accept_task(task_id, person_id=taken.person, unit=unit, precondition=seen)
        return _tagged(await read_task(unit.session, task_id, now=unit.now), tag)

    @router.post("/tasks/{task_id}/complete", responses=problems(404, 409))
    async def complete(task_id: UUID, done: Completion, unit: Once, seen: IfMatch, tag: Tag) -> TaskView:
        """Say that a task is done, with the answers it asks for; refused while only facts can end it."""
        await complete_task(Act(task_id, done.person, seen), answers=done.answers, unit=unit)
        return _tagged(await read_task(unit.session, task_id, now=unit.now), tag)

    @router.post("/tasks/{task_id}/dismiss", responses=problems(404, 409))
    async def dismiss(task_id: UUID, aside: Dismissal, unit: Once, seen: IfMatch, tag: Tag) -> TaskView:
        """Put a task aside for this episode, for a reason."""
        await dismiss_task(Act(task_id, aside.person, seen), reason=aside.reason, unit=unit)
        return _tagged(await read_task(unit.session, task_id, now=unit.now), tag)


def _tagged(view: TaskView, tag: Tagger) -> TaskView:
    return tag(view, view.version, also="overdue" if view.is_overdue else "")
