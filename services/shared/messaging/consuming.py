"""Consuming events: from a queue, in batches, through a batcher."""

from collections.abc import Sequence

from faststream.rabbit import RabbitMessage

from services.shared.batching import Batcher
from services.shared.cloud_events import from_amqp
from services.shared.delivery import Delivered
from services.shared.messaging.names import queue_of
from services.shared.messaging.preflight import preflight
from services.shared.messaging.receiving import WATCH_SECONDS, Receiver, Source
from services.shared.readiness import Pause


class Consumer:
    """Takes the messages of one consumer's queue and acknowledges each when its batch is committed.

    Where it may `declare`, it makes what it needs; else that has to be there. Any number of replicas share
    the queue.
    """

    def __init__(
        self, url: str, batcher: Batcher, *, declare: bool = True, watch_seconds: float = WATCH_SECONDS
    ) -> None:
        self._url = url
        self._batcher = batcher
        self._declare = declare
        consumer = batcher.subscriptions.consumer
        self._receiver = Receiver(
            url,
            Source(queue_of(consumer), consumer),
            self._take,
            prepare=self._prepare,
            watch_seconds=watch_seconds,
        )

    async def run(self) -> None:
        """Consume until cancelled; outages of the broker and of the database are waited out.

        Raises a RefusedError when the broker is not as it has to be.
        """
        await self._receiver.run()

    def paused(self) -> Pause | None:
        """Return for how long nothing could be consumed, and why; None when all is well."""
        return self._receiver.paused()

    async def _prepare(self) -> None:
        await preflight(self._url, [self._batcher.subscriptions], declare=self._declare)

    async def _take(self, batch: Sequence[RabbitMessage]) -> None:
        delivered, unplaced = [], []
        sources = self._batcher.subscriptions.sources
        for message in batch:
            received = from_amqp(
                message.headers, message.body, content_type=message.content_type, sources=sources
            )
            if isinstance(received, Delivered):
                delivered.append(received)
            else:
                unplaced.append(received)
        # What has no place is kept last: kept again, it would count as tried again.
        await self._batcher.handle(delivered)
        for each in unplaced:
            await self._batcher.bury(each)
