"""Contacts at customers; nothing is said about them, since events carry no contact data (K8)."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from contracts.identity import new_id
from services.customers.domain import Contact, UnknownContactError, UnknownCustomerError
from services.customers.handlers.history import BY_HAND, BY_IMPORT, History
from services.customers.repository import CUSTOMERS, ContactRecords
from services.shared.entries import Entry, put_records
from services.shared.preconditions import ALWAYS, Precondition
from services.shared.unit_of_work import UnitOfWork


async def put_contacts(
    entries: Sequence[Entry], unit: UnitOfWork, *, contacts: ContactRecords, by: str = BY_IMPORT
) -> None:
    """Enter new contacts and change those that are there."""
    history = History(unit, by=by)

    def make(entry: Entry) -> Contact:
        """Make a new contact."""
        values: dict[str, Any] = entry.values
        return Contact(contact_id=new_id(), created_at=unit.now, updated_at=unit.now, **values)

    await put_records(entries, unit, records=contacts, make=make, note=history.note_contact)
    await history.save()


async def enter_contact(
    customer_id: UUID, values: dict[str, Any], *, unit: UnitOfWork, contacts: ContactRecords
) -> UUID:
    """Enter a contact and return its id; raises UnknownCustomerError."""
    if await CUSTOMERS.find(unit.session, customer_id) is None:
        raise UnknownCustomerError(customer_id=customer_id)
    entry = Entry(None, {"customer_id": customer_id, **values})
    await put_contacts([entry], unit, contacts=contacts, by=BY_HAND)
    return entry.put_id


async def change_contact(
    customer_id: UUID,
    contact_id: UUID,
    *,
    values: dict[str, Any],
    unit: UnitOfWork,
    contacts: ContactRecords,
    precondition: Precondition = ALWAYS,
) -> None:
    """Change a contact; raises UnknownContactError, PreconditionFailedError."""
    contact = (await contacts.lock(unit.session, [contact_id])).get(contact_id)
    if contact is None or contact.customer_id != customer_id:
        raise UnknownContactError(contact_id=contact_id)
    precondition.check(contact.sequence)
    await put_contacts([Entry(contact_id, values)], unit, contacts=contacts, by=BY_HAND)
