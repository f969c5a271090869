"""What customers bought."""

from collections.abc import Sequence
from typing import Any

from contracts.customers import PurchaseRecorded
from contracts.identity import new_id
from services.customers.domain import Purchase
from services.customers.handlers.customers import settle_lifecycles
from services.customers.repository import PURCHASES
from services.shared.entries import Entry, put_records
from services.shared.records import event_from
from services.shared.unit_of_work import UnitOfWork


async def put_purchases(entries: Sequence[Entry], unit: UnitOfWork) -> None:
    """Enter new purchases and change those that are there, then settle how far the relation has come."""

    def make(entry: Entry) -> Purchase:
        """Make a new purchase."""
        values: dict[str, Any] = entry.values
        return Purchase(purchase_id=new_id(), created_at=unit.now, updated_at=unit.now, **values)

    touched = await put_records(entries, unit, records=PURCHASES, make=make)
    for purchase in touched:
        _say(purchase, unit)
    await settle_lifecycles({purchase.customer_id for purchase in touched}, unit)


def _say(purchase: Purchase, unit: UnitOfWork) -> None:
    """Emit an event with the whole state of a purchase."""
    unit.emit(
        event_from(PurchaseRecorded, purchase),
        record_id=purchase.purchase_id,
        sequence=purchase.sequence,
        subject=purchase.customer_id,
        customer_id=purchase.customer_id,
    )
