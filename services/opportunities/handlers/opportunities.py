"""Opportunities: entered, moved, held, won and lost."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts import opportunities as events
from contracts.identity import new_id
from contracts.money import Money
from contracts.vocabulary import OpportunityStage, OpportunityStatus
from services.opportunities.domain import Opportunity
from services.opportunities.handlers.told import Told, load, save, say
from services.opportunities.repository import OPPORTUNITIES
from services.shared.entries import Entry
from services.shared.imports.text import normalise_name
from services.shared.preconditions import ALWAYS, Precondition
from services.shared.unit_of_work import UnitOfWork


async def create_opportunity(values: Mapping[str, Any], unit: UnitOfWork) -> UUID:
    """Take in an opportunity as it stands, open or closed; return its id."""
    opportunity = Opportunity.enter(new_id(), _with_key(values), now=unit.now)
    await OPPORTUNITIES.save(unit.session, [opportunity])
    say(events.OpportunityCreated, opportunity, unit)
    return opportunity.opportunity_id


async def put_opportunities(entries: Sequence[Entry], unit: UnitOfWork) -> None:
    """Take in opportunities as a source tells them: new ones as they stand, others by what is different."""
    ids = [entry.record_id for entry in entries if entry.record_id]
    known = {key: Told(found) for key, found in (await OPPORTUNITIES.lock(unit.session, ids)).items()}
    new: list[Opportunity] = []
    for entry in entries:
        told = known.get(entry.record_id) if entry.record_id else None
        if told is not None:
            _follow_source(told, _with_key(entry.values), unit)
            continue
        opportunity = Opportunity.enter(new_id(), _with_key(entry.values), now=unit.now)
        entry.record_id = opportunity.opportunity_id
        new.append(opportunity)
        say(events.OpportunityCreated, opportunity, unit)
    await OPPORTUNITIES.save(unit.session, new)
    await save(known.values(), unit)


def _follow_source(told: Told, values: dict[str, Any], unit: UnitOfWork) -> None:
    """Do what a source says has changed, as if people had done it one after the other."""
    opportunity = told.opportunity
    status, stage = values.pop("status", opportunity.status), values.pop("stage", opportunity.stage)
    ends = status is not opportunity.status
    end = {name: values.pop(name, None) for name in ("amount", "closed_at")} if ends else {}
    if stage is not opportunity.stage:
        entered_at = values.pop("stage_entered_at", None)
        left = opportunity.enter_stage(stage, at=entered_at, is_estimated=not entered_at, now=unit.now)
        told.say(events.StageChanged, unit, from_stage=left)
    if changed := opportunity.update(_dated(values), now=unit.now):
        told.say(events.OpportunityUpdated, unit, changed=changed)
    if ends:
        opportunity.end(status, **end, now=unit.now)
        is_won = status is OpportunityStatus.WON
        told.say(events.OpportunityWon if is_won else events.OpportunityLost, unit)


def _dated(told: dict[str, Any]) -> dict[str, Any]:
    """Leave instants that the source no longer gives as they are; one that it gives is no estimate."""
    instants = {"stage_entered_at", "progressed_at", "closed_at"}
    kept = {name: value for name, value in told.items() if value or name not in instants}
    return {**kept, "stage_estimated": False} if "stage_entered_at" in kept else kept


async def update_opportunity(
    opportunity_id: UUID, values: Mapping[str, Any], unit: UnitOfWork, *, precondition: Precondition = ALWAYS
) -> None:
    """Set fields of an opportunity; nothing is said when none differs."""
    told = await load(opportunity_id, unit, precondition)
    if changed := told.opportunity.update(_with_key(values), now=unit.now):
        told.say(events.OpportunityUpdated, unit, changed=changed)
        await save([told], unit)


async def change_stage(
    opportunity_id: UUID, stage: OpportunityStage, unit: UnitOfWork, *, precondition: Precondition = ALWAYS
) -> None:
    """Move an opportunity to a stage, now; nothing is said when it is there already."""
    told = await load(opportunity_id, unit, precondition)
    if left := told.opportunity.enter_stage(stage, now=unit.now):
        told.say(events.StageChanged, unit, from_stage=left)
        await save([told], unit)


async def hold(
    opportunity_id: UUID,
    *,
    until: datetime,
    reason: str,
    unit: UnitOfWork,
    precondition: Precondition = ALWAYS,
) -> None:
    """Let an opportunity rest until an instant to come, for a reason."""
    told = await load(opportunity_id, unit, precondition)
    told.opportunity.hold(until=until, reason=reason, now=unit.now)
    told.say(events.OpportunityHeld, unit)
    await save([told], unit)


async def resume(opportunity_id: UUID, unit: UnitOfWork, *, precondition: Precondition = ALWAYS) -> None:
    """End the hold of an opportunity."""
    told = await load(opportunity_id, unit, precondition)
    told.opportunity.resume(now=unit.now)
    told.say(events.OpportunityResumed, unit)
    await save([told], unit)


async def win(
    opportunity_id: UUID,
    *,
    amount: Money | None,
    closed_at: datetime,
    unit: UnitOfWork,
    precondition: Precondition = ALWAYS,
) -> None:
    """Close an opportunity as won."""
    told = await load(opportunity_id, unit, precondition)
    told.opportunity.check_closing(closed_at, now=unit.now)
    told.opportunity.win(amount=amount, closed_at=closed_at, now=unit.now)
    told.say(events.OpportunityWon, unit)
    await save([told], unit)


async def lose(
    opportunity_id: UUID,
    *,
    reason: str,
    closed_at: datetime,
    unit: UnitOfWork,
    precondition: Precondition = ALWAYS,
) -> None:
    """Close an opportunity as lost, for a reason (R150)."""
    told = await load(opportunity_id, unit, precondition)
    told.opportunity.check_closing(closed_at, now=unit.now)
    told.opportunity.lose(reason=reason, closed_at=closed_at, now=unit.now)
    told.say(events.OpportunityLost, unit)
    await save([told], unit)


def _with_key(values: Mapping[str, Any]) -> dict[str, Any]:
    """Add the natural key of a name."""
    return {**values, "natural_key": normalise_name(values["name"])} if "name" in values else dict(values)
