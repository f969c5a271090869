"""How full queues on the broker are, as the broker says."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence

import aio_pika
from aiormq.exceptions import AMQPError
from prometheus_client import Metric

from services.shared.watching.scrape import gauge

ASK_SECONDS = 2.0


def queue_measure(url: str, queues: Sequence[str]) -> Callable[[], Awaitable[Iterable[Metric]]]:
    """Return what asks the broker how many messages and consumers some queues have.

    A connection for the question alone: the ones that work remember what a queue was when they declared it.
    Queues that are not there are left out, and all of them are when the broker is away.
    """

    async def measure() -> list[Metric]:
        """Ask the broker."""
        found: dict[str, tuple[int, int]] = {}
        is_up = False
        try:
            async with asyncio.timeout(ASK_SECONDS), await aio_pika.connect(url) as connection:
                is_up = True
                for queue in queues:
                    found |= await _depth(connection, queue)
        except (AMQPError, OSError, TimeoutError):
            pass  # what is not known is not told; the alerts know the difference
        return [
            gauge(
                "genjin_queue_messages",
                "Messages that wait in a queue.",
                ("queue",),
                {(queue,): messages for queue, (messages, _) in found.items()},
            ),
            gauge(
                "genjin_queue_consumers",
                "Consumers of a queue, over all replicas.",
                ("queue",),
                {(queue,): consumers for queue, (_, consumers) in found.items()},
            ),
            gauge("genjin_broker_up", "Whether the broker answers.", (), {(): float(is_up)}),
        ]

    return measure


async def _depth(connection: aio_pika.abc.AbstractConnection, queue: str) -> dict[str, tuple[int, int]]:
    # A channel for each: the question about a queue that is not there ends it.
    channel = await connection.channel()
    try:
        declared = await channel.declare_queue(queue, passive=True)
    except AMQPError:
        return {}
    await channel.close()
    answer = declared.declaration_result
    return {queue: (answer.message_count or 0, answer.consumer_count or 0)}
