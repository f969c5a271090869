"""Routes of what a customer bought."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.customers.api.bodies import NewPurchase, PurchaseChanges
from services.customers.handlers.purchases import change_purchase, enter_purchase
from services.customers.queries.purchases import PurchaseView, list_purchases, read_purchase
from services.shared.database import Database
from services.shared.http import IfMatch, Once, Tag, Unit, problems
from services.shared.paging import Page, Paging


def add_routes(router: APIRouter, database: Database, currency: str) -> None:
    """Add the routes of purchases; their amounts are in this currency."""

    @router.get("/{customer_id}/purchases", responses=problems(404))
    async def list_all_purchases(customer_id: UUID, paging: Annotated[Paging, Query()]) -> Page[PurchaseView]:
        """What a customer bought, in the order in which it was entered."""
        async with database.session() as session:
            return await list_purchases(session, customer_id, paging)

    @router.post("/{customer_id}/purchases", status_code=201, responses=problems(404))
    async def create_purchase(customer_id: UUID, new: NewPurchase, unit: Once, tag: Tag) -> PurchaseView:
        """Enter what a customer bought; the first purchase makes it an existing customer."""
        purchase_id = await enter_purchase(customer_id, new.given(), unit=unit, currency=currency)
        view = await read_purchase(unit.session, customer_id, purchase_id)
        return tag(view, view.sequence)

    @router.get("/{customer_id}/purchases/{purchase_id}", responses=problems(404))
    async def read_one_purchase(customer_id: UUID, purchase_id: UUID, tag: Tag) -> PurchaseView:
        """One purchase."""
        async with database.session() as session:
            view = await read_purchase(session, customer_id, purchase_id)
        return tag(view, view.sequence)

    @router.patch("/{customer_id}/purchases/{purchase_id}", responses=problems(404))
    async def change_one_purchase(
        customer_id: UUID, purchase_id: UUID, *, changes: PurchaseChanges, unit: Unit, seen: IfMatch, tag: Tag
    ) -> PurchaseView:
        """Change the fields that are given."""
        await change_purchase(
            *(customer_id, purchase_id),
            values=changes.given(),
            unit=unit,
            currency=currency,
            precondition=seen,
        )
        view = await read_purchase(unit.session, customer_id, purchase_id)
        return tag(view, view.sequence)
