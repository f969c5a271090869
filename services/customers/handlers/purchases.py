"""What customers bought."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from contracts.customers import PurchaseRecorded
from contracts.identity import new_id
from services.customers.domain import Purchase, UnknownCustomerError, UnknownPurchaseError
from services.customers.handlers.customers import settle
from services.customers.handlers.history import BY_HAND, BY_IMPORT, History
from services.customers.repository import CUSTOMERS, PURCHASES
from services.shared.currency import check_currency
from services.shared.entries import Entry, put_records
from services.shared.instants import check_past
from services.shared.preconditions import ALWAYS, Precondition
from services.shared.records import event_from
from services.shared.references import References
from services.shared.unit_of_work import UnitOfWork

PURCHASED = ("purchased_at",)
"""What has taken place, of what is said about a purchase."""


async def put_purchases(entries: Sequence[Entry], unit: UnitOfWork, *, by: str = BY_IMPORT) -> None:
    """Enter new purchases and change those that are there, then settle how far the relation has come."""
    history = History(unit, by=by)

    def make(entry: Entry) -> Purchase:
        """Make a new purchase."""
        values: dict[str, Any] = entry.values
        return Purchase(purchase_id=new_id(), created_at=unit.now, updated_at=unit.now, **values)

    touched = await put_records(entries, unit, records=PURCHASES, make=make, note=history.note_purchase)
    for purchase in touched:
        _say(purchase, unit)
    await history.save()
    await settle({purchase.customer_id for purchase in touched}, unit, by=by)


async def enter_purchase(
    customer_id: UUID, values: dict[str, Any], *, unit: UnitOfWork, currency: str
) -> UUID:
    """Enter what a customer bought and return its id.

    Raises UnknownCustomerError, UnknownReferenceError, OtherCustomersReferenceError, OtherCurrencyError,
    InFutureError.
    """
    if await CUSTOMERS.find(unit.session, customer_id) is None:
        raise UnknownCustomerError(customer_id=customer_id)
    told = await _settled(customer_id, values, unit, currency=currency)
    entry = Entry(None, {"customer_id": customer_id, **told})
    await put_purchases([entry], unit, by=BY_HAND)
    return entry.put_id


async def change_purchase(
    customer_id: UUID,
    purchase_id: UUID,
    *,
    values: dict[str, Any],
    unit: UnitOfWork,
    currency: str,
    precondition: Precondition = ALWAYS,
) -> None:
    """Change what is known of a purchase.

    Raises UnknownPurchaseError, PreconditionFailedError, UnknownReferenceError, OtherCurrencyError,
    InFutureError.
    """
    purchase = (await PURCHASES.lock(unit.session, [purchase_id])).get(purchase_id)
    if purchase is None or purchase.customer_id != customer_id:
        raise UnknownPurchaseError(purchase_id=purchase_id)
    precondition.check(purchase.sequence)
    told = await _settled(customer_id, values, unit, currency=currency)
    await put_purchases([Entry(purchase_id, told)], unit, by=BY_HAND)


async def _settled(
    customer_id: UUID, values: dict[str, Any], unit: UnitOfWork, *, currency: str
) -> dict[str, Any]:
    """Return the values with the id of the opportunity, which must be one of the same customer."""
    check_currency(values, ["amount"], base=currency)
    check_past(values, PURCHASED, now=unit.now)
    references = References(unit.session)
    return await references.replaced(values, {"opportunity": "opportunity"}, customer_id=customer_id)


def _say(purchase: Purchase, unit: UnitOfWork) -> None:
    """Emit an event with the whole state of a purchase."""
    unit.emit(
        event_from(PurchaseRecorded, purchase),
        record_id=purchase.purchase_id,
        sequence=purchase.sequence,
        subject=purchase.customer_id,
        customer_id=purchase.customer_id,
    )
