"""Follow-up plans."""

from contracts.followups import Milestone, PlanChanged
from services.followups.domain import FollowUpPlan
from services.shared.records import event_from
from services.shared.unit_of_work import UnitOfWork


def say_plan(plan: FollowUpPlan, unit: UnitOfWork) -> None:
    """Emit an event with the whole state of a plan, except its free text."""
    at = plan.milestone_at
    milestones = (Milestone(at=at, channel=plan.channel),) if at else ()
    has_outcome = bool(plan.expected_outcome)
    unit.emit(
        event_from(PlanChanged, plan, milestones=milestones, has_outcome=has_outcome),
        record_id=plan.plan_id,
        sequence=plan.sequence,
        subject=plan.customer_id,
        customer_id=plan.customer_id,
    )
