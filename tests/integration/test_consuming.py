"""Consumers stop in good order, come back when their queue goes, and are not stopped by poison (A6, A7)."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Any, Protocol
from uuid import uuid4

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel
from sqlalchemy import func, select

from contracts.envelope import Envelope
from services.shared.batching import Batcher
from services.shared.cloud_events import to_amqp
from services.shared.cursors import BrokerCursor
from services.shared.database import Database, dead_letters
from services.shared.delivery import Delivered
from services.shared.event_log import Logged
from services.shared.messaging import (
    LOG_STREAM,
    Consumer,
    Publisher,
    dead_queue_of,
    declare_topology,
    queue_of,
)
from tests.plumbing import CLOCK, add_effects, effects_of, log_customers, subscribed, until


class Broker(Protocol):
    """Where a broker is."""

    @property
    def url(self) -> str:
        """The address for clients."""
        ...


@pytest.fixture
async def source(fresh_databases: dict[str, Database]) -> Database:
    database = fresh_databases["here"]
    database.name = "customers"  # whose events the consumers of the tests hear
    return database


@pytest.fixture
async def target(fresh_databases: dict[str, Database]) -> Database:
    return await add_effects(fresh_databases["there"])


@pytest.fixture
def batcher(target: Database) -> Batcher:
    # A consumer of its own for each test, so that queues are not shared.
    consumer = f"test-{uuid4().hex}"
    return Batcher(database=target, clock=CLOCK, subscriptions=subscribed(consumer=consumer))


@asynccontextmanager
async def consuming(broker: Broker, batcher: Batcher) -> AsyncIterator[None]:
    task = asyncio.create_task(Consumer(broker.url, batcher, watch_seconds=0.3).run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def channel_to(broker: Broker) -> AsyncIterator[AbstractChannel]:
    async with await aio_pika.connect(broker.url) as connection:
        yield await connection.channel()


def wire(messages: Iterable[Delivered]) -> list[aio_pika.Message]:
    """Return messages as their owner publishes them."""
    made = []
    for message in messages:
        assert isinstance(message.envelope, Envelope)
        headers, body = to_amqp(Logged(message.source, message.shard, message.position, message.envelope))
        made.append(aio_pika.Message(body, headers=headers, content_type="application/json"))
    return made


async def send(broker: Broker, batcher: Batcher, messages: Iterable[aio_pika.Message]) -> None:
    """Put messages straight into the queue of a consumer, which is made."""
    await declare_topology(broker.url, [batcher.subscriptions])
    name = queue_of(batcher.subscriptions.consumer)
    async with channel_to(broker) as channel:
        await asyncio.gather(
            *(channel.default_exchange.publish(message, routing_key=name) for message in messages)
        )


async def until_applied(target: Database, count: int) -> None:
    async def are_applied() -> bool:
        return len(await effects_of(target)) >= count

    await until(are_applied, seconds=60)


async def waiting_in(broker: Broker, name: str) -> int:
    async with channel_to(broker) as channel:
        queue = await channel.get_queue(name)
        return queue.declaration_result.message_count or 0


async def dead_in(target: Database) -> int:
    async with target.session() as session:
        return await session.scalar(select(func.count()).select_from(dead_letters)) or 0


async def test_stopping_under_load_loses_nothing_and_wears_nothing_out(
    rabbitmq: Broker, source: Database, target: Database, batcher: Batcher
) -> None:
    stops, count, least = 5, 3000, 100
    await send(rabbitmq, batcher, wire(await log_customers(source, count)))
    for _ in range(stops):
        before = len(await effects_of(target))
        async with consuming(rabbitmq, batcher):
            await until_applied(target, before + least)
    worn = await deliveries(rabbitmq, batcher)
    assert 0 < len(await effects_of(target)) < count
    async with consuming(rabbitmq, batcher):
        await until_applied(target, count)
    assert set((await effects_of(target)).values()) == {1}
    # 400 are in hand at once, and `least` of them are applied before each stop.
    assert max(worn) <= 4
    assert await waiting_in(rabbitmq, dead_queue_of(batcher.subscriptions.consumer)) == 0
    assert await dead_in(target) == 0


async def deliveries(broker: Broker, batcher: Batcher) -> list[int]:
    """Return how often each waiting message was given back; they stay where they are."""
    counts = [0]
    async with channel_to(broker) as channel:
        queue = await channel.get_queue(queue_of(batcher.subscriptions.consumer))
        while (message := await queue.get(fail=False)) is not None:
            counts.append(int(str(message.headers.get("x-delivery-count", 0))))
            if message.headers.get("x-delivery-count") is None:
                break  # those behind it were never taken
    return counts


async def test_a_consumer_whose_queue_was_deleted_comes_back_and_others_go_on(
    rabbitmq: Broker, source: Database, target: Database, batcher: Batcher
) -> None:
    other = Batcher(database=source, clock=CLOCK, subscriptions=subscribed(consumer=f"test-{uuid4().hex}"))
    await add_effects(source)
    messages = wire(await log_customers(source, 30))
    await declare_topology(rabbitmq.url, [batcher.subscriptions, other.subscriptions])
    async with consuming(rabbitmq, batcher), consuming(rabbitmq, other):
        await send(rabbitmq, batcher, messages[:10])
        await until_applied(target, 10)
        async with channel_to(rabbitmq) as channel:
            await channel.queue_delete(queue_of(batcher.subscriptions.consumer))
        await send(rabbitmq, other, messages[:10])
        await until_applied(source, 10)
        await send(rabbitmq, batcher, messages[10:])  # where the queue is made again
        await until_applied(target, 30)


def poison() -> list[aio_pika.Message]:
    """Return what no consumer can read."""
    deep = b'{"a":' * 5000 + b"1" + b"}" * 5000
    attributes: dict[str, Any] = {"cloudEvents_id": "x", "cloudEvents_source": "/genjin/customers"}
    bodies = [b"", b"\xff not JSON", b"\0", b"[]", deep, json.dumps({"text": "x" * 5 * 2**20}).encode()]
    return [
        *(aio_pika.Message(body, headers=attributes, content_type="application/json") for body in bodies),
        aio_pika.Message(b"{}", headers={"cloudEvents_id": bytearray(b"\xff\0"), "shard": "one"}),
        aio_pika.Message(b'{"specversion":"1.0"}', content_type="application/cloudevents+json"),
    ]


async def test_poison_is_kept_and_what_is_around_it_is_applied_once(
    rabbitmq: Broker, source: Database, target: Database, batcher: Batcher
) -> None:
    messages = wire(await log_customers(source, 40))
    bad = poison()
    mixed = [*messages[:20], *bad, *reversed(messages), *messages[5:15]]
    await send(rabbitmq, batcher, mixed)
    async with consuming(rabbitmq, batcher):
        await until_applied(target, 40)

        async def are_kept() -> bool:
            return await dead_in(target) == len(bad)

        await until(are_kept)
    assert set((await effects_of(target)).values()) == {1}
    assert await waiting_in(rabbitmq, queue_of(batcher.subscriptions.consumer)) == 0


async def test_the_stream_has_every_event_that_was_published(
    rabbitmq: Broker, source: Database, batcher: Batcher
) -> None:
    messages = await log_customers(source, 25)
    publisher = Publisher(rabbitmq.url, service="customers", consumers=[batcher.subscriptions])
    try:
        assert await BrokerCursor(source, publisher.publish).drain() == 25
    finally:
        await publisher.close()
    expected = {str(message.envelope.id) for message in messages if isinstance(message.envelope, Envelope)}
    async with channel_to(rabbitmq) as channel, asyncio.timeout(30):
        await channel.set_qos(prefetch_count=100)
        stream = await channel.get_queue(LOG_STREAM)
        async with stream.iterator(arguments={"x-stream-offset": "first"}) as events:
            async for event in events:
                await event.ack()
                expected.discard(event.message_id or "")
                if not expected:
                    break
    assert expected == set()
