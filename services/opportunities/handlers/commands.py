"""What other systems order: opportunities under the ids they gave them."""

from uuid import UUID

from contracts.opportunities import PutOpportunity
from services.opportunities.domain import OtherCustomerError
from services.opportunities.handlers.opportunities import put_opportunities
from services.opportunities.handlers.references import resolved
from services.opportunities.repository import OPPORTUNITIES
from services.shared.entries import Entry, with_first_id
from services.shared.imports.text import normalise_name
from services.shared.unit_of_work import UnitOfWork


async def put_opportunity(order: PutOpportunity, unit: UnitOfWork, *, currency: str) -> UUID:
    """Take in an opportunity as its system has it now; return its id.

    One of this name and customer that this system knows by no other id is the same, if there is only one.

    Raises:
        UnknownReferenceError, OtherCurrencyError, InFutureError, OtherCustomerError,
            OpportunityClosedError: it cannot be.
    """
    system, external_id = order.source_system, order.external_id
    known = await OPPORTUNITIES.find_told(unit.session, system=system, external_id=external_id)
    given = {name: getattr(order, name) for name in order.model_fields_set}
    values = await resolved(given, unit, currency=currency, system=system)
    if known is None:
        known = await OPPORTUNITIES.find_named(
            unit.session, normalise_name(order.name), system=system, customer_id=values["customer_id"]
        )
    found = await OPPORTUNITIES.find(unit.session, known) if known else None
    if found and found.customer_id != values["customer_id"]:
        raise OtherCustomerError(name=found.name, customer_id=found.customer_id)
    entry = Entry(known, with_first_id(found, values) if found else values)
    await put_opportunities([entry], unit)
    if entry.record_id is None:
        reason = "an opportunity has its id by now"
        raise TypeError(reason)
    return entry.record_id
