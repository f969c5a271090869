"""Routes of follow-up plans."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from contracts.inputs import Line, Moment, Paragraph
from contracts.vocabulary import Channel, PlanStatus
from services.followups.handlers.plans import enter_plan, update_plan
from services.followups.handlers.references import resolved
from services.followups.queries.plans import PlanFilter, PlanView, list_plans, read_plan
from services.shared.database import Database
from services.shared.http import UNLESS_GIVEN, Body, IfMatch, Once, Tag, Unit, problems
from services.shared.paging import Page


class PlanChanges(Body):
    """What is to change about a plan; what is not given stays."""

    owner_id: UUID | None = None
    assignee_id: UUID | None = None
    status: PlanStatus = UNLESS_GIVEN
    stage: Line | None = None
    milestone_at: Moment | None = None
    channel: Channel | None = None
    action: Paragraph | None = None
    expected_outcome: Paragraph = UNLESS_GIVEN
    due_at: Moment = UNLESS_GIVEN


class NewPlan(PlanChanges):
    """What is to be done for a customer; by hand not without a deadline and an expected outcome (R095)."""

    customer_id: UUID
    expected_outcome: Paragraph
    due_at: Moment


def add_routes(router: APIRouter, database: Database) -> None:
    """Add the routes of plans."""

    @router.get("/plans")
    async def list_all_plans(wanted: Annotated[PlanFilter, Query()]) -> Page[PlanView]:
        """Follow-up plans, by customer, owner, assignee and status."""
        async with database.session() as session:
            return await list_plans(session, wanted)

    @router.post("/plans", status_code=201)
    async def create_plan(new: NewPlan, unit: Once, tag: Tag) -> PlanView:
        """Enter a plan."""
        plan_id = await enter_plan(await resolved(new.given(), unit), unit)
        view = await read_plan(unit.session, plan_id)
        return tag(view, view.sequence)

    @router.get("/plans/{plan_id}", responses=problems(404))
    async def read_one_plan(plan_id: UUID, tag: Tag) -> PlanView:
        """One plan."""
        async with database.session() as session:
            view = await read_plan(session, plan_id)
        return tag(view, view.sequence)

    @router.patch("/plans/{plan_id}", responses=problems(404))
    async def change_plan(
        plan_id: UUID, changes: PlanChanges, unit: Unit, seen: IfMatch, tag: Tag
    ) -> PlanView:
        """Change a plan."""
        await update_plan(plan_id, await resolved(changes.given(), unit), unit, precondition=seen)
        view = await read_plan(unit.session, plan_id)
        return tag(view, view.sequence)
