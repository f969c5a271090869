"""Routes of the opportunities service."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.opportunities import queries
from services.opportunities.queries import OpportunityFilter, OpportunityView
from services.shared.database import Database
from services.shared.paging import Page


def make_router(database: Database) -> APIRouter:
    """Return the routes, which read from this database."""
    router = APIRouter(prefix="/v1/opportunities", tags=["opportunities"])

    @router.get("")
    async def list_opportunities(wanted: Annotated[OpportunityFilter, Query()]) -> Page[OpportunityView]:
        """Opportunities, by customer, owner, status and stage."""
        async with database.session() as session:
            return await queries.list_opportunities(session, wanted)

    @router.get("/{opportunity_id}")
    async def read_opportunity(opportunity_id: UUID) -> OpportunityView:
        """One opportunity."""
        async with database.session() as session:
            return await queries.read_opportunity(session, opportunity_id)

    return router
