"""Records of contacts."""

from collections.abc import Sequence
from typing import Any

from contracts.followups import FollowUpRecorded
from contracts.identity import new_id
from services.followups.domain import FollowUpRecord
from services.followups.repository import FOLLOW_UPS
from services.shared.entries import Entry, put_records
from services.shared.records import event_from
from services.shared.unit_of_work import UnitOfWork


async def put_follow_ups(entries: Sequence[Entry], unit: UnitOfWork) -> None:
    """Enter new records of contacts, written down now, and correct those that are there."""

    def make(entry: Entry) -> FollowUpRecord:
        """Make a new record."""
        values: dict[str, Any] = entry.values
        return FollowUpRecord(follow_up_id=new_id(), recorded_at=unit.now, updated_at=unit.now, **values)

    for record in await put_records(entries, unit, records=FOLLOW_UPS, make=make):
        _say(record, unit)


def _say(record: FollowUpRecord, unit: UnitOfWork) -> None:
    """Emit an event with what a record of a contact shows, except its free text."""
    shown = {"responded": record.has_response, "objection": record.objection_kind}
    unit.emit(
        event_from(FollowUpRecorded, record, **shown),
        record_id=record.follow_up_id,
        sequence=record.sequence,
        subject=record.customer_id,
        customer_id=record.customer_id,
    )
