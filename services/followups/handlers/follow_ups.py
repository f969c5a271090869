"""Records of contacts."""

from contracts.followups import FollowUpRecorded
from services.followups.domain import FollowUpRecord
from services.shared.records import event_from
from services.shared.unit_of_work import UnitOfWork


def say_follow_up(record: FollowUpRecord, unit: UnitOfWork) -> None:
    """Emit an event with what a record of a contact shows, except its free text."""
    shown = {"responded": record.has_response, "objection": record.objection_kind}
    unit.emit(
        event_from(FollowUpRecorded, record, **shown),
        record_id=record.follow_up_id,
        sequence=record.sequence,
        subject=record.customer_id,
        customer_id=record.customer_id,
    )
