"""What other systems order: opportunities under the ids they gave them."""

from uuid import UUID

from contracts.opportunities import PutOpportunity
from services.opportunities.domain import OtherCustomerError
from services.opportunities.handlers.opportunities import put_opportunities
from services.opportunities.handlers.references import resolved
from services.opportunities.repository import OPPORTUNITIES
from services.shared.commands import fields_of
from services.shared.entries import Entry
from services.shared.imports.text import normalise_name
from services.shared.unit_of_work import UnitOfWork


async def put_opportunity(order: PutOpportunity, unit: UnitOfWork, *, currency: str) -> UUID:
    """Take in an opportunity as its system has it now; return its id.

    The only one of this name and customer is the same, unless this system knows it by another id.

    Raises:
        UnknownReferenceError, OtherCurrencyError, InFutureError, OtherCustomerError,
            OpportunityClosedError: it cannot be.
    """
    given = fields_of(order)
    values = await resolved(given, unit, currency=currency, system=order.source_system)
    found = await OPPORTUNITIES.find_meant(
        unit.session,
        order.source_ref,
        natural_key=normalise_name(order.name),
        customer_id=values["customer_id"],
    )
    if found and found.customer_id != values["customer_id"]:
        raise OtherCustomerError(name=found.name, customer_id=found.customer_id)
    entry = Entry(found.opportunity_id if found else None, values)
    await put_opportunities([entry], unit)
    if entry.record_id is None:
        reason = "an opportunity has its id by now"
        raise TypeError(reason)
    return entry.record_id
