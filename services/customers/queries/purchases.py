"""Read-only views of what customers bought."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.money import Money
from contracts.vocabulary import PurchaseKind
from services.customers.domain import UnknownPurchaseError
from services.customers.queries.customers import require_customer
from services.customers.queries.views import View
from services.customers.repository import PURCHASES
from services.customers.tables import purchases
from services.shared.paging import Page, Paging, page_of


class PurchaseView(View):
    """A purchase, or a return with its negative amount."""

    key: ClassVar[str] = "purchase_id"

    purchase_id: UUID
    customer_id: UUID
    opportunity_id: UUID | None
    product: str
    purchased_at: datetime
    amount: Money
    kind: PurchaseKind
    sequence: int


async def list_purchases(session: AsyncSession, customer_id: UUID, paging: Paging) -> Page[PurchaseView]:
    """List what a customer bought, in the order in which it was entered; raises UnknownCustomerError."""
    await require_customer(session, customer_id)
    statement = PURCHASES.select().where(purchases.c.customer_id == customer_id)
    return await page_of(session, statement, paging, key=purchases.c.purchase_id, view=_view)


async def read_purchase(session: AsyncSession, customer_id: UUID, purchase_id: UUID) -> PurchaseView:
    """Read one purchase of a customer; raises UnknownPurchaseError."""
    purchase = await PURCHASES.find(session, purchase_id)
    if purchase is None or purchase.customer_id != customer_id:
        raise UnknownPurchaseError(purchase_id=purchase_id)
    return PurchaseView.model_validate(purchase)


def _view(row: RowMapping) -> PurchaseView:
    return PurchaseView.model_validate(PURCHASES.read(row))
