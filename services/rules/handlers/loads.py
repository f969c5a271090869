"""Loads: while one is under way, what arrives is merged and marked, and evaluated once at its end (A12)."""

from uuid import UUID

from services.rules.repository import versions
from services.shared.clock import Clock
from services.shared.database import Database
from services.shared.unit_of_work import unit_of_work


async def hold(database: Database, clock: Clock, load_id: UUID) -> None:
    """Hold evaluations back, for a minute from now."""
    async with unit_of_work(database, now=clock.now()) as unit:
        await versions.hold_load(unit.session, load_id)


async def end(database: Database, clock: Clock, load_id: UUID | None = None) -> None:
    """Let the scheduler evaluate what was touched; without an id, for all that a dead process left."""
    async with unit_of_work(database, now=clock.now()) as unit:
        await versions.end_load(unit.session, load_id)
