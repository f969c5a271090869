"""Routes of contacts that took place."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from contracts.inputs import Moment
from contracts.vocabulary import Channel
from services.followups.handlers.contacts_held import hold_contact, update_contact_held
from services.followups.handlers.references import resolved
from services.followups.queries.contacts_held import (
    ContactHeldFilter,
    ContactHeldView,
    list_contacts_held,
    read_contact_held,
)
from services.shared.database import Database
from services.shared.http import UNLESS_GIVEN, Body, IfMatch, Once, Tag, Unit, problems
from services.shared.http.versions import Tagger
from services.shared.paging import Page


class ContactHeldChanges(Body):
    """What is to change about a contact that took place; what is not given stays."""

    opportunity_id: UUID | None = None
    person_id: UUID | None = None
    held_at: Moment = UNLESS_GIVEN
    channel: Channel | None = None


class NewContactHeld(ContactHeldChanges):
    """A contact that took place, and ended at `held_at`."""

    customer_id: UUID
    held_at: Moment


def add_routes(router: APIRouter, database: Database) -> None:
    """Add the routes of contacts that took place."""

    @router.get("/contacts-held")
    async def list_all_contacts_held(
        wanted: Annotated[ContactHeldFilter, Query()],
    ) -> Page[ContactHeldView]:
        """Contacts that took place: with whom, when, and whether somebody has written them down."""
        async with database.session() as session:
            return await list_contacts_held(session, wanted)

    @router.post("/contacts-held", status_code=201)
    async def create_contact_held(new: NewContactHeld, unit: Once, tag: Tag) -> ContactHeldView:
        """Say that a contact took place, before or after somebody has written it down."""
        contact_held_id = await hold_contact(await resolved(new.given(), unit), unit)
        return _tagged(await read_contact_held(unit.session, contact_held_id), tag)

    @router.get("/contacts-held/{contact_held_id}", responses=problems(404))
    async def read_one_contact_held(contact_held_id: UUID, tag: Tag) -> ContactHeldView:
        """One contact that took place."""
        async with database.session() as session:
            return _tagged(await read_contact_held(session, contact_held_id), tag)

    @router.patch("/contacts-held/{contact_held_id}", responses=problems(404))
    async def change_contact_held(
        contact_held_id: UUID, changes: ContactHeldChanges, unit: Unit, seen: IfMatch, tag: Tag
    ) -> ContactHeldView:
        """Change what is known of a contact; its customer stays."""
        before = await read_contact_held(unit.session, contact_held_id)
        values = await resolved(changes.given(), unit, customer_id=before.customer_id)
        await update_contact_held(contact_held_id, values, unit, precondition=seen)
        return _tagged(await read_contact_held(unit.session, contact_held_id), tag)


def _tagged(view: ContactHeldView, tag: Tagger) -> ContactHeldView:
    return tag(view, view.sequence, also="recorded" if view.is_recorded else "")
