"""Opportunities: entered, moved, held, won and lost."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts import opportunities as events
from contracts.identity import new_id
from contracts.money import Money
from contracts.vocabulary import OpportunityStage, OpportunityStatus
from services.opportunities.domain import Opportunity, UnknownOpportunityError
from services.opportunities.repository import OPPORTUNITIES
from services.shared.entries import Entry
from services.shared.records import event_from
from services.shared.unit_of_work import UnitOfWork


async def create_opportunity(values: Mapping[str, object], unit: UnitOfWork) -> UUID:
    """Take in an opportunity as it stands, open or closed; return its id."""
    opportunity = Opportunity.enter(new_id(), values, now=unit.now)
    await OPPORTUNITIES.save(unit.session, [opportunity])
    say(events.OpportunityCreated, opportunity, unit)
    return opportunity.opportunity_id


async def put_opportunities(entries: Sequence[Entry], unit: UnitOfWork) -> None:
    """Take in opportunities as a source tells them: new ones as they stand, others by what is different."""
    ids = [entry.record_id for entry in entries if entry.record_id]
    known = await OPPORTUNITIES.lock(unit.session, ids)
    for entry in entries:
        opportunity = known.get(entry.record_id) if entry.record_id else None
        if opportunity is None:
            opportunity = Opportunity.enter(new_id(), entry.values, now=unit.now)
            entry.record_id = opportunity.opportunity_id
            known[entry.record_id] = opportunity
            say(events.OpportunityCreated, opportunity, unit)
        else:
            _follow_source(opportunity, dict(entry.values), unit)
    await OPPORTUNITIES.save(unit.session, known.values())


def _follow_source(opportunity: Opportunity, told: dict[str, Any], unit: UnitOfWork) -> None:
    """Do what a source says has changed, as if people had done it one after the other."""
    status, stage = told.pop("status", opportunity.status), told.pop("stage", opportunity.stage)
    ends = status is not opportunity.status
    end = {name: told.pop(name, None) for name in ("amount", "closed_at")} if ends else {}
    if stage is not opportunity.stage:
        entered_at = told.pop("stage_entered_at", None)
        left = opportunity.enter_stage(stage, at=entered_at, is_estimated=not entered_at, now=unit.now)
        say(events.StageChanged, opportunity, unit, from_stage=left)
    if changed := opportunity.update(_dated(told), now=unit.now):
        say(events.OpportunityUpdated, opportunity, unit, changed=changed)
    if ends:
        opportunity.end(status, **end, now=unit.now)
        is_won = status is OpportunityStatus.WON
        say(events.OpportunityWon if is_won else events.OpportunityLost, opportunity, unit)


def _dated(told: dict[str, Any]) -> dict[str, Any]:
    """Leave instants that the source no longer gives as they are; one that it gives is no estimate."""
    instants = {"stage_entered_at", "progressed_at", "closed_at"}
    kept = {name: value for name, value in told.items() if value or name not in instants}
    return {**kept, "stage_estimated": False} if "stage_entered_at" in kept else kept


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
