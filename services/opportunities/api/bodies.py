"""What is sent to the routes of the opportunities service."""

from uuid import UUID

from contracts.inputs import Amount, Day, Line, Moment, Paragraph
from contracts.vocabulary import OpportunityStage
from services.shared.http import UNLESS_GIVEN, Body


class OpportunityChanges(Body):
    """What is to change about an opportunity; what is not given stays."""

    name: Line = UNLESS_GIVEN
    owner_id: UUID | None = None
    expected_amount: Amount | None = None
    expected_close_on: Day | None = None
    decision_maker_id: UUID | None = None
    competition: Paragraph | None = None


class NewOpportunity(OpportunityChanges):
    """A chance to sell something to a customer."""

    customer_id: UUID
    name: Line
    stage: OpportunityStage = OpportunityStage.FIRST_CONTACT
    stage_entered_at: Moment = UNLESS_GIVEN


class Moved(Body):
    """The stage that an opportunity is in from now on."""

    stage: OpportunityStage


class Held(Body):
    """Until when an opportunity rests, and why."""

    until: Moment
    reason: Paragraph


class Won(Body):
    """What the customer signed for, and when; without an amount the expected one counts."""

    amount: Amount | None = None
    closed_at: Moment | None = None


class Lost(Body):
    """Why an opportunity was lost (R150), and when."""

    reason: Paragraph
    closed_at: Moment | None = None
