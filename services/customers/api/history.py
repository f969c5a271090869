"""Routes of what happened to a customer."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.customers.queries.history import ChangeView, MomentView, list_changes, list_moments
from services.shared.database import Database
from services.shared.http import problems
from services.shared.paging import Page, Paging


def add_routes(router: APIRouter, database: Database) -> None:
    """Add the routes of history and timeline."""

    @router.get("/{customer_id}/history", responses=problems(404))
    async def read_history(customer_id: UUID, paging: Annotated[Paging, Query()]) -> Page[ChangeView]:
        """Which fields of a customer, its contacts and its purchases changed: what, when, by what means.

        Personal data of contacts is masked, before and after.
        """
        async with database.session() as session:
            return await list_changes(session, customer_id, paging)

    @router.get("/{customer_id}/timeline", responses=problems(404))
    async def read_timeline(customer_id: UUID, paging: Annotated[Paging, Query()]) -> Page[MomentView]:
        """Everything about a customer, in order of time (R119).

        Its entry and changes, contacts and purchases, what became of its opportunities, contacts that were
        held and written down, plans, tasks and notices, and its grades; what other services tell comes a
        moment later. Free text stays with its record: /v1/follow-ups, /v1/plans, /v1/tasks.
        """
        async with database.session() as session:
            return await list_moments(session, customer_id, paging)
