"""A process that tries the dead letters that are due, and ends at once on one of them, as a crash does."""

import asyncio
import os
import sys
from collections.abc import Hashable, Iterable
from uuid import UUID

from contracts.envelope import Envelope
from contracts.events import EventData
from services.shared.batching import Batcher
from services.shared.database import Database
from services.shared.unit_of_work import UnitOfWork
from tests.plumbing import CLOCK, note_effect, subscribed

CRASHED = 77


async def retry_all(url: str, schema: str, poison: UUID) -> None:
    """Try all that is due; the poisonous message ends the process."""

    async def deadly(data: EventData, envelope: Envelope, unit: UnitOfWork) -> Iterable[Hashable]:
        if envelope.id == poison:
            os._exit(CRASHED)
        return await note_effect(data, envelope, unit)

    database = Database.connect(url, schema=schema)
    await Batcher(database=database, clock=CLOCK, subscriptions=subscribed(deadly)).retry_due()
    await database.dispose()


if __name__ == "__main__":
    asyncio.run(retry_all(sys.argv[1], sys.argv[2], UUID(sys.argv[3])))
