"""Taking messages from a queue in batches, and giving back in good order those that were not begun.

The messages come from a FastStream subscriber, read as a sequence: a task for each message, as it makes for
handlers, costs more than handling the message. The broker restores the connection by itself; what it does not
notice (a queue that was deleted, a consumer that hears nothing) is found by looking, and begun anew.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import Any, Protocol, cast

import structlog
from aiormq.exceptions import ChannelAccessRefused, ChannelNotFoundEntity
from faststream import AckPolicy
from faststream.message import StreamMessage
from faststream.rabbit import QueueType, RabbitBroker, RabbitMessage, RabbitQueue

from services.shared.errors import RefusedError, TransientError
from services.shared.messaging.connections import (
    AWAY,
    PAUSES_SECONDS,
    START_SECONDS,
    consuming_broker,
    pause,
    plain_connection,
)
from services.shared.messaging.errors import BrokerAwayError
from services.shared.readiness import Pause

BATCH = 200
"""The most events that are handled together."""

_LEAST_PREFETCH = 20

WATCH_SECONDS = 10.0
"""How often it is looked whether the broker still knows of us."""

SUSPICIONS = 2
"""So often in a row; one may be a moment between two states."""

STOP_SECONDS = 20.0
"""How long the batch in hand may take when we are to stop."""

log = structlog.stdlib.get_logger()


class Messages(Protocol):
    """A sequence of messages that comes as the broker sends them."""

    def __aiter__(self) -> AsyncIterator[StreamMessage[Any]]:
        """Read on."""
        ...


@dataclass(frozen=True)
class Source:
    """A queue and its consumer; `is_exclusive`: one replica is served at a time.

    At most `batch` messages are handled together; more are in hand, so that nobody waits for the network.
    """

    queue: str
    consumer: str
    is_exclusive: bool = False
    batch: int = BATCH

    @property
    def prefetch(self) -> int:
        """How many messages are in hand at once."""
        return max(2 * self.batch, _LEAST_PREFETCH)


class Receiver:
    """Hands the messages of a queue to `handle` in batches and acknowledges each batch when that returns.

    While `handle` raises TransientError the batch is kept, un-acknowledged, and tried again: no more are
    taken, and none is counted as delivered once more. `prepare` runs before each connecting; what it refuses
    the first time is raised by `run`.
    """

    def __init__(
        self,
        url: str,
        source: Source,
        handle: Callable[[Sequence[RabbitMessage]], Coroutine[Any, Any, None]],
        *,
        prepare: Callable[[], Coroutine[Any, Any, None]],
        watch_seconds: float = WATCH_SECONDS,
    ) -> None:
        self._url = url
        self._source = source
        self._handle = handle
        self._prepare = prepare
        self._watch_seconds = watch_seconds
        self._paused: tuple[float, str] | None = None
        self._was_ready = False

    def paused(self) -> Pause | None:
        """Return for how long nothing could be consumed, and why; None when all is well."""
        return Pause(monotonic() - self._paused[0], self._paused[1]) if self._paused else None

    async def run(self) -> None:
        """Consume until cancelled; outages are waited out.

        Raises the RefusedErrors of the first preparation, and whatever `handle` raises but TransientErrors.
        """
        failures = 0
        while True:
            try:
                await self._prepare()
                self._was_ready = True
                await self._receive()
                failures = 0
            except (*AWAY, BrokerAwayError, RefusedError) as error:
                if isinstance(error, RefusedError) and not self._was_ready:
                    raise
                self._pausing(error)
                log.warning("broker_away", consumer=self._source.consumer, reason=str(error))
                await pause(failures)
                failures += 1

    async def _receive(self) -> None:
        broker = consuming_broker(self._url, self._source.consumer, prefetch=self._source.prefetch)
        subscriber = broker.subscriber(
            RabbitQueue(self._source.queue, queue_type=QueueType.QUORUM, durable=True, declare=False),
            ack_policy=AckPolicy.MANUAL,
            no_reply=True,
            decoder=_undecoded,
        )
        try:
            async with asyncio.timeout(START_SECONDS):
                await broker.start()
            log.info("consuming_started", consumer=self._source.consumer, queue=self._source.queue)
            self._paused = None
            await _Round(
                subscriber, self._source.batch, handle=self._handle_patiently, is_deaf=self._is_deaf
            ).run()
        finally:
            await _stop(broker)
        log.warning("consuming_restarted", consumer=self._source.consumer, queue=self._source.queue)

    async def _handle_patiently(self, batch: Sequence[RabbitMessage], stopping: asyncio.Event) -> None:
        failures = 0
        while True:
            try:
                await self._handle(batch)
            except TransientError as error:
                self._pausing(error)
                log.warning("consuming_paused", consumer=self._source.consumer, reason=str(error))
                if stopping.is_set():
                    raise
                with suppress(TimeoutError):
                    async with asyncio.timeout(PAUSES_SECONDS[min(failures, len(PAUSES_SECONDS) - 1)]):
                        await stopping.wait()
                failures += 1
            else:
                self._paused = None
                return

    async def _is_deaf(self, round_: "_Round") -> None:
        """Return when the broker has nobody listening on the queue, or will not give us what waits there."""
        suspicions = 0
        while suspicions < SUSPICIONS:
            received = round_.received
            await asyncio.sleep(self._watch_seconds)
            is_idle = round_.received == received and not round_.in_hand
            suspicions = suspicions + 1 if await self._is_suspicious(is_idle=is_idle) else 0

    async def _is_suspicious(self, *, is_idle: bool) -> bool:
        try:
            async with plain_connection(self._url, seconds=self._watch_seconds) as connection:
                channel = await connection.channel()
                try:
                    queue = await channel.get_queue(self._source.queue)
                except ChannelNotFoundEntity:
                    return True
                except ChannelAccessRefused:
                    return False
                seen = queue.declaration_result
        except BrokerAwayError:
            return False  # the connection finds that out by itself
        is_withheld = bool(seen.message_count) and is_idle and not self._source.is_exclusive
        return not seen.consumer_count or is_withheld

    def _pausing(self, error: BaseException) -> None:
        since = self._paused[0] if self._paused else monotonic()
        self._paused = (since, str(error) or type(error).__name__)


class _Round:
    """From a connecting to its end: one task reads, one handles, one watches."""

    def __init__(
        self,
        messages: Messages,
        batch: int,
        *,
        handle: Callable[[Sequence[RabbitMessage], asyncio.Event], Coroutine[Any, Any, None]],
        is_deaf: Callable[["_Round"], Coroutine[Any, Any, None]],
    ) -> None:
        self.received = 0
        self.in_hand: list[RabbitMessage] = []
        self._messages = messages
        self._batch = batch
        self._handle = handle
        self._is_deaf = is_deaf
        self._waiting: asyncio.Queue[RabbitMessage] = asyncio.Queue()
        self._stopping = asyncio.Event()
        self._handling = asyncio.Lock()

    async def run(self) -> None:
        """Return when the broker has to be connected to anew; what was not begun is given back."""
        reading = asyncio.create_task(self._read())
        working = asyncio.create_task(self._work())
        watching = asyncio.create_task(self._is_deaf(self))
        try:
            done, _ = await asyncio.wait((reading, working, watching), return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._stopping.set()
            # First no more come, then what was begun is ended, then the rest is given back.
            await _end(reading, watching)
            await self._end_work(working)
            await self._give_back()
        for task in done:
            task.result()

    async def _read(self) -> None:
        async for message in self._messages:
            self.received += 1
            self._waiting.put_nowait(cast("RabbitMessage", message))

    async def _work(self) -> None:
        while True:
            self.in_hand = [await self._waiting.get()]
            async with self._handling:
                while len(self.in_hand) < self._batch and not self._waiting.empty():
                    self.in_hand.append(self._waiting.get_nowait())
                await self._handle(self.in_hand, self._stopping)
                batch, self.in_hand = self.in_hand, []
                # If the broker has gone meanwhile they come again, and are known.
                with suppress(*AWAY):
                    for message in _last_of_channels(batch):
                        await message.ack(multiple=True)

    async def _end_work(self, working: asyncio.Task[None]) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS), self._handling:
                working.cancel()
        await _end(working)

    async def _give_back(self) -> None:
        left = [*self.in_hand]
        while not self._waiting.empty():
            left.append(self._waiting.get_nowait())
        with suppress(*AWAY):
            for message in _last_of_channels(left):
                await message.nack(multiple=True, requeue=True)


def _last_of_channels(messages: Iterable[RabbitMessage]) -> Iterable[RabbitMessage]:
    """The last message of each channel: after a reconnection there may be messages of two."""
    return {id(message.raw_message.channel): message for message in messages}.values()


async def _end(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks, timeout=START_SECONDS)


async def _stop(broker: RabbitBroker) -> None:
    with suppress(*AWAY):
        async with asyncio.timeout(START_SECONDS):
            await broker.stop()


async def _undecoded(message: StreamMessage[Any]) -> bytes:
    # Whatever cannot be decoded has to reach us: it becomes a dead letter, not an endless redelivery.
    return message.body if isinstance(message.body, bytes) else b""
