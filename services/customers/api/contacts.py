"""Routes of the contacts at a customer: what identifies or reaches a person is masked (K8)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.customers.api.bodies import ContactChanges, NewContact
from services.customers.handlers.contacts import change_contact, enter_contact
from services.customers.queries.contacts import ContactView, list_contacts, read_contact
from services.customers.repository import ContactRecords
from services.shared.database import Database
from services.shared.http import IfMatch, Once, Tag, Unit, problems
from services.shared.paging import Page, Paging


def add_routes(router: APIRouter, database: Database, records: ContactRecords) -> None:
    """Add the routes of contacts."""
    _add_many(router, database, records)
    _add_one(router, database, records)


def _add_many(router: APIRouter, database: Database, records: ContactRecords) -> None:

    @router.get("/{customer_id}/contacts", responses=problems(404))
    async def list_all_contacts(customer_id: UUID, paging: Annotated[Paging, Query()]) -> Page[ContactView]:
        """The contacts at a customer, masked."""
        async with database.session() as session:
            return await list_contacts(session, customer_id, paging, contacts=records)

    @router.post("/{customer_id}/contacts", status_code=201, responses=problems(404))
    async def create_contact(customer_id: UUID, new: NewContact, unit: Once, tag: Tag) -> ContactView:
        """Enter a contact at a customer; the answer is masked."""
        contact_id = await enter_contact(customer_id, new.given(), unit=unit, contacts=records)
        view = await read_contact(unit.session, customer_id, contact_id, contacts=records)
        return tag(view, view.sequence)


def _add_one(router: APIRouter, database: Database, records: ContactRecords) -> None:
    @router.get("/{customer_id}/contacts/{contact_id}", responses=problems(404))
    async def read_one_contact(customer_id: UUID, contact_id: UUID, tag: Tag) -> ContactView:
        """One contact, masked."""
        async with database.session() as session:
            view = await read_contact(session, customer_id, contact_id, contacts=records)
        return tag(view, view.sequence)

    @router.patch("/{customer_id}/contacts/{contact_id}", responses=problems(404))
    async def change_one_contact(
        customer_id: UUID, contact_id: UUID, *, changes: ContactChanges, unit: Unit, seen: IfMatch, tag: Tag
    ) -> ContactView:
        """Change the fields that are given."""
        await change_contact(
            *(customer_id, contact_id),
            values=changes.given(),
            unit=unit,
            contacts=records,
            precondition=seen,
        )
        view = await read_contact(unit.session, customer_id, contact_id, contacts=records)
        return tag(view, view.sequence)
