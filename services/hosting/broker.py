"""With GENJIN_AMQP_URL: the services' logs are published, and consumers hear from their queues."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager

from services.hosting.work import Work
from services.shared.batching import Batcher
from services.shared.cursors import BrokerCursor
from services.shared.database import Database
from services.shared.delivery import Subscriptions
from services.shared.messaging import Consumer, Publisher
from services.shared.settings import Settings


@asynccontextmanager
async def publishing(
    databases: Mapping[str, Database], settings: Settings, *, consumers: Iterable[Subscriptions]
) -> AsyncIterator[list[Work]]:
    """Give the work that publishes the services' logs, heard by `consumers`; nothing without a broker."""
    if settings.amqp_url is None:
        yield []
        return
    heard_by = tuple(consumers)
    publishers = {
        name: Publisher(settings.amqp_url, service=name, declare=settings.declare, consumers=heard_by)
        for name in databases
    }
    try:
        yield [BrokerCursor(database, publishers[name].publish).run for name, database in databases.items()]
    finally:
        for publisher in publishers.values():
            await publisher.close()


def consuming(batchers: Iterable[Batcher], settings: Settings) -> list[Work]:
    """Return the work that consumes the queues of some consumers; needs a broker."""
    url = settings.require("amqp_url", purpose="the broker from which events are heard")
    return [Consumer(url, batcher, declare=settings.declare).run for batcher in batchers]
