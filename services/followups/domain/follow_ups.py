"""Contacts that were written down."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.events import SourceRef
from contracts.vocabulary import Channel, Intent, Objection, PlanStatus
from services.shared.changes import Tracked
from services.shared.errors import NotFoundError, RefusedError


class UnknownFollowUpError(NotFoundError):
    """There is no follow-up record {follow_up_id}."""

    slug = "unknown-follow-up"
    zh = "没有编号为 {follow_up_id} 的跟进记录。"
    follow_up_id: UUID


class FollowUpDeletedError(RefusedError):
    """Follow-up record {follow_up_id} has been deleted: it cannot be changed any more."""

    slug = "follow-up-deleted"
    zh = "跟进记录 {follow_up_id} 已被删除,不能再更改。"
    http_status = 409
    follow_up_id: UUID


class DeleteReasonMissingError(RefusedError):
    """A follow-up record can only be deleted for a reason."""

    slug = "deletion-needs-reason"
    zh = "删除跟进记录需要填写原因。"


class OtherCustomerError(RefusedError):
    """The record belongs to customer {customer_id} and cannot be given to another one."""

    slug = "other-customer"
    zh = "该记录属于客户 {customer_id},不能改属另一个客户。"
    http_status = 409
    customer_id: UUID


@dataclass(slots=True)
class FollowUpRecord(Tracked):
    """A contact that took place and was written down (R112 to R115); its free text stays in this service.

    `contact_held_id` is the contact held that it writes down. A deleted one stays, marked, with the reason.
    """

    follow_up_id: UUID
    customer_id: UUID
    occurred_at: datetime
    recorded_at: datetime
    updated_at: datetime
    source_refs: tuple[SourceRef, ...] = ()
    sequence: int = 1
    opportunity_id: UUID | None = None
    person_id: UUID | None = None
    channel: Channel | None = None
    participants: str | None = None
    summary: str | None = None
    feedback: str | None = None
    objection: str | None = None
    next_step: str | None = None
    next_step_due: datetime | None = None
    responded: bool = False
    need_raised: bool = False
    materials_sent: bool = False
    proposal_sent: bool = False
    demo_booked: bool = False
    intent: Intent | None = None
    status: PlanStatus | None = None
    contact_held_id: UUID | None = None
    deleted_at: datetime | None = None
    deleted_because: str | None = None

    def correct(self, values: Mapping[str, object], *, now: datetime) -> tuple[str, ...]:
        """Set fields; return the names of those that changed.

        Raises:
            FollowUpDeletedError: it has been deleted.
        """
        if self.deleted_at:
            raise FollowUpDeletedError(follow_up_id=self.follow_up_id)
        return self.update(values, now=now)

    def delete(self, *, reason: str, now: datetime) -> bool:
        """Mark it as deleted; return whether it was not before.

        Raises:
            DeleteReasonMissingError: no reason is given.
        """
        if not reason.strip():
            raise DeleteReasonMissingError
        if self.deleted_at:
            return False
        return bool(self.update({"deleted_at": now, "deleted_because": reason.strip()}, now=now))

    @property
    def is_deleted(self) -> bool:
        """Whether it counts no more."""
        return self.deleted_at is not None

    @property
    def has_response(self) -> bool:
        """Whether the customer answered: said so, gave feedback or named a need."""
        return self.responded or self.need_raised or not says_nothing(self.feedback)

    @property
    def objection_kind(self) -> Objection | None:
        """What kind of objection the words are about; None when there are none."""
        return classify_objection(self.objection)


NOTHING = frozenset(
    {"", "无", "没有", "暂无", "无异议", "无反馈", "未反馈", "未回复", "none", "no", "-", "—", "/"}
)
"""Words for the objection or the feedback that say there was none."""


def says_nothing(words: str | None) -> bool:
    """Whether there are no words, or words that only say so."""
    return (words or "").strip().casefold() in NOTHING


def classify_objection(words: str | None) -> Objection | None:
    """Find the kind of objection that words are about: price, competitor, other."""
    if words is None or says_nothing(words):
        return None
    aliases = Objection.by_alias().items()
    return next((kind for alias, kind in aliases if alias in words.casefold()), Objection.OTHER)
