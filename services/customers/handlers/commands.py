"""What other systems order: customers and purchases under the ids they gave them."""

from uuid import UUID

from contracts.customers import PutCustomer, RecordPurchase
from services.customers.domain import OtherCustomerError
from services.customers.handlers.customers import check_customer_times, put_customers
from services.customers.handlers.history import by_command
from services.customers.handlers.purchases import PURCHASED, put_purchases
from services.customers.repository import CUSTOMERS, PURCHASES
from services.shared.commands import fields_of
from services.shared.currency import check_currency
from services.shared.entries import Entry
from services.shared.imports.rows import Locality
from services.shared.imports.text import normalise_name
from services.shared.instants import check_past
from services.shared.references import References
from services.shared.unit_of_work import UnitOfWork


async def put_customer(order: PutCustomer, unit: UnitOfWork, *, locality: Locality) -> UUID:
    """Take in a customer as its system has it now; return its id.

    Raises UnknownReferenceError, OtherCurrencyError, InFutureError.
    """
    given = fields_of(order)
    check_currency(given, ["annual_revenue"], base=locality.currency)
    check_customer_times(given, now=unit.now, zone=locality.zone)
    references = References(unit.session, system=order.source_system)
    values = await references.replaced(given, {"owner": "person"})
    values["natural_key"] = normalise_name(order.name)
    known = await CUSTOMERS.find_meant(unit.session, order.source_ref, natural_key=values["natural_key"])
    entry = Entry(known.customer_id if known else None, values)
    await put_customers([entry], unit, zone=locality.zone, by=by_command(order.source_system))
    return entry.put_id


async def record_purchase(order: RecordPurchase, unit: UnitOfWork, *, currency: str) -> UUID:
    """Take in what a customer bought, as its system has it now; return its id.

    Raises UnknownReferenceError, OtherCurrencyError, OtherCustomerError, InFutureError.
    """
    given = fields_of(order)
    check_currency(given, ["amount"], base=currency)
    check_past(given, PURCHASED, now=unit.now)
    references = References(unit.session, own={"customer": CUSTOMERS.lookup}, system=order.source_system)
    kinds = {"customer": "customer", "opportunity": "opportunity"}
    values = await references.replaced(given, kinds)
    known = await PURCHASES.find_meant(unit.session, order.source_ref)
    if known and known.customer_id != values["customer_id"]:
        raise OtherCustomerError(external_id=order.external_id, customer_id=known.customer_id)
    entry = Entry(known.purchase_id if known else None, values)
    await put_purchases([entry], unit, by=by_command(order.source_system))
    return entry.put_id
