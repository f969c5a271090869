"""Which model reads which type of event, and of command."""

from contracts import customers, followups, opportunities, rules
from contracts.commands import CommandData
from contracts.envelope import Envelope
from contracts.events import EventData


class UnknownEventTypeError(LookupError):
    """No model is registered for the type of a message."""


EVENTS: dict[str, type[EventData]] = {
    model.type: model
    for model in (
        customers.CustomerCreated,
        customers.CustomerUpdated,
        customers.PurchaseRecorded,
        followups.PersonChanged,
        followups.ContactHeld,
        followups.FollowUpRecorded,
        followups.PlanChanged,
        followups.TaskAccepted,
        followups.TaskCompleted,
        followups.TaskDismissed,
        opportunities.OpportunityCreated,
        opportunities.OpportunityUpdated,
        opportunities.StageChanged,
        opportunities.OpportunityHeld,
        opportunities.OpportunityResumed,
        opportunities.OpportunityWon,
        opportunities.OpportunityLost,
        rules.GradeDecided,
        rules.ProfileDecided,
        rules.TaskRaised,
        rules.TaskEscalated,
        rules.TaskReassigned,
        rules.TaskResolved,
        rules.NoticeGiven,
        rules.RulesetPublished,
        rules.RulesetRejected,
    )
}


COMMANDS: dict[str, type[CommandData]] = {
    model.type: model
    for model in (
        customers.PutCustomer,
        customers.RecordPurchase,
        followups.ReportContactHeld,
        followups.RecordFollowUp,
        followups.PutPerson,
        opportunities.PutOpportunity,
    )
}
"""Commands are the data alone: what is sent is a JSON object of the model's fields."""


def decode(envelope: Envelope) -> EventData:
    """The data of a message as its model; unknown fields are ignored.

    Raises:
        UnknownEventTypeError: no model is registered for the type.
        pydantic.ValidationError: the data does not fit the model.
    """
    try:
        model = EVENTS[envelope.type]
    except KeyError:
        raise UnknownEventTypeError(envelope.type) from None
    return model.model_validate(envelope.data, extra="ignore")
