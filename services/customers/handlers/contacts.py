"""Contacts at customers; nothing is said about them, since events carry no contact data (K8)."""

from collections.abc import Sequence
from typing import Any

from contracts.identity import new_id
from services.customers.domain import Contact
from services.customers.repository import ContactRecords
from services.shared.entries import Entry, put_records
from services.shared.unit_of_work import UnitOfWork


async def put_contacts(entries: Sequence[Entry], unit: UnitOfWork, *, contacts: ContactRecords) -> None:
    """Enter new contacts and change those that are there."""

    def make(entry: Entry) -> Contact:
        """Make a new contact."""
        values: dict[str, Any] = entry.values
        return Contact(contact_id=new_id(), created_at=unit.now, updated_at=unit.now, **values)

    await put_records(entries, unit, records=contacts, make=make)
