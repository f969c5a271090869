"""Contacts that took place."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from contracts import followups as events
from contracts.identity import new_id
from services.followups.domain.contacts_held import AFTER, BEFORE, ContactHeld, UnknownContactHeldError
from services.followups.handlers.follow_ups import say_record
from services.followups.repository import (
    CONTACTS_HELD,
    FOLLOW_UPS,
    keep_versions,
    lock_contacts,
    lock_records_without_contact,
)
from services.shared.preconditions import ALWAYS, Precondition
from services.shared.records import event_from
from services.shared.unit_of_work import UnitOfWork


async def hold_contact(values: Mapping[str, Any], unit: UnitOfWork) -> UUID:
    """Take in that a contact took place; return its id.

    A record that was written before we heard of the contact, and names none, writes it down: of those that
    fit, the one nearest in time.
    """
    contact = ContactHeld(contact_held_id=new_id(), created_at=unit.now, updated_at=unit.now, **values)
    await lock_contacts(unit.session, [contact.customer_id])
    await CONTACTS_HELD.save(unit.session, [contact])
    _say(contact, unit)
    await _find_record(contact, unit)
    return contact.contact_held_id


async def update_contact_held(
    contact_held_id: UUID, values: Mapping[str, Any], unit: UnitOfWork, *, precondition: Precondition = ALWAYS
) -> None:
    """Set fields of a contact; nothing is said when none differs."""
    found = await CONTACTS_HELD.lock(unit.session, [contact_held_id])
    if contact_held_id not in found:
        raise UnknownContactHeldError(contact_held_id=contact_held_id)
    contact = found[contact_held_id]
    precondition.check(contact.sequence)
    if contact.update(values, now=unit.now):
        await CONTACTS_HELD.save(unit.session, [contact])
        _say(contact, unit)


async def _find_record(contact: ContactHeld, unit: UnitOfWork) -> None:
    written = await lock_records_without_contact(
        unit.session, contact.customer_id, since=contact.held_at - AFTER, until=contact.held_at + BEFORE
    )
    fitting = [record for record in written if contact.fits(record)]
    if not fitting:
        return
    nearest = min(fitting, key=lambda record: abs(record.occurred_at - contact.held_at))
    before = replace(nearest)
    nearest.update({"contact_held_id": contact.contact_held_id}, now=unit.now)
    await keep_versions(unit.session, [before], now=unit.now)
    await FOLLOW_UPS.save(unit.session, [nearest])
    say_record(nearest, unit)


def _say(contact: ContactHeld, unit: UnitOfWork) -> None:
    """Emit an event with the whole state of a contact."""
    unit.emit(
        event_from(events.ContactHeld, contact),
        record_id=contact.contact_held_id,
        sequence=contact.sequence,
        subject=contact.customer_id,
        customer_id=contact.customer_id,
    )
