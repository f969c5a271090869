"""What the rules service hears."""

from collections.abc import Hashable

from contracts import customers, followups, opportunities
from services.rules.handlers.arrivals import finish, hear_ending, hear_record
from services.rules.handlers.standing import Standing
from services.shared.delivery import Subscriptions
from services.shared.unit_of_work import UnitOfWork


def subscriptions(standing: Standing) -> Subscriptions:
    """The table of what happens on what; all that arrives together is evaluated together."""

    async def evaluate(touched: frozenset[Hashable], unit: UnitOfWork) -> None:
        """Merge and evaluate all of a batch."""
        await finish(standing, touched, unit)

    return Subscriptions(
        consumer="rules",
        handlers={
            customers.CustomerCreated: hear_record,
            customers.CustomerUpdated: hear_record,
            customers.PurchaseRecorded: hear_record,
            followups.PersonChanged: hear_record,
            followups.FollowUpRecorded: hear_record,
            followups.ContactHeld: hear_record,
            followups.PlanChanged: hear_record,
            followups.TaskCompleted: hear_ending,
            followups.TaskDismissed: hear_ending,
            opportunities.OpportunityCreated: hear_record,
            opportunities.OpportunityUpdated: hear_record,
            opportunities.StageChanged: hear_record,
            opportunities.OpportunityHeld: hear_record,
            opportunities.OpportunityResumed: hear_record,
            opportunities.OpportunityWon: hear_record,
            opportunities.OpportunityLost: hear_record,
        },
        finish=evaluate,
    )
