"""What happens on each order: load, decide, save, say."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from contracts import opportunities as events
from contracts.money import Money
from contracts.vocabulary import OpportunityStage
from services.opportunities.domain import Opportunity
from services.opportunities.repository import OPPORTUNITIES
from services.shared.errors import NotFoundError
from services.shared.records import event_from
from services.shared.unit_of_work import UnitOfWork


class UnknownOpportunityError(NotFoundError):
    """There is no opportunity {opportunity_id}."""

    slug = "unknown_opportunity"
    zh = "没有编号为 {opportunity_id} 的商机。"
    opportunity_id: UUID


async def create_opportunity(opportunity: Opportunity, unit: UnitOfWork) -> None:
    """Take in an opportunity as it stands, open or closed."""
    await OPPORTUNITIES.save(unit.session, [opportunity])
    say(events.OpportunityCreated, opportunity, unit)


async def update_opportunity(opportunity_id: UUID, values: Mapping[str, object], unit: UnitOfWork) -> None:
    """Set fields of an opportunity; nothing is said when none differs."""
    opportunity = await _load(opportunity_id, unit)
    if changed := opportunity.update(values, now=unit.now):
        await OPPORTUNITIES.save(unit.session, [opportunity])
        say(events.OpportunityUpdated, opportunity, unit, changed=changed)


async def change_stage(opportunity_id: UUID, stage: OpportunityStage, unit: UnitOfWork) -> None:
    """Move an opportunity to a stage, now; nothing is said when it is there already."""
    opportunity = await _load(opportunity_id, unit)
    if left := opportunity.enter_stage(stage, now=unit.now):
        await OPPORTUNITIES.save(unit.session, [opportunity])
        say(events.StageChanged, opportunity, unit, from_stage=left)


async def hold(opportunity_id: UUID, *, until: datetime, reason: str, unit: UnitOfWork) -> None:
    """Let an opportunity rest until an instant to come, for a reason."""
    opportunity = await _load(opportunity_id, unit)
    opportunity.hold(until=until, reason=reason, now=unit.now)
    await OPPORTUNITIES.save(unit.session, [opportunity])
    say(events.OpportunityHeld, opportunity, unit)


async def resume(opportunity_id: UUID, unit: UnitOfWork) -> None:
    """End the hold of an opportunity."""
    opportunity = await _load(opportunity_id, unit)
    opportunity.resume(now=unit.now)
    await OPPORTUNITIES.save(unit.session, [opportunity])
    say(events.OpportunityResumed, opportunity, unit)


async def win(opportunity_id: UUID, *, amount: Money | None, closed_at: datetime, unit: UnitOfWork) -> None:
    """Close an opportunity as won."""
    opportunity = await _load(opportunity_id, unit)
    opportunity.win(amount=amount, closed_at=closed_at, now=unit.now)
    await OPPORTUNITIES.save(unit.session, [opportunity])
    say(events.OpportunityWon, opportunity, unit)


async def lose(opportunity_id: UUID, *, reason: str | None, closed_at: datetime, unit: UnitOfWork) -> None:
    """Close an opportunity as lost."""
    opportunity = await _load(opportunity_id, unit)
    opportunity.lose(reason=reason, closed_at=closed_at, now=unit.now)
    await OPPORTUNITIES.save(unit.session, [opportunity])
    say(events.OpportunityLost, opportunity, unit)


def say(
    event: type[events.OpportunityState], opportunity: Opportunity, unit: UnitOfWork, **more: object
) -> None:
    """Emit an event with the whole state of an opportunity, and what else the event carries."""
    unit.emit(
        event_from(event, opportunity, **more),
        record_id=opportunity.opportunity_id,
        sequence=opportunity.sequence,
        subject=opportunity.opportunity_id,
        customer_id=opportunity.customer_id,
    )


async def _load(opportunity_id: UUID, unit: UnitOfWork) -> Opportunity:
    found = await OPPORTUNITIES.lock(unit.session, [opportunity_id])
    if opportunity_id not in found:
        raise UnknownOpportunityError(opportunity_id=opportunity_id)
    return found[opportunity_id]
