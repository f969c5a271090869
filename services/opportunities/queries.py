"""Read-only views of opportunities."""

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ColumnElement, RowMapping, select
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.events import SourceRef
from contracts.money import Money
from contracts.vocabulary import OpportunityStage, OpportunityStatus
from services.opportunities.domain import UnknownOpportunityError
from services.opportunities.repository import OPPORTUNITIES
from services.opportunities.tables import opportunities, opportunity_changes
from services.shared.paging import Page, Paging, narrowed, page_of


class OpportunityView(BaseModel):
    """An opportunity as it is shown."""

    model_config = ConfigDict(from_attributes=True)

    key: ClassVar[str] = "opportunity_id"

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
    source_refs: tuple[SourceRef, ...]
    expected_amount: Money | None
    expected_close_on: date | None
    decision_maker_id: UUID | None
    competition: str | None
    held_until: datetime | None
    hold_reason: str | None
    closed_at: datetime | None
    amount: Money | None
    lost_reason: str | None
    sequence: int


class FieldChangeView(BaseModel):
    """A field that differs after a change, with its values before and after."""

    field: str
    before: Any
    after: Any


class ChangeView(BaseModel):
    """One thing that happened to an opportunity, such as `stage_changed`; `sequence` is what it led to."""

    model_config = ConfigDict(from_attributes=True)

    change_id: UUID
    opportunity_id: UUID
    sequence: int
    event: str
    changed_at: datetime
    fields: tuple[FieldChangeView, ...]


class OpportunityFilter(Paging):
    """Which opportunities are asked for; what is not given does not narrow."""

    customer: UUID | None = None
    owner: UUID | None = None
    status: OpportunityStatus | None = None
    stage: OpportunityStage | None = None
    q: str | None = Field(None, description="A part of the name.")


async def list_opportunities(session: AsyncSession, wanted: OpportunityFilter) -> Page[OpportunityView]:
    """List opportunities, in the order in which they were entered."""
    columns = opportunities.c
    tests: list[ColumnElement[bool]] = []
    if wanted.q:
        tests.append(columns.name.icontains(wanted.q.strip(), autoescape=True))
    statement = narrowed(
        OPPORTUNITIES.select(),
        {
            columns.customer_id: wanted.customer,
            columns.owner_id: wanted.owner,
            columns.status: wanted.status,
            columns.stage: wanted.stage,
        },
        *tests,
    )
    return await page_of(session, statement, wanted, key=columns.opportunity_id, view=_view)


async def read_opportunity(session: AsyncSession, opportunity_id: UUID) -> OpportunityView:
    """Read one opportunity; raises UnknownOpportunityError."""
    found = await OPPORTUNITIES.find(session, opportunity_id)
    if found is None:
        raise UnknownOpportunityError(opportunity_id=opportunity_id)
    return OpportunityView.model_validate(found)


async def read_history(session: AsyncSession, opportunity_id: UUID, paging: Paging) -> Page[ChangeView]:
    """List what happened to an opportunity since it was entered, in order; UnknownOpportunityError."""
    await read_opportunity(session, opportunity_id)
    columns = opportunity_changes.c
    statement = select(opportunity_changes).where(columns.opportunity_id == opportunity_id)
    return await page_of(session, statement, paging, key=columns.change_id, view=ChangeView.model_validate)


def _view(row: RowMapping) -> OpportunityView:
    return OpportunityView.model_validate(OPPORTUNITIES.read(row))
