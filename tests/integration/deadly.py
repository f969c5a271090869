"""A consumer in a process of its own, which ends at once on one message, as a crash does.

`retry`: it tries the dead letters that are due. `consume`: it takes messages from a queue. `collect`: it
also collects what the broker gave up and tries it.
"""

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine, Hashable, Iterable, Sequence
from typing import Any
from uuid import UUID

from faststream.rabbit import RabbitMessage

from contracts.envelope import Envelope
from contracts.events import EventData
from services.shared.batching import Batcher
from services.shared.cloud_events import from_amqp
from services.shared.collecting import Collector
from services.shared.database import Database
from services.shared.delivery import Delivered
from services.shared.letters import Desk
from services.shared.messaging import queue_of
from services.shared.messaging.receiving import Receiver, Source
from services.shared.unit_of_work import UnitOfWork
from tests.plumbing import CLOCK, note_effect, retrier_of, subscribed

CRASHED = 77

Work = Callable[[Batcher, str], Coroutine[Any, Any, None]]


async def retry(batcher: Batcher, _broker: str) -> None:
    """Try what is due and end."""
    await retrier_of(batcher).retry_due()


async def consume(batcher: Batcher, broker: str) -> None:
    """Take messages from the consumer's queue, whatever its delivery limit is."""

    async def take(batch: Sequence[RabbitMessage]) -> None:
        received = [
            from_amqp(each.headers, each.body, content_type=each.content_type, sources=sources)
            for each in batch
        ]
        await batcher.handle([each for each in received if isinstance(each, Delivered)])

    async def as_it_is() -> None:
        pass

    consumer, sources = batcher.subscriptions.consumer, batcher.subscriptions.sources
    await Receiver(broker, Source(queue_of(consumer), consumer), take, prepare=as_it_is).run()


async def collect(batcher: Batcher, broker: str) -> None:
    """Take messages, collect what the broker gave up, and try it."""
    desk = Desk(batcher.database, [retrier_of(batcher)])
    async with asyncio.TaskGroup() as group:
        group.create_task(consume(batcher, broker))
        group.create_task(Collector(broker, desk, hearing=batcher.subscriptions).run())
        group.create_task(retrier_of(batcher).run())


async def main(work: Work, url: str, schema: str, *, poison: UUID, consumer: str, broker: str) -> None:
    """Do the work; the poisonous message ends the process."""

    async def deadly(data: EventData, envelope: Envelope, unit: UnitOfWork) -> Iterable[Hashable]:
        if envelope.id == poison:
            os._exit(CRASHED)
        return await note_effect(data, envelope, unit)

    database = Database.connect(url, schema=schema)
    await work(
        Batcher(database=database, clock=CLOCK, subscriptions=subscribed(deadly, consumer=consumer)), broker
    )
    await database.dispose()


async def start(
    work: Work, database: Database, *, poison: UUID, consumer: str, broker: str = ""
) -> asyncio.subprocess.Process:
    """Start such a process."""
    url = database.engine.url.render_as_string(hide_password=False)
    arguments = (work.__name__, url, database.name, str(poison), consumer, broker)
    return await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.integration.deadly", *arguments)


if __name__ == "__main__":
    name, url, schema, poison, consumer, broker = sys.argv[1:]
    chosen: Work = {"retry": retry, "consume": consume, "collect": collect}[name]
    asyncio.run(main(chosen, url, schema, poison=UUID(poison), consumer=consumer, broker=broker))
