"""Read-only views of opportunities."""

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.money import Money
from contracts.vocabulary import OpportunityStage, OpportunityStatus
from services.opportunities.domain import UnknownOpportunityError
from services.opportunities.repository import OPPORTUNITIES
from services.opportunities.tables import opportunities
from services.shared.paging import Page, Paging, narrowed, page_of


class OpportunityView(BaseModel):
    """An opportunity as it is shown."""

    model_config = ConfigDict(from_attributes=True)

    opportunity_id: UUID
    customer_id: UUID
    name: str
    owner_id: UUID | None
    status: OpportunityStatus
    stage: OpportunityStage
    stage_entered_at: datetime
    stage_estimated: bool
    progressed_at: datetime
    updated_at: datetime
    expected_amount: Money | None
    expected_close_on: date | None
    competition: str | None
    held_until: datetime | None
    hold_reason: str | None
    closed_at: datetime | None
    amount: Money | None
    lost_reason: str | None
    sequence: int


class OpportunityFilter(Paging):
    """Which opportunities are asked for; what is not given does not narrow."""

    customer: UUID | None = None
    owner: UUID | None = None
    status: OpportunityStatus | None = None
    stage: OpportunityStage | None = None


async def list_opportunities(session: AsyncSession, wanted: OpportunityFilter) -> Page[OpportunityView]:
    """List opportunities, in the order in which they were entered."""
    columns = opportunities.c
    statement = narrowed(
        select(opportunities),
        {
            columns.customer_id: wanted.customer,
            columns.owner_id: wanted.owner,
            columns.status: wanted.status,
            columns.stage: wanted.stage,
        },
    )
    return await page_of(session, statement, wanted, key=columns.opportunity_id, view=_view)


async def read_opportunity(session: AsyncSession, opportunity_id: UUID) -> OpportunityView:
    """Read one opportunity; raises UnknownOpportunityError."""
    found = await OPPORTUNITIES.find(session, opportunity_id)
    if found is None:
        raise UnknownOpportunityError(opportunity_id=opportunity_id)
    return OpportunityView.model_validate(found)


def _view(row: RowMapping) -> OpportunityView:
    return OpportunityView.model_validate(OPPORTUNITIES.read(row))
