"""Routes of contact data in plain words, and of who has seen it (K8, A17)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from services.customers.api.bodies import RevealReason
from services.customers.handlers.reveals import reveal_contact
from services.customers.queries.contacts import PlainContactView
from services.customers.queries.reveals import RevealFilter, RevealView, list_reveals
from services.customers.repository import ContactRecords
from services.shared.auth import Permission, Principal, permitted
from services.shared.database import Database
from services.shared.http import Unit, problems
from services.shared.paging import Page

MAY_REVEAL = Depends(permitted(Permission.REVEAL_CONTACTS))


def add_routes(router: APIRouter, database: Database, records: ContactRecords) -> None:
    """Add the routes of reveals; before those of customers, whose paths have an id in the place of a word."""

    @router.get("/reveals", responses=problems(403), dependencies=[MAY_REVEAL])
    async def list_all_reveals(wanted: Annotated[RevealFilter, Query()]) -> Page[RevealView]:
        """Who looked at which contact data, in order of time; for who may look at it."""
        async with database.session() as session:
            return await list_reveals(session, wanted)

    # Without Idempotency-Key: its answer would be kept, and this one is kept nowhere.
    @router.post("/{customer_id}/contacts/{contact_id}/reveal", responses=problems(403, 404))
    async def reveal_one_contact(
        customer_id: UUID,
        contact_id: UUID,
        *,
        given: RevealReason | None = None,
        caller: Annotated[Principal, MAY_REVEAL],
        response: Response,
        unit: Unit,
    ) -> PlainContactView:
        """Show a contact in plain words to who may see it, and log who saw which fields.

        With `genjin up` that is the person at the machine: over 127.0.0.1, through no proxy, with the token.
        """
        contact = await reveal_contact(
            *(customer_id, contact_id),
            viewer=caller,
            reason=given.reason if given else None,
            unit=unit,
            contacts=records,
        )
        response.headers["Cache-Control"] = "no-store"
        return PlainContactView.model_validate(contact)
