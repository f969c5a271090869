"""Follow-up plans."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from contracts.followups import Milestone, PlanChanged
from contracts.identity import new_id
from services.followups.domain.plans import FollowUpPlan, UnknownPlanError
from services.followups.repository import PLANS
from services.shared.entries import Entry, put_records
from services.shared.preconditions import ALWAYS, Precondition
from services.shared.records import event_from
from services.shared.unit_of_work import UnitOfWork


async def put_plans(entries: Sequence[Entry], unit: UnitOfWork) -> None:
    """Enter new plans and change those that are there."""

    def make(entry: Entry) -> FollowUpPlan:
        """Make a new plan."""
        values: dict[str, Any] = entry.values
        return FollowUpPlan(plan_id=new_id(), created_at=unit.now, updated_at=unit.now, **values)

    for plan in await put_records(entries, unit, records=PLANS, make=make):
        _say(plan, unit)


async def enter_plan(values: Mapping[str, Any], unit: UnitOfWork) -> UUID:
    """Enter a plan; return its id."""
    plan = FollowUpPlan(plan_id=new_id(), created_at=unit.now, updated_at=unit.now, **values)
    await PLANS.save(unit.session, [plan])
    _say(plan, unit)
    return plan.plan_id


async def update_plan(
    plan_id: UUID, values: Mapping[str, Any], unit: UnitOfWork, *, precondition: Precondition = ALWAYS
) -> None:
    """Set fields of a plan; nothing is said when none differs. Raises UnknownPlanError."""
    found = await PLANS.lock(unit.session, [plan_id])
    if plan_id not in found:
        raise UnknownPlanError(plan_id=plan_id)
    plan = found[plan_id]
    precondition.check(plan.sequence)
    if plan.update(values, now=unit.now):
        await PLANS.save(unit.session, [plan])
        _say(plan, unit)


def _say(plan: FollowUpPlan, unit: UnitOfWork) -> None:
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
