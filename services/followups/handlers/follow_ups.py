"""Records of contacts: written down, corrected, deleted."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from contracts.followups import FollowUpRecorded
from contracts.identity import new_id
from services.followups.domain.contacts_held import (
    AFTER,
    BEFORE,
    ContactHeld,
    recorded_by,
)
from services.followups.domain.follow_ups import FollowUpRecord, UnknownFollowUpError
from services.followups.repository import (
    FOLLOW_UPS,
    keep_versions,
    lock_contacts,
    unrecorded_contacts,
)
from services.shared.entries import Entry, put_records
from services.shared.preconditions import ALWAYS, Precondition
from services.shared.records import event_from
from services.shared.unit_of_work import UnitOfWork


async def put_follow_ups(entries: Sequence[Entry], unit: UnitOfWork) -> None:
    """Enter new records of contacts, written down now, and correct those that are there.

    A new record writes down the contact held that it names, else the latest one of the same customer that
    nobody has written down yet: of the same person, unless one of the two names none, and held in the 24
    hours before the time that the record gives, or up to an hour after it (R110, R111). Where nothing fits
    it stands for itself.
    """
    new = [entry for entry in entries if entry.record_id is None]
    unrecorded = await _unrecorded(new, unit)

    def make(entry: Entry) -> FollowUpRecord:
        """Make a new record."""
        values: dict[str, Any] = entry.values
        record = FollowUpRecord(follow_up_id=new_id(), recorded_at=unit.now, updated_at=unit.now, **values)
        record.contact_held_id = recorded_by(record, unrecorded.values())
        if record.contact_held_id:
            unrecorded.pop(record.contact_held_id, None)
        return record

    ids = [entry.record_id for entry in entries if entry.record_id]
    before = await FOLLOW_UPS.lock(unit.session, ids)
    touched = await put_records(entries, unit, records=FOLLOW_UPS, make=make)
    replaced = [before[record.follow_up_id] for record in touched if record.follow_up_id in before]
    await keep_versions(unit.session, replaced, now=unit.now)
    for record in touched:
        say_record(record, unit)


async def record_follow_up(values: Mapping[str, Any], unit: UnitOfWork) -> UUID:
    """Write a contact down as `put_follow_ups` does; return the id of the record."""
    entry = Entry(None, dict(values))
    await put_follow_ups([entry], unit)
    if entry.record_id is None:
        reason = "a new record has its id by now"
        raise TypeError(reason)
    return entry.record_id


async def correct_follow_up(
    follow_up_id: UUID, values: Mapping[str, Any], unit: UnitOfWork, *, precondition: Precondition = ALWAYS
) -> None:
    """Set fields of a record, and keep it as it was; nothing is said when none differs.

    Raises:
        UnknownFollowUpError, FollowUpDeletedError: there is nothing to correct.
    """
    record = await _load(follow_up_id, unit)
    precondition.check(record.sequence)
    before = replace(record)
    if record.correct(values, now=unit.now):
        await _save(record, before, unit)


async def delete_follow_up(
    follow_up_id: UUID, *, reason: str, unit: UnitOfWork, precondition: Precondition = ALWAYS
) -> None:
    """Mark a record as deleted; nothing is said when it is already.

    Raises:
        UnknownFollowUpError, DeleteReasonMissingError: it cannot be deleted like that.
    """
    record = await _load(follow_up_id, unit)
    precondition.check(record.sequence)
    before = replace(record)
    if record.delete(reason=reason, now=unit.now):
        await _save(record, before, unit)


def say_record(record: FollowUpRecord, unit: UnitOfWork) -> None:
    """Emit an event with what a record of a contact shows, except its free text."""
    shown = {
        "responded": record.has_response,
        "objection": record.objection_kind,
        "deleted": record.is_deleted,
    }
    unit.emit(
        event_from(FollowUpRecorded, record, **shown),
        record_id=record.follow_up_id,
        sequence=record.sequence,
        subject=record.customer_id,
        customer_id=record.customer_id,
    )


async def _unrecorded(new: Collection[Entry], unit: UnitOfWork) -> dict[UUID, ContactHeld]:
    """Return the contacts that new records may write down."""
    values: list[dict[str, Any]] = [entry.values for entry in new]
    if not values:
        return {}
    times = [each["occurred_at"] for each in values]
    customers = {each["customer_id"] for each in values}
    await lock_contacts(unit.session, customers)
    found = await unrecorded_contacts(
        unit.session, customers, since=min(times) - BEFORE, until=max(times) + AFTER
    )
    return {contact.contact_held_id: contact for contact in found}


async def _save(record: FollowUpRecord, before: FollowUpRecord, unit: UnitOfWork) -> None:
    await keep_versions(unit.session, [before], now=unit.now)
    await FOLLOW_UPS.save(unit.session, [record])
    say_record(record, unit)


async def _load(follow_up_id: UUID, unit: UnitOfWork) -> FollowUpRecord:
    found = await FOLLOW_UPS.lock(unit.session, [follow_up_id])
    if follow_up_id not in found:
        raise UnknownFollowUpError(follow_up_id=follow_up_id)
    return found[follow_up_id]
