"""What the broker gave up stands in the dead letters, and its innocent neighbours are applied once (A7)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Protocol
from uuid import UUID, uuid4

import aio_pika
import pytest
from sqlalchemy import select

from contracts.envelope import Envelope
from services.shared.batching import Batcher
from services.shared.cloud_events import JSON, to_amqp
from services.shared.collecting import GIVEN_UP, Collector
from services.shared.database import Database, dead_letters
from services.shared.dead_letters import NEXT_TRIES
from services.shared.event_log import Logged
from services.shared.letters import Desk
from services.shared.messaging import DEAD_EXCHANGE, dead_queue_of, declare_topology, queue_of
from services.shared.messaging.topology import ConsumerTopology
from tests.integration import deadly
from tests.plumbing import CLOCK, add_effects, effects_of, log_customers, retrier_of, subscribed, until

DELIVERY_LIMIT = 2
GOOD = 50


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
def consumer() -> str:
    """Return a name of its own for each test's consumer, so that queues are not shared."""
    return f"test-{uuid4().hex}"


class Queues:
    """The queue of a consumer, with a low limit, and the one into which it gives up."""

    def __init__(self, channel: aio_pika.abc.AbstractChannel, consumer: str) -> None:
        self._channel = channel
        self.work = queue_of(consumer)
        self.dead = dead_queue_of(consumer)

    async def send(self, queue: str, body: bytes, headers: dict[str, Any]) -> None:
        """Send a message straight to a queue."""
        message = aio_pika.Message(
            body, headers=headers, content_type=JSON, delivery_mode=aio_pika.DeliveryMode.PERSISTENT
        )
        await self._channel.default_exchange.publish(message, routing_key=queue)

    async def waiting(self, name: str) -> int:
        """Return how many messages wait in a queue."""
        queue = await self._channel.declare_queue(name, passive=True)
        return queue.declaration_result.message_count or 0

    async def have_no_consumer(self) -> bool:
        """Whether the broker has noticed that the consumer is gone, and has put back what it had."""
        queue = await self._channel.declare_queue(self.work, passive=True)
        return not queue.declaration_result.consumer_count


@asynccontextmanager
async def queues_of(broker: Broker, consumer: str) -> AsyncIterator[Queues]:
    await declare_topology(broker.url, [ConsumerTopology(consumer, None)])
    async with await aio_pika.connect(broker.url) as connection:
        channel = await connection.channel()
        queues = Queues(channel, consumer)
        arguments: dict[str, Any] = {
            "x-queue-type": "quorum",
            "x-delivery-limit": DELIVERY_LIMIT,
            "x-dead-letter-exchange": DEAD_EXCHANGE,
            "x-dead-letter-routing-key": consumer,
        }
        await channel.declare_queue(queues.work, durable=True, arguments=arguments)
        yield queues


async def letters(database: Database) -> list[dict[str, Any]]:
    async with database.session() as session:
        rows = await session.execute(select(dead_letters).order_by(dead_letters.c.id))
        return [dict(row) for row in rows.mappings()]


async def test_a_message_that_ends_its_process_is_given_up_and_every_other_one_is_applied_once(
    rabbitmq: Broker, source: Database, target: Database, consumer: str
) -> None:
    said = await log_customers(source, GOOD + 1)
    poison = said[GOOD // 2].envelope
    assert isinstance(poison, Envelope)
    async with queues_of(rabbitmq, consumer) as queues:
        for each in said:
            assert isinstance(each.envelope, Envelope)
            headers, body = to_amqp(Logged(each.source, each.shard, each.position, each.envelope))
            await queues.send(queues.work, body, headers)
        await crash_until_given_up(rabbitmq, queues, target, poison=poison.id, consumer=consumer)
    await collect_until_quiet(rabbitmq, target, poison=poison.id, consumer=consumer)

    assert await effects_of(target) == {
        each.envelope.id: 1
        for each in said
        if isinstance(each.envelope, Envelope) and each.envelope != poison
    }
    (letter,) = await letters(target)
    assert (letter["event_id"], letter["error_class"]) == (poison.id, GIVEN_UP)
    assert (letter["attempts"], letter["next_try_at"]) == (len(NEXT_TRIES) + 1, None)
    assert letter["reason"] == f"{queue_of(consumer)} gave it up: delivery_limit"
    assert letter["headers"]["x-death"][0]["queue"] == queue_of(consumer)


async def crash_until_given_up(
    broker: Broker, queues: Queues, target: Database, *, poison: UUID, consumer: str
) -> None:
    """Let the consumer die on the poisonous message, with its neighbours in hand."""
    for _ in range(DELIVERY_LIMIT + 1):
        process = await deadly.start(
            deadly.consume, target, poison=poison, consumer=consumer, broker=broker.url
        )
        assert await process.wait() == deadly.CRASHED
        await until(queues.have_no_consumer)

    async def is_given_up() -> bool:
        return await queues.waiting(queues.dead) > 0

    await until(is_given_up)


async def collect_until_quiet(broker: Broker, target: Database, *, poison: UUID, consumer: str) -> None:
    """Go on and collect; the poisonous message is tried once more, and ends that process too."""
    process = await deadly.start(deadly.collect, target, poison=poison, consumer=consumer, broker=broker.url)
    assert await process.wait() == deadly.CRASHED
    process = await deadly.start(deadly.collect, target, poison=poison, consumer=consumer, broker=broker.url)

    async def is_quiet() -> bool:
        return len(await effects_of(target)) == GOOD and len(await letters(target)) == 1

    try:
        await until(is_quiet)
        assert process.returncode is None
    finally:
        process.kill()
        await process.wait()


@asynccontextmanager
async def collecting(broker: Broker, target: Database, consumer: str) -> AsyncIterator[Batcher]:
    batcher = Batcher(database=target, clock=CLOCK, subscriptions=subscribed(consumer=consumer))
    desk = Desk(target, [retrier_of(batcher)])
    task = asyncio.create_task(Collector(broker.url, desk, hearing=batcher.subscriptions).run())
    try:
        yield batcher
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_what_was_handled_meanwhile_is_not_kept(
    rabbitmq: Broker, source: Database, target: Database, consumer: str
) -> None:
    said = await log_customers(source, 3)
    async with queues_of(rabbitmq, consumer) as queues, collecting(rabbitmq, target, consumer) as batcher:
        await batcher.handle(said[:2])
        for each in said:
            assert isinstance(each.envelope, Envelope)
            headers, body = to_amqp(Logged(each.source, each.shard, each.position, each.envelope))
            await queues.send(queues.dead, body, headers)

        async def are_kept() -> bool:
            return bool(await letters(target)) and not await queues.waiting(queues.dead)

        await until(are_kept)
        assert await retrier_of(batcher).retry_due() == 1
    assert set((await effects_of(target)).values()) == {1}
    assert len(await effects_of(target)) == 3
    assert await letters(target) == []


async def test_a_command_is_kept_under_the_name_of_its_queue(
    rabbitmq: Broker, target: Database, consumer: str
) -> None:
    async with queues_of(rabbitmq, consumer) as queues, collecting(rabbitmq, target, consumer):
        death = {"queue": f"{queues.work}.commands", "routing-keys": ["customers.put_customer.v1"]}
        headers = {
            "x-first-death-queue": f"{queues.work}.commands",
            "x-first-death-reason": "delivery_limit",
            "x-death": [death],
            "strange": bytearray(b"\xff"),
        }
        await queues.send(queues.dead, b'{"source_system": "erp"}', headers)
        await queues.send(queues.dead, b"rubbish", {})

        async def are_kept() -> bool:
            return len(await letters(target)) == 2

        await until(are_kept)
    kept = {letter["consumer"]: letter for letter in await letters(target)}
    command = kept[f"{consumer}.commands"]
    assert (command["type"], command["body"]) == ("customers.put_customer.v1", b'{"source_system": "erp"}')
    assert command["headers"]["strange"] == "\\xff"
    assert kept[consumer]["body"] == b"rubbish"


async def test_no_header_that_somebody_makes_up_ends_the_collector(
    rabbitmq: Broker, target: Database, consumer: str
) -> None:
    async with queues_of(rabbitmq, consumer) as queues, collecting(rabbitmq, target, consumer):
        given_up = {"x-first-death-queue": f"{queues.work}.commands"}
        deaths: list[Any] = ["abc", ["a"], [{"routing-keys": "k"}], [{"routing-keys": [5]}], {"a": 1}, 5, []]
        made_up: list[dict[str, Any]] = [
            *({**given_up, "x-death": each} for each in deaths),
            {"x-first-death-queue": ["a"], "x-first-death-reason": {"b\0": "\0"}, "a\0b": "c\0"},
            {"cloudEvents_source": "/genjin/customers\0", "shard": 1, "position": 5},
            {"cloudEvents_source": "/genjin/tea", "shard": 1, "position": 5},
            {**given_up, "cloudEvents_type": ["a"], "genjin-record": "b"},
        ]
        for number, headers in enumerate(made_up):
            await queues.send(queues.dead, str(number).encode(), headers)

        async def are_kept() -> bool:
            return len(await letters(target)) == len(made_up)

        await until(are_kept)
    assert {letter["source"] for letter in await letters(target)} == {None}
