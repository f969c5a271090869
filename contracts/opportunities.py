"""Events of the opportunities service, and the command it takes."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from contracts.commands import CommandData, RecordRef
from contracts.events import EventData, Instant, SourceRef
from contracts.inputs import Amount, Day, Line, Moment, Paragraph
from contracts.money import Money
from contracts.vocabulary import OpportunityStage, OpportunityStatus


class OpportunityState(EventData):
    """An opportunity as its owner knows it.

    `progressed_at` moves with stage, amount, close date and decision maker, and with nothing else (K19);
    `stage_estimated` marks a stage entry that the source did not date.
    """

    record_kind: ClassVar[str] = "opportunity"

    opportunity_id: UUID
    customer_id: UUID
    name: str
    natural_key: str
    source_ref: SourceRef | None = None
    source_refs: tuple[SourceRef, ...] = ()
    owner_id: UUID | None = None
    status: OpportunityStatus = OpportunityStatus.OPEN
    stage: OpportunityStage
    stage_entered_at: Instant
    stage_estimated: bool = False
    progressed_at: Instant
    updated_at: Instant
    expected_amount: Money | None = None
    expected_close_on: date | None = None
    held_until: Instant | None = None
    closed_at: Instant | None = None
    amount: Money | None = None


class OpportunityCreated(OpportunityState):
    """An opportunity was entered or imported."""

    type: ClassVar[str] = "opportunities.opportunity_created.v1"


class OpportunityUpdated(OpportunityState):
    """Fields of an opportunity changed; `changed` names them."""

    type: ClassVar[str] = "opportunities.opportunity_updated.v1"

    changed: tuple[str, ...] = ()


class StageChanged(OpportunityState):
    """An opportunity moved to another stage."""

    type: ClassVar[str] = "opportunities.stage_changed.v1"

    from_stage: OpportunityStage


class OpportunityHeld(OpportunityState):
    """An opportunity rests, for a known reason, until `held_until`."""

    type: ClassVar[str] = "opportunities.opportunity_held.v1"


class OpportunityResumed(OpportunityState):
    """A held opportunity goes on."""

    type: ClassVar[str] = "opportunities.opportunity_resumed.v1"


class OpportunityWon(OpportunityState):
    """The customer signed: `amount` at `closed_at`."""

    type: ClassVar[str] = "opportunities.opportunity_won.v1"


class OpportunityLost(OpportunityState):
    """The opportunity ended without a contract, at `closed_at`."""

    type: ClassVar[str] = "opportunities.opportunity_lost.v1"


class PutOpportunity(CommandData):
    """Take in an opportunity as another system has it, or follow what has changed there.

    Of an opportunity that is known, fields that are not given stay as they are, and its customer stays for
    ever. A stage or an end without a date is of now. What has ended does not open again. The only one of this
    customer and name is the same opportunity, unless this system knows it by another id.
    """

    type: ClassVar[str] = "opportunities.put_opportunity.v1"

    customer: RecordRef
    name: Line
    owner: RecordRef | None = None
    status: OpportunityStatus = OpportunityStatus.OPEN
    stage: OpportunityStage = OpportunityStage.FIRST_CONTACT
    stage_entered_at: Moment | None = None
    expected_amount: Amount | None = None
    expected_close_on: Day | None = None
    competition: Paragraph | None = None
    closed_at: Moment | None = None
    amount: Amount | None = None
    lost_reason: Paragraph | None = None
