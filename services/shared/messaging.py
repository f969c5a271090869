"""RabbitMQ: the names on it, publishing a log to it, and consuming from it through a batcher.

The broker carries events; it is never their source of truth. Publishing and consuming have connections of
their own, because a broker short of memory freezes those that publish.
"""

import asyncio
import random
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import aio_pika
import structlog
from aio_pika.abc import AbstractChannel, AbstractQueue, ExchangeType
from aiormq.exceptions import AMQPError, ChannelInvalidStateError
from faststream import AckPolicy
from faststream.message import StreamMessage
from faststream.rabbit import Channel, QueueType, RabbitBroker, RabbitExchange, RabbitQueue
from faststream.rabbit import ExchangeType as FastStreamExchangeType
from faststream.rabbit.annotations import RabbitMessage

from services.shared.batching import Batcher
from services.shared.cloud_events import JSON, from_amqp, to_amqp
from services.shared.delivery import Delivered, Subscriptions, Unreadable
from services.shared.errors import TransientError
from services.shared.event_log import Logged

EVENTS = "genjin.events"
UNROUTED = "genjin.unrouted"
DEAD_EXCHANGE = "genjin.dlx"
DEAD_QUEUE = "genjin.dead"

PREFETCH = 200
"""Messages in hand at once, which is also the largest batch they can make."""

CONFIRM_SECONDS = 10.0
START_SECONDS = 30.0
PAUSES_SECONDS = (0.5, 1.0, 2.0, 5.0)
"""Between tries while the broker or the database is away; the last is repeated."""

# An outage must never look like a poisonous message: the limit only stops one that kills its consumer.
_DELIVERY_LIMIT = 1000
_UNROUTED_BYTES = 1024**3
_AWAY = (AMQPError, ChannelInvalidStateError, OSError, TimeoutError)

log = structlog.stdlib.get_logger()


class BrokerAwayError(TransientError):
    """The message broker cannot be used at the moment: {reason}."""

    slug = "broker-away"
    zh = "消息代理暂时不可用:{reason}。"
    reason: str


def queue_of(consumer: str) -> str:
    """Return the name of the queue from which all replicas of a consumer take their messages."""
    return f"genjin.{consumer}"


async def declare_topology(url: str, consumers: Iterable[Subscriptions] = ()) -> None:
    """Declare the exchanges, and for each consumer its queue, bound to the whole of its sources.

    Doing it again changes nothing. Raises BrokerAwayError.
    """
    try:
        # A queue that has lost its leader answers nothing at all.
        async with asyncio.timeout(START_SECONDS), await aio_pika.connect(url) as connection:
            channel = await connection.channel()
            await _declare_exchanges(channel)
            for each in consumers:
                queue = await _declare_queue(channel, queue_of(each.consumer), _queue_arguments())
                for source in sorted(each.sources):
                    await queue.bind(EVENTS, routing_key=f"*.{source}.#")
    except _AWAY as error:
        raise BrokerAwayError(reason=str(error) or type(error).__name__) from error


class Publisher:
    """Publishes events with confirms; connects when first used and by itself after an outage.

    The queues of `consumers` are declared before anything is published, so that a consumer that starts later
    has missed nothing.
    """

    def __init__(
        self, url: str, *, service: str, declare: bool = True, consumers: Iterable[Subscriptions] = ()
    ) -> None:
        self._url = url
        self._declare = declare
        self._consumers = tuple(consumers)
        self._broker = _broker(url, service, Channel(publisher_confirms=True, on_return_raises=True))
        # Taken as it is: `declare_topology` has made it, or a deploy step has.
        self._exchange = RabbitExchange(
            EVENTS, type=FastStreamExchangeType.TOPIC, durable=True, declare=False
        )
        self._connecting = asyncio.Lock()
        self._is_connected = False

    async def publish(self, event: Logged) -> None:
        """Publish an event and return when the broker has it on disk; BrokerAwayError: it may not have it."""
        headers, body = to_amqp(event)
        try:
            await self._connect()
            await self._broker.publish(
                body,
                exchange=self._exchange,
                routing_key=event.envelope.routing_key,
                headers=headers,
                content_type=JSON,
                message_id=str(event.envelope.id),
                message_type=event.envelope.type,
                persist=True,
                timeout=CONFIRM_SECONDS,
            )
        except _AWAY as error:
            raise BrokerAwayError(reason=str(error) or type(error).__name__) from error

    async def close(self) -> None:
        """Close the connection."""
        await self._broker.stop()

    async def _connect(self) -> None:
        async with self._connecting:
            if self._is_connected:
                return
            if self._declare:
                await declare_topology(self._url, self._consumers)
            await self._broker.connect()
            self._is_connected = True


class Consumer:
    """Takes the messages of one consumer's queue and acknowledges each when its batch is committed.

    While the database is away the messages in hand are kept, un-acknowledged, and tried again together: no
    more are taken, and none is counted as delivered once more.
    """

    def __init__(self, url: str, batcher: Batcher, *, declare: bool = True) -> None:
        self._url = url
        self._batcher = batcher
        self._consumer = batcher.subscriptions.consumer
        self._declare = declare

    async def run(self) -> None:
        """Consume until cancelled; outages of the broker and of the database are waited out."""
        broker = await self._connected()
        log.info("consuming_started", consumer=self._consumer, queue=queue_of(self._consumer))
        try:
            await asyncio.Event().wait()
        finally:
            await broker.stop()

    async def _connected(self) -> RabbitBroker:
        failures = 0
        while True:
            broker = self._subscribed()
            try:
                if self._declare:
                    await declare_topology(self._url, [self._batcher.subscriptions])
                async with asyncio.timeout(START_SECONDS):
                    await broker.start()
            except (*_AWAY, BrokerAwayError) as error:
                with suppress(*_AWAY):
                    await broker.stop()
                log.warning("broker_away", consumer=self._consumer, reason=str(error))
                await _pause(failures)
                failures += 1
            else:
                return broker

    def _subscribed(self) -> RabbitBroker:
        broker = _broker(self._url, self._consumer, Channel())
        queue = RabbitQueue(
            queue_of(self._consumer),
            queue_type=QueueType.QUORUM,
            durable=True,
            declare=False,
        )
        subscriber = broker.subscriber(
            queue,
            channel=Channel(prefetch_count=PREFETCH),
            ack_policy=AckPolicy.MANUAL,
            no_reply=True,
            decoder=_undecoded,
        )
        subscriber(self._on_message)
        return broker

    async def _on_message(self, body: bytes, message: RabbitMessage) -> None:
        received = from_amqp(message.headers, body, content_type=message.content_type)
        failures = 0
        while True:
            try:
                await self._take(received)
                break
            except TransientError as error:
                log.warning("consuming_paused", consumer=self._consumer, reason=str(error))
                await _pause(failures)
                failures += 1
        # If the broker has gone meanwhile the message comes again, and the inbox knows it.
        with suppress(*_AWAY):
            await message.ack()

    async def _take(self, received: Delivered | Unreadable) -> None:
        if isinstance(received, Unreadable):
            await self._batcher.bury(received)
        else:
            await self._batcher.submit(received)


def _broker(url: str, service: str, channel: Channel) -> RabbitBroker:
    return RabbitBroker(
        url,
        app_id=f"genjin-{service}",
        default_channel=channel,
        ack_policy=AckPolicy.MANUAL,
        reconnect_interval=1.0,
        logger=None,
    )


async def _undecoded(message: StreamMessage[Any]) -> bytes:
    # Whatever cannot be decoded has to reach us: it becomes a dead letter, not an endless redelivery.
    return message.body if isinstance(message.body, bytes) else b""


async def _declare_exchanges(channel: AbstractChannel) -> None:
    dead = await channel.declare_exchange(DEAD_EXCHANGE, ExchangeType.TOPIC, durable=True)
    dead_queue = await _declare_queue(channel, DEAD_QUEUE, {"x-queue-type": "quorum"})
    await dead_queue.bind(dead, routing_key="#")
    unrouted = await channel.declare_exchange(UNROUTED, ExchangeType.FANOUT, durable=True)
    arguments = {"x-queue-type": "quorum", "x-max-length-bytes": _UNROUTED_BYTES}
    unrouted_queue = await _declare_queue(channel, UNROUTED, arguments)
    await unrouted_queue.bind(unrouted)
    await channel.declare_exchange(
        EVENTS, ExchangeType.TOPIC, durable=True, arguments={"alternate-exchange": UNROUTED}
    )


async def _declare_queue(channel: AbstractChannel, name: str, arguments: dict[str, Any]) -> AbstractQueue:
    return await channel.declare_queue(name, durable=True, arguments=arguments)


def _queue_arguments() -> dict[str, Any]:
    return {
        "x-queue-type": "quorum",
        "x-delivery-limit": _DELIVERY_LIMIT,
        "x-dead-letter-exchange": DEAD_EXCHANGE,
    }


async def _pause(failures: int) -> None:
    seconds = PAUSES_SECONDS[min(failures, len(PAUSES_SECONDS) - 1)]
    await asyncio.sleep(seconds * random.uniform(0.8, 1.2))  # noqa: S311 -- jitter guards no secret
