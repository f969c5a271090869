"""What other systems order: records under the ids they gave them."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from contracts.commands import CommandData
from contracts.followups import PutPerson, RecordFollowUp, ReportContactHeld
from services.followups.domain.contacts_held import ContactHeld
from services.followups.domain.follow_ups import FollowUpRecord, OtherCustomerError
from services.followups.handlers.contacts_held import hold_contact, update_contact_held
from services.followups.handlers.follow_ups import correct_follow_up, record_follow_up
from services.followups.handlers.people import enter_person, update_person
from services.followups.handlers.references import resolved
from services.followups.repository import CONTACTS_HELD, FOLLOW_UPS, PEOPLE
from services.shared.commands import fields_of
from services.shared.imports.text import normalise_name
from services.shared.unit_of_work import UnitOfWork


async def report_contact_held(order: ReportContactHeld, unit: UnitOfWork) -> UUID:
    """Take in that a contact took place, or what has changed about it."""
    known = await CONTACTS_HELD.find_meant(unit.session, order.source_ref)
    values = await _values(order, unit)
    if known is None:
        return await hold_contact(values, unit)
    await update_contact_held(known.contact_held_id, _of_same_customer(known, values), unit)
    return known.contact_held_id


async def put_follow_up(order: RecordFollowUp, unit: UnitOfWork) -> UUID:
    """Write a contact down, or correct what was written."""
    known = await FOLLOW_UPS.find_meant(unit.session, order.source_ref)
    values = await _values(order, unit)
    if known is None:
        return await record_follow_up(values, unit)
    await correct_follow_up(known.follow_up_id, _of_same_customer(known, values), unit)
    return known.follow_up_id


async def put_person(order: PutPerson, unit: UnitOfWork) -> UUID:
    """Enter one of our own people, or change what is known of them.

    The only one of this name is the same person, unless this system knows them by another id.
    """
    key = normalise_name(order.name)
    known = await PEOPLE.find_meant(unit.session, order.source_ref, natural_key=key)
    values = await _values(order, unit)
    if known is None:
        return await enter_person(values, unit)
    await update_person(known.person_id, values, unit)
    return known.person_id


async def _values(order: CommandData, unit: UnitOfWork) -> dict[str, Any]:
    return await resolved(fields_of(order), unit, system=order.source_system)


def _of_same_customer(known: ContactHeld | FollowUpRecord, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what may change; raises OtherCustomerError."""
    if values["customer_id"] != known.customer_id:
        raise OtherCustomerError(customer_id=known.customer_id)
    return {name: value for name, value in values.items() if name != "customer_id"}
