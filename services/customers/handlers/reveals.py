"""Contact data in plain words for who may see it; who saw what is written down first (K8, R181)."""

from uuid import UUID

from sqlalchemy import insert

from contracts.identity import new_id
from services.customers.domain import Contact, UnknownContactError
from services.customers.repository import SEALED, ContactRecords
from services.customers.tables import contact_reveals
from services.shared.auth import Principal
from services.shared.unit_of_work import UnitOfWork


async def reveal_contact(
    customer_id: UUID,
    contact_id: UUID,
    *,
    viewer: Principal,
    reason: str | None,
    unit: UnitOfWork,
    contacts: ContactRecords,
) -> Contact:
    """Return a contact at a customer and log that it is shown; raises UnknownContactError.

    The log says which fields were shown, and nothing of what is in them.
    """
    contact = await contacts.find(unit.session, contact_id)
    if contact is None or contact.customer_id != customer_id:
        raise UnknownContactError(contact_id=contact_id)
    row = {
        "reveal_id": new_id(),
        "contact_id": contact_id,
        "customer_id": customer_id,
        "revealed_by": viewer.name,
        "address": viewer.address,
        "fields": tuple(name for name in SEALED if getattr(contact, name) is not None),
        "reason": reason,
        "revealed_at": unit.now,
    }
    await unit.session.execute(insert(contact_reveals).values(row))
    return contact
