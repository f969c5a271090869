"""Follow-up plans as they are shown."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.vocabulary import Channel, PlanStatus
from services.followups.domain.plans import UnknownPlanError
from services.followups.queries.views import RecordView
from services.followups.repository import PLANS
from services.followups.tables import plans
from services.shared.paging import Page, Paging, narrowed, page_of


class PlanView(RecordView):
    """A follow-up plan."""

    key: ClassVar[str] = "plan_id"

    plan_id: UUID
    customer_id: UUID
    owner_id: UUID | None
    assignee_id: UUID | None
    status: PlanStatus
    stage: str | None
    milestone_at: datetime | None
    channel: Channel | None
    action: str | None
    expected_outcome: str | None
    due_at: datetime | None


class PlanFilter(Paging):
    """Which plans are asked for; what is not given does not narrow."""

    customer: UUID | None = None
    owner: UUID | None = None
    assignee: UUID | None = None
    status: PlanStatus | None = None


async def list_plans(session: AsyncSession, wanted: PlanFilter) -> Page[PlanView]:
    """List plans, in the order in which they were entered."""
    columns = plans.c
    equal: dict[ColumnElement[Any], object] = {
        columns.customer_id: wanted.customer,
        columns.owner_id: wanted.owner,
        columns.assignee_id: wanted.assignee,
        columns.status: wanted.status,
    }
    statement = narrowed(PLANS.select(), equal)
    return await page_of(session, statement, wanted, key=columns.plan_id, view=PlanView.model_validate)


async def read_plan(session: AsyncSession, plan_id: UUID) -> PlanView:
    """Read one plan; raises UnknownPlanError."""
    found = await PLANS.find(session, plan_id)
    if found is None:
        raise UnknownPlanError(plan_id=plan_id)
    return PlanView.model_validate(found)
