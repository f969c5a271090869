"""Routes of customers themselves."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from contracts.vocabulary import CustomerGrade
from services.customers.api.bodies import CustomerChanges, NewCustomer
from services.customers.handlers.entry import change_customer, enter_customer
from services.customers.queries.customers import (
    CustomerFilter,
    CustomerView,
    count_grades,
    list_customers,
    read_customer,
)
from services.customers.queries.duplicates import DuplicatesView, list_duplicates
from services.customers.repository import ContactRecords
from services.shared.database import Database
from services.shared.http import IfMatch, Once, Tag, Unit, problems
from services.shared.imports.rows import Locality
from services.shared.paging import Page, Paging


def add_routes(
    router: APIRouter, database: Database, *, contact_records: ContactRecords, locality: Locality
) -> None:
    """Add the routes of customers."""
    _add_lists(router, database)

    @router.post("", status_code=201, responses=problems(409))
    async def create_customer(new: NewCustomer, unit: Once, tag: Tag) -> CustomerView:
        """Enter a customer with its main contact.

        `incomplete-customer` names all that is missing, `duplicate-customer` the one that is there already.
        """
        values = new.given()
        values.pop("contact", None)
        customer_id = await enter_customer(
            values, new.contact.given(), unit=unit, locality=locality, contacts=contact_records
        )
        view = await read_customer(unit.session, customer_id)
        return tag(view, view.version)

    @router.get("/{customer_id}", responses=problems(404))
    async def read_one_customer(customer_id: UUID, tag: Tag) -> CustomerView:
        """One customer, with what the rules decided about it."""
        async with database.session() as session:
            view = await read_customer(session, customer_id)
        return tag(view, view.version, also=view.decided_in)

    @router.patch("/{customer_id}", responses=problems(404, 409))
    async def change_one_customer(
        customer_id: UUID, changes: CustomerChanges, unit: Unit, seen: IfMatch, tag: Tag
    ) -> CustomerView:
        """Change the fields that are given; what a new customer must have cannot be emptied (R027)."""
        await change_customer(customer_id, changes.given(), unit=unit, locality=locality, precondition=seen)
        view = await read_customer(unit.session, customer_id)
        return tag(view, view.version, also=view.decided_in)


def _add_lists(router: APIRouter, database: Database) -> None:
    @router.get("")
    async def list_all_customers(wanted: Annotated[CustomerFilter, Query()]) -> Page[CustomerView]:
        """Customers, with what the rules decided about them, in the order in which they were entered."""
        async with database.session() as session:
            return await list_customers(session, wanted)

    @router.get("/duplicates")
    async def list_likely_duplicates(paging: Annotated[Paging, Query()]) -> Page[DuplicatesView]:
        """Customers that are likely the same: their names differ only in how they are written."""
        async with database.session() as session:
            return await list_duplicates(session, paging)

    @router.get("/grades")
    async def read_grades() -> dict[CustomerGrade, int]:
        """How many customers there are of each grade."""
        async with database.session() as session:
            return await count_grades(session)
