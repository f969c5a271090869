"""Contacts that took place, before anybody wrote them down."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from contracts.events import SourceRef
from contracts.vocabulary import Channel
from services.followups.domain.follow_ups import FollowUpRecord
from services.shared.changes import Tracked
from services.shared.errors import NotFoundError

BEFORE = timedelta(hours=24)
AFTER = timedelta(hours=1)
"""Telephony says when a contact ended, people write down when it began."""


class UnknownContactHeldError(NotFoundError):
    """There is no contact held {contact_held_id}."""

    slug = "unknown-contact-held"
    zh = "没有编号为 {contact_held_id} 的联系。"
    contact_held_id: UUID


@dataclass(slots=True)
class ContactHeld(Tracked):
    """A contact that took place, as telephony, a calendar or another system knows it (R110, R111).

    `held_at` is the instant at which it ended.
    """

    contact_held_id: UUID
    customer_id: UUID
    held_at: datetime
    created_at: datetime
    updated_at: datetime
    source_refs: tuple[SourceRef, ...] = ()
    sequence: int = 1
    opportunity_id: UUID | None = None
    person_id: UUID | None = None
    channel: Channel | None = None

    def fits(self, record: FollowUpRecord) -> bool:
        """Whether a record that names no contact may be about this one.

        It is when the customer is the same, the person too unless one of them names none, and the contact was
        held in the 24 hours before the time that the record gives, or up to an hour after it.
        """
        people = {self.person_id, record.person_id} - {None}
        earliest, latest = record.occurred_at - BEFORE, record.occurred_at + AFTER
        return (
            self.customer_id == record.customer_id and len(people) <= 1 and earliest <= self.held_at <= latest
        )


def recorded_by(record: FollowUpRecord, unrecorded: Iterable[ContactHeld]) -> UUID | None:
    """Return the contact that a new record writes down: the one it names, else the latest that fits it."""
    if record.contact_held_id:
        return record.contact_held_id
    fitting = [contact for contact in unrecorded if contact.fits(record)]
    latest = max(fitting, key=lambda contact: (contact.held_at, contact.contact_held_id), default=None)
    return latest.contact_held_id if latest else None
