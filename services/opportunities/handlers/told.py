"""Opportunities while something happens to them: what happens is said, and kept for their history."""

from collections.abc import Iterable
from uuid import UUID

from contracts.opportunities import OpportunityState
from services.opportunities.domain import Opportunity, UnknownOpportunityError
from services.opportunities.repository import OPPORTUNITIES, Change, add_changes, state_of
from services.shared.preconditions import Precondition
from services.shared.records import event_from
from services.shared.unit_of_work import UnitOfWork


class Told:
    """An opportunity that is there, and all that happens to it in a unit of work."""

    def __init__(self, opportunity: Opportunity) -> None:
        self.opportunity = opportunity
        self.changes: list[Change] = []
        self._before = state_of(opportunity)

    def say(self, event: type[OpportunityState], unit: UnitOfWork, **more: object) -> None:
        """Emit an event, and note what differs since the one before."""
        opportunity, after = self.opportunity, state_of(self.opportunity)
        self.changes.append(
            Change(
                opportunity_id=opportunity.opportunity_id,
                sequence=opportunity.sequence,
                event=event.type.split(".")[1],
                changed_at=unit.now,
                before=self._before,
                after=after,
            )
        )
        self._before = after
        say(event, opportunity, unit, **more)


async def load(opportunity_id: UUID, unit: UnitOfWork, precondition: Precondition) -> Told:
    """Read and lock an opportunity. Raises UnknownOpportunityError, PreconditionFailedError."""
    found = await OPPORTUNITIES.lock(unit.session, [opportunity_id])
    if opportunity_id not in found:
        raise UnknownOpportunityError(opportunity_id=opportunity_id)
    precondition.check(found[opportunity_id].sequence)
    return Told(found[opportunity_id])


async def save(all_told: Iterable[Told], unit: UnitOfWork) -> None:
    """Write the opportunities to which something happened, and what it was."""
    changed = [told for told in all_told if told.changes]
    await OPPORTUNITIES.save(unit.session, [told.opportunity for told in changed])
    await add_changes(unit.session, [change for told in changed for change in told.changes])


def say(event: type[OpportunityState], opportunity: Opportunity, unit: UnitOfWork, **more: object) -> None:
    """Emit an event with the whole state of an opportunity, and what else the event carries."""
    unit.emit(
        event_from(event, opportunity, **more),
        record_id=opportunity.opportunity_id,
        sequence=opportunity.sequence,
        subject=opportunity.opportunity_id,
        customer_id=opportunity.customer_id,
    )
