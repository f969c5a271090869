"""Routes of the followups service."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from services.followups import queries
from services.followups.handlers.tasks import complete_task, dismiss_task
from services.followups.queries import (
    FollowUpFilter,
    FollowUpView,
    PersonView,
    PlanFilter,
    PlanView,
    TaskFilter,
    TaskView,
)
from services.shared.clock import Clock
from services.shared.database import Database
from services.shared.paging import Page, Paging
from services.shared.unit_of_work import unit_of_work


class Completion(BaseModel):
    """A person's "done", with the answers that the task asks for."""

    model_config = ConfigDict(extra="forbid")

    person: UUID | None = None
    answers: Mapping[str, str] = Field(default_factory=dict)


class Dismissal(BaseModel):
    """Why a person puts a task aside."""

    model_config = ConfigDict(extra="forbid")

    person: UUID | None = None
    reason: str


def make_router(database: Database, clock: Clock) -> APIRouter:
    """Return the routes, which work on this database."""
    router = APIRouter(prefix="/v1", tags=["followups"])
    _add_records(router, database)
    _add_tasks(router, database, clock)
    return router


def _add_records(router: APIRouter, database: Database) -> None:
    @router.get("/people")
    async def list_people(paging: Annotated[Paging, Query()]) -> Page[PersonView]:
        """Our own people."""
        async with database.session() as session:
            return await queries.list_people(session, paging)

    @router.get("/plans")
    async def list_plans(wanted: Annotated[PlanFilter, Query()]) -> Page[PlanView]:
        """Follow-up plans, by customer, owner and status."""
        async with database.session() as session:
            return await queries.list_plans(session, wanted)

    @router.get("/follow-ups")
    async def list_follow_ups(wanted: Annotated[FollowUpFilter, Query()]) -> Page[FollowUpView]:
        """Records of contacts, by customer, opportunity and person."""
        async with database.session() as session:
            return await queries.list_follow_ups(session, wanted)


def _add_tasks(router: APIRouter, database: Database, clock: Clock) -> None:
    @router.get("/tasks")
    async def list_tasks(wanted: Annotated[TaskFilter, Query()]) -> Page[TaskView]:
        """Tasks, by assignee, status, kind and customer, overdue ones or not."""
        async with database.session() as session:
            return await queries.list_tasks(session, wanted, now=clock.now())

    @router.get("/tasks/{task_id}")
    async def read_task(task_id: UUID) -> TaskView:
        """One task."""
        async with database.session() as session:
            return await queries.read_task(session, task_id, now=clock.now())

    @router.post("/tasks/{task_id}/complete")
    async def complete(task_id: UUID, done: Completion) -> TaskView:
        """Say that a task is done, with the answers it asks for; refused while only facts can end it."""
        async with unit_of_work(database, now=clock.now()) as unit:
            await complete_task(task_id, person_id=done.person, answers=done.answers, unit=unit)
        return await read_task(task_id)

    @router.post("/tasks/{task_id}/dismiss")
    async def dismiss(task_id: UUID, aside: Dismissal) -> TaskView:
        """Put a task aside for this episode, for a reason."""
        async with unit_of_work(database, now=clock.now()) as unit:
            await dismiss_task(task_id, person_id=aside.person, reason=aside.reason, unit=unit)
        return await read_task(task_id)
