"""Routes of the opportunities service."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.opportunities import queries
from services.opportunities.api.bodies import Held, Lost, Moved, NewOpportunity, OpportunityChanges, Won
from services.opportunities.handlers import opportunities as handlers
from services.opportunities.handlers.references import resolved
from services.opportunities.queries import ChangeView, OpportunityFilter, OpportunityView
from services.shared.clock import Clock
from services.shared.database import Database
from services.shared.http import IfMatch, Once, Tag, Unit, problems, service_router
from services.shared.http.versions import Tagger
from services.shared.paging import Page, Paging
from services.shared.unit_of_work import UnitOfWork


def make_router(database: Database, clock: Clock, *, currency: str, patience: float) -> APIRouter:
    """Return the routes, which work on this database; amounts are in this currency."""
    router = service_router(
        database, clock, prefix="/v1/opportunities", tags=["opportunities"], patience=patience
    )
    _add_reads(router, database)
    _add_records(router, currency)
    _add_moves(router)
    _add_ends(router, currency)
    return router


def _add_reads(router: APIRouter, database: Database) -> None:
    @router.get("")
    async def list_opportunities(wanted: Annotated[OpportunityFilter, Query()]) -> Page[OpportunityView]:
        """Opportunities, by customer, owner, status, stage and name."""
        async with database.session() as session:
            return await queries.list_opportunities(session, wanted)

    @router.get("/{opportunity_id}", responses=problems(404))
    async def read_opportunity(opportunity_id: UUID, tag: Tag) -> OpportunityView:
        """One opportunity."""
        async with database.session() as session:
            view = await queries.read_opportunity(session, opportunity_id)
        return tag(view, view.sequence)

    @router.get("/{opportunity_id}/history", responses=problems(404))
    async def read_history(opportunity_id: UUID, paging: Annotated[Paging, Query()]) -> Page[ChangeView]:
        """What happened to an opportunity since it was entered: its moves, and which fields changed."""
        async with database.session() as session:
            return await queries.read_history(session, opportunity_id, paging)


def _add_records(router: APIRouter, currency: str) -> None:
    @router.post("", status_code=201)
    async def create_opportunity(new: NewOpportunity, unit: Once, tag: Tag) -> OpportunityView:
        """Enter an opportunity, open; it has entered its stage now unless it says when."""
        values = await resolved(new.given(), unit, currency=currency)
        entered = {"stage_entered_at": unit.now, **values}
        return await _shown(await handlers.create_opportunity(entered, unit), unit, tag)

    @router.patch("/{opportunity_id}", responses=problems(404))
    async def change_opportunity(
        opportunity_id: UUID, changes: OpportunityChanges, unit: Unit, seen: IfMatch, tag: Tag
    ) -> OpportunityView:
        """Change an opportunity; amount, close date and decision maker count as progress."""
        values = await resolved(changes.given(), unit, currency=currency)
        await handlers.update_opportunity(opportunity_id, values, unit, precondition=seen)
        return await _shown(opportunity_id, unit, tag)


def _add_moves(router: APIRouter) -> None:
    @router.post("/{opportunity_id}/stage", responses=problems(404))
    async def change_stage(
        opportunity_id: UUID, moved: Moved, unit: Once, seen: IfMatch, tag: Tag
    ) -> OpportunityView:
        """Move an opportunity to a stage, now."""
        await handlers.change_stage(opportunity_id, moved.stage, unit, precondition=seen)
        return await _shown(opportunity_id, unit, tag)

    @router.post("/{opportunity_id}/hold", responses=problems(404))
    async def hold(opportunity_id: UUID, held: Held, unit: Once, seen: IfMatch, tag: Tag) -> OpportunityView:
        """Let an opportunity rest until an instant to come, for a reason; again moves that instant."""
        await handlers.hold(
            opportunity_id, until=held.until, reason=held.reason, unit=unit, precondition=seen
        )
        return await _shown(opportunity_id, unit, tag)

    @router.post("/{opportunity_id}/resume", responses=problems(404))
    async def resume(opportunity_id: UUID, unit: Once, seen: IfMatch, tag: Tag) -> OpportunityView:
        """End the hold of an opportunity; the stall clock runs from now."""
        await handlers.resume(opportunity_id, unit, precondition=seen)
        return await _shown(opportunity_id, unit, tag)


def _add_ends(router: APIRouter, currency: str) -> None:
    @router.post("/{opportunity_id}/win", responses=problems(404))
    async def win(opportunity_id: UUID, won: Won, unit: Once, seen: IfMatch, tag: Tag) -> OpportunityView:
        """Close an opportunity as won, now or earlier; without an amount the expected one counts."""
        await resolved(won.given(), unit, currency=currency)
        at = won.closed_at or unit.now
        await handlers.win(opportunity_id, amount=won.amount, closed_at=at, unit=unit, precondition=seen)
        return await _shown(opportunity_id, unit, tag)

    @router.post("/{opportunity_id}/lose", responses=problems(404))
    async def lose(opportunity_id: UUID, lost: Lost, unit: Once, seen: IfMatch, tag: Tag) -> OpportunityView:
        """Close an opportunity as lost, now or earlier, for a reason (R150)."""
        at = lost.closed_at or unit.now
        await handlers.lose(opportunity_id, reason=lost.reason, closed_at=at, unit=unit, precondition=seen)
        return await _shown(opportunity_id, unit, tag)


async def _shown(opportunity_id: UUID, unit: UnitOfWork, tag: Tagger) -> OpportunityView:
    view = await queries.read_opportunity(unit.session, opportunity_id)
    return tag(view, view.sequence)
