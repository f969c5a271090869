"""Routes of the customers service."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.customers import queries
from services.customers.queries import ContactView, CustomerFilter, CustomerView, PurchaseView
from services.customers.repository import ContactRecords
from services.shared.database import Database
from services.shared.paging import Page, Paging


def make_router(database: Database, contacts: ContactRecords) -> APIRouter:
    """Return the routes, which read from this database."""
    router = APIRouter(prefix="/v1/customers", tags=["customers"])

    @router.get("")
    async def list_customers(wanted: Annotated[CustomerFilter, Query()]) -> Page[CustomerView]:
        """Customers, with what the rules decided about them."""
        async with database.session() as session:
            return await queries.list_customers(session, wanted)

    @router.get("/{customer_id}")
    async def read_customer(customer_id: UUID) -> CustomerView:
        """One customer, with what the rules decided about it."""
        async with database.session() as session:
            return await queries.read_customer(session, customer_id)

    @router.get("/{customer_id}/contacts")
    async def list_contacts(customer_id: UUID, paging: Annotated[Paging, Query()]) -> Page[ContactView]:
        """The contacts at a customer, masked."""
        async with database.session() as session:
            return await queries.list_contacts(session, customer_id, paging, contacts=contacts)

    @router.get("/{customer_id}/purchases")
    async def list_purchases(customer_id: UUID, paging: Annotated[Paging, Query()]) -> Page[PurchaseView]:
        """What a customer bought."""
        async with database.session() as session:
            return await queries.list_purchases(session, customer_id, paging)

    return router
