"""Follow-up plans."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.events import SourceRef
from contracts.vocabulary import Channel, PlanStatus
from services.shared.changes import Tracked
from services.shared.errors import NotFoundError


class UnknownPlanError(NotFoundError):
    """There is no plan {plan_id}."""

    slug = "unknown-plan"
    zh = "没有编号为 {plan_id} 的跟进计划。"
    plan_id: UUID


@dataclass(slots=True)
class FollowUpPlan(Tracked):
    """What is to be done for a customer, by whom, until when (R094, R095); one milestone at most so far.

    The assignee carries it out and is reminded (R097, R218); without one, the owner is.
    """

    plan_id: UUID
    customer_id: UUID
    created_at: datetime
    updated_at: datetime
    source_refs: tuple[SourceRef, ...] = ()
    sequence: int = 1
    owner_id: UUID | None = None
    assignee_id: UUID | None = None
    status: PlanStatus = PlanStatus.OPEN
    stage: str | None = None
    milestone_at: datetime | None = None
    channel: Channel | None = None
    action: str | None = None
    expected_outcome: str | None = None
    due_at: datetime | None = None
