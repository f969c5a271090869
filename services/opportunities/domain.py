"""What an opportunity is, and what may happen to it.

Every method that changes something counts `sequence` up by one and returns what changed; `now` is the
business instant. `progressed_at`, from which the stall clock runs, moves with stage, amount, close date and
decision maker and with nothing else (K19).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

from contracts.events import SourceRef
from contracts.money import Money
from contracts.vocabulary import OpportunityStage, OpportunityStatus
from services.shared.changes import change
from services.shared.errors import NotFoundError, RefusedError

PROGRESS = frozenset({"expected_amount", "expected_close_on", "decision_maker_id"})
"""The fields whose change is progress; a change of stage is too."""


class UnknownOpportunityError(NotFoundError):
    """There is no opportunity {opportunity_id}."""

    slug = "unknown-opportunity"
    zh = "没有编号为 {opportunity_id} 的商机。"
    opportunity_id: UUID


class OpportunityClosedError(RefusedError):
    """Opportunity {name!r} is {status}: its stage, hold and outcome stay as they are."""

    slug = "opportunity-closed"
    zh = "商机“{name}”已经结束,阶段、搁置和结果不能再更改。"
    name: str
    status: str


class HoldInPastError(RefusedError):
    """Opportunity {name!r} cannot be held until {until}, which has passed."""

    slug = "hold-in-past"
    zh = "商机“{name}”不能搁置到 {until}:该时间已过。"
    name: str
    until: str


class HoldReasonMissingError(RefusedError):
    """Opportunity {name!r} can only be held for a reason."""

    slug = "hold-needs-reason"
    zh = "搁置商机“{name}”需要填写原因。"
    name: str


class NotHeldError(RefusedError):
    """Opportunity {name!r} is not on hold."""

    slug = "opportunity-not-held"
    zh = "商机“{name}”没有被搁置。"
    name: str


class OtherCustomerError(RefusedError):
    """Opportunity {name!r} belongs to customer {customer_id} and cannot be given to another one."""

    slug = "other-customer"
    zh = "商机“{name}”属于客户 {customer_id},不能改属另一个客户。"
    http_status = 409
    name: str
    customer_id: UUID


class LostReasonMissingError(RefusedError):
    """Opportunity {name!r} can only be lost for a reason."""

    slug = "loss-needs-reason"
    zh = "将商机“{name}”标记为输单需要填写原因。"
    name: str


class ClosedInFutureError(RefusedError):
    """Opportunity {name!r} cannot have been closed at {closed_at}, which is yet to come."""

    slug = "closed-in-future"
    zh = "商机“{name}”的结束时间 {closed_at} 尚未到来。"
    name: str
    closed_at: str


@dataclass(slots=True)
class Opportunity:
    """A chance to sell something to one customer.

    `held_until` is the instant at which the latest hold ends or ended; `stage_estimated` marks a stage entry
    that no source has dated. Amounts are in the base currency.
    """

    opportunity_id: UUID
    customer_id: UUID
    name: str
    natural_key: str
    stage: OpportunityStage
    stage_entered_at: datetime
    progressed_at: datetime
    updated_at: datetime
    created_at: datetime
    source_refs: tuple[SourceRef, ...] = ()
    sequence: int = 1
    owner_id: UUID | None = None
    status: OpportunityStatus = OpportunityStatus.OPEN
    stage_estimated: bool = False
    expected_amount: Money | None = None
    expected_close_on: date | None = None
    decision_maker_id: UUID | None = None
    competition: str | None = None
    held_until: datetime | None = None
    hold_reason: str | None = None
    closed_at: datetime | None = None
    amount: Money | None = None
    lost_reason: str | None = None

    @classmethod
    def enter(cls, opportunity_id: UUID, values: Mapping[str, Any], *, now: datetime) -> Self:
        """Take in an opportunity as a source tells it, open or closed.

        A stage entry without a date is now, as an estimate; so is the end of a closed one. Progress was made
        when the stage was entered, unless the source dates it. A closed one may come without its last stage.
        """
        entered_at = values.get("stage_entered_at") or now
        told = {
            "stage": OpportunityStage.SIGNING
            if values.get("status") is OpportunityStatus.WON
            else OpportunityStage.FIRST_CONTACT,
            **values,
            "stage_entered_at": entered_at,
            "stage_estimated": not values.get("stage_entered_at"),
            "progressed_at": values.get("progressed_at") or entered_at,
        }
        opportunity = cls(opportunity_id=opportunity_id, created_at=now, updated_at=now, **told)
        if opportunity.status is not OpportunityStatus.OPEN:
            opportunity.closed_at = opportunity.closed_at or now
        if opportunity.status is OpportunityStatus.WON:
            opportunity.amount = opportunity.amount or opportunity.expected_amount
        return opportunity

    def update(self, values: Mapping[str, object], *, now: datetime) -> tuple[str, ...]:
        """Set fields; return the names of those that changed. Values that do not differ move nothing."""
        changed = change(self, values)
        if PROGRESS & set(changed) and "progressed_at" not in changed:
            self.progressed_at = now
        if changed:
            self._touch(now)
        return changed

    def enter_stage(
        self,
        stage: OpportunityStage,
        *,
        at: datetime | None = None,
        is_estimated: bool = False,
        now: datetime,
    ) -> OpportunityStage | None:
        """Move to another stage, entered `at` or now; return the stage left, or None if it is this one.

        Raises:
            OpportunityClosedError: it is won or lost already.
        """
        if stage is self.stage:
            return None
        self._must_be_open()
        left, self.stage = self.stage, stage
        self.stage_entered_at, self.stage_estimated = at or now, is_estimated
        self.progressed_at = max(self.progressed_at, self.stage_entered_at)
        self._touch(now)
        return left

    def hold(self, *, until: datetime, reason: str, now: datetime) -> None:
        """Let it rest until an instant to come; holding it again moves that instant.

        Raises:
            OpportunityClosedError, HoldReasonMissingError, HoldInPastError: it cannot be held like that.
        """
        self._must_be_open()
        if not reason.strip():
            raise HoldReasonMissingError(name=self.name)
        if until <= now:
            raise HoldInPastError(name=self.name, until=until.isoformat())
        self.held_until, self.hold_reason = until, reason.strip()
        self._touch(now)

    def resume(self, *, now: datetime) -> None:
        """End the hold now; the stall clock runs from this instant.

        Raises:
            OpportunityClosedError, NotHeldError: there is no hold to end.
        """
        self._must_be_open()
        if self.held_until is None or self.held_until <= now:
            raise NotHeldError(name=self.name)
        self.held_until, self.hold_reason = now, None
        self._touch(now)

    def win(self, *, amount: Money | None, closed_at: datetime, now: datetime) -> None:
        """Close it as won; without an amount the expected one counts.

        Raises:
            OpportunityClosedError: it is won or lost already.
        """
        self._must_be_open()
        self.status, self.closed_at = OpportunityStatus.WON, closed_at
        self.amount = amount or self.expected_amount
        self._touch(now)

    def lose(self, *, reason: str | None, closed_at: datetime, now: datetime) -> None:
        """Close it as lost, for a reason; None when a source gives none (R150).

        Raises:
            OpportunityClosedError, LostReasonMissingError: it cannot be lost like that.
        """
        self._must_be_open()
        if reason is not None and not reason.strip():
            raise LostReasonMissingError(name=self.name)
        self.status, self.closed_at, self.lost_reason = OpportunityStatus.LOST, closed_at, reason
        self._touch(now)

    def end(
        self,
        status: OpportunityStatus,
        *,
        amount: Money | None,
        closed_at: datetime | None,
        now: datetime,
    ) -> None:
        """Close it as a source says, undated ones now.

        Raises:
            OpportunityClosedError: it is closed otherwise already, or was and should be open again.
        """
        if status is OpportunityStatus.WON:
            self.win(amount=amount, closed_at=closed_at or now, now=now)
        elif status is OpportunityStatus.LOST:
            self.lose(reason=self.lost_reason, closed_at=closed_at or now, now=now)
        else:
            self._must_be_open()

    def check_closing(self, closed_at: datetime, *, now: datetime) -> None:
        """Raise ClosedInFutureError for an end that is yet to come."""
        if closed_at > now:
            raise ClosedInFutureError(name=self.name, closed_at=closed_at.isoformat())

    def _must_be_open(self) -> None:
        if self.status is not OpportunityStatus.OPEN:
            raise OpportunityClosedError(name=self.name, status=self.status.value)

    def _touch(self, now: datetime) -> None:
        self.sequence += 1
        self.updated_at = now
