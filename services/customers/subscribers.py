"""What the customers service hears, and what it does then."""

from contracts import followups, opportunities, rules
from services.customers.handlers.arrivals import (
    finish,
    hear_follow_up,
    hear_grade,
    hear_opportunity,
    hear_profile,
)
from services.customers.handlers.moments import hear_moment
from services.shared.delivery import Subscriptions
from services.shared.directory import note_in_directory


def subscriptions() -> Subscriptions:
    """Return the table of what happens on what."""
    return Subscriptions(
        consumer="customers",
        handlers={
            opportunities.OpportunityCreated: hear_opportunity,
            opportunities.OpportunityUpdated: hear_opportunity,
            opportunities.StageChanged: hear_opportunity,
            opportunities.OpportunityHeld: hear_opportunity,
            opportunities.OpportunityResumed: hear_opportunity,
            opportunities.OpportunityWon: hear_opportunity,
            opportunities.OpportunityLost: hear_opportunity,
            followups.PersonChanged: note_in_directory,
            followups.FollowUpRecorded: hear_follow_up,
            followups.ContactHeld: hear_moment,
            followups.PlanChanged: hear_moment,
            followups.TaskCompleted: hear_moment,
            followups.TaskDismissed: hear_moment,
            rules.GradeDecided: hear_grade,
            rules.ProfileDecided: hear_profile,
            rules.TaskRaised: hear_moment,
            rules.TaskEscalated: hear_moment,
            rules.TaskResolved: hear_moment,
            rules.NoticeGiven: hear_moment,
        },
        finish=finish,
    )
