"""Notices of the rules, kept for the people and queues that they are for."""

from collections.abc import Hashable, Iterable
from typing import cast
from uuid import UUID

from contracts.envelope import Envelope
from contracts.events import EventData
from contracts.rules import NoticeGiven
from services.followups.domain.notices import UnknownNoticeError
from services.followups.domain.people import UnknownPersonError
from services.followups.repository import PEOPLE, lock_notice, save_reading
from services.followups.tables import notices
from services.shared.preconditions import Precondition
from services.shared.records import Heard
from services.shared.unit_of_work import UnitOfWork


async def keep_notice(data: EventData, envelope: Envelope, _unit: UnitOfWork) -> Iterable[Hashable]:
    """Keep a notice for its recipient; a reading of it is never overwritten."""
    notice = cast("NoticeGiven", data)
    recipient = notice.recipient
    row = {
        "notice_id": notice.notice_id,
        "customer_id": notice.customer_id,
        "sequence": envelope.sequence,
        "recipient_id": recipient.person_id,
        "recipient_name": recipient.name or recipient.queue or recipient.role,
        "given_at": notice.given_at,
        "state": notice.model_dump(mode="json"),
    }
    return [Heard(notices, row)]


async def read_notice(
    notice_id: UUID, *, person_id: UUID | None, unit: UnitOfWork, precondition: Precondition
) -> None:
    """Mark a notice as read; one that has been read before stays as it is.

    Raises UnknownPersonError, UnknownNoticeError, PreconditionFailedError.
    """
    if person_id and not await PEOPLE.find(unit.session, person_id):
        raise UnknownPersonError(person_id=person_id)
    notice = await lock_notice(unit.session, notice_id)
    if notice is None:
        raise UnknownNoticeError(notice_id=notice_id)
    precondition.check(notice.version)
    if notice.read(person_id=person_id, now=unit.now):
        await save_reading(unit.session, notice)
