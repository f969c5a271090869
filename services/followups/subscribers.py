"""What the followups service hears, and what it does then."""

from contracts import customers, opportunities, rules
from services.followups.handlers.arrivals import finish, hear_task
from services.followups.handlers.notices import keep_notice
from services.shared.delivery import Subscriptions
from services.shared.directory import note_in_directory


def subscriptions() -> Subscriptions:
    """Return the table of what happens on what."""
    return Subscriptions(
        consumer="followups",
        handlers={
            customers.CustomerCreated: note_in_directory,
            customers.CustomerUpdated: note_in_directory,
            opportunities.OpportunityCreated: note_in_directory,
            opportunities.OpportunityUpdated: note_in_directory,
            opportunities.StageChanged: note_in_directory,
            opportunities.OpportunityHeld: note_in_directory,
            opportunities.OpportunityResumed: note_in_directory,
            opportunities.OpportunityWon: note_in_directory,
            opportunities.OpportunityLost: note_in_directory,
            rules.TaskRaised: hear_task,
            rules.TaskEscalated: hear_task,
            rules.TaskReassigned: hear_task,
            rules.TaskResolved: hear_task,
            rules.NoticeGiven: keep_notice,
        },
        finish=finish,
    )
