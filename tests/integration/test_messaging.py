"""Events go through a real broker once, whatever it does to them (A6, A7, A9)."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Protocol
from uuid import uuid4

import aio_pika
import pytest
from sqlalchemy import func, make_url, select
from structlog.testing import capture_logs

from contracts.envelope import Envelope
from services.shared.batching import Batcher
from services.shared.cloud_events import NO_PLACE, to_amqp
from services.shared.cursors import BrokerCursor
from services.shared.database import Database, dead_letters, delivery_cursor
from services.shared.delivery import Delivered
from services.shared.event_log import Logged, Stored, heads
from services.shared.inbox import watermarks
from services.shared.messaging import (
    EVENTS,
    LOG_STREAM,
    UNROUTED,
    BrokerAwayError,
    Consumer,
    Publisher,
    dead_queue_of,
    declare_topology,
    queue_of,
)
from services.shared.unit_of_work import unit_of_work
from tests.plumbing import (
    CLOCK,
    NOW,
    add_effects,
    customer_created,
    effects_of,
    log_customers,
    say,
    subscribed,
    until,
)
from tests.rabbitmq import PrivateNode

RECOVERY_SECONDS = 90


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


def batcher_of(target: Database, consumer: str) -> Batcher:
    return Batcher(database=target, clock=CLOCK, subscriptions=subscribed(consumer=consumer))


@asynccontextmanager
async def doing(*work: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    tasks = [asyncio.ensure_future(each()) for each in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


@asynccontextmanager
async def publishing(broker: Broker, source: Database) -> AsyncIterator[Publisher]:
    publisher = Publisher(broker.url, service=source.name)
    try:
        async with doing(BrokerCursor(source, publisher.publish).run):
            yield publisher
    finally:
        await publisher.close()


@asynccontextmanager
async def flow(broker: Broker, source: Database, batcher: Batcher) -> AsyncIterator[None]:
    """Publish the source's log and consume it, after the queue is there to be routed to."""
    await declare_topology(broker.url, [batcher.subscriptions])
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(doing(Consumer(broker.url, batcher).run))
        await stack.enter_async_context(publishing(broker, source))
        yield


async def until_applied(target: Database, count: int, *, seconds: float = 30) -> None:
    async def is_applied() -> bool:
        return len(await effects_of(target)) >= count

    await until(is_applied, seconds=seconds)


async def assert_applied_once_up_to_the_heads(source: Database, target: Database, consumer: str) -> None:
    async with source.session() as session:
        reached = await heads(session)

    async def is_at_the_heads() -> bool:
        async with target.session() as session:
            marks = await watermarks(session, consumer)
        return marks.get(source.name, {}) == {shard: head for shard, head in reached.items() if head}

    await until(is_at_the_heads, seconds=RECOVERY_SECONDS)
    assert set((await effects_of(target)).values()) == {1}
    assert len(await effects_of(target)) == sum(reached.values())


@asynccontextmanager
async def channel_to(broker: Broker) -> AsyncIterator[aio_pika.abc.AbstractChannel]:
    async with await aio_pika.connect(broker.url) as connection:
        yield await connection.channel()


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


async def send(broker: Broker, messages: list[tuple[dict[str, object], bytes]], *, to: str) -> None:
    """Put messages straight into a queue, as any publisher may."""
    async with channel_to(broker) as channel:
        for headers, body in messages:
            message = aio_pika.Message(body, headers=headers, content_type="application/json")  # type: ignore[arg-type]
            await channel.default_exchange.publish(message, routing_key=to)


def on_the_wire(message: Delivered) -> tuple[dict[str, object], bytes]:
    headers, body = to_amqp(Logged(message.source, message.shard, message.position, message.envelope))  # type: ignore[arg-type]
    return dict(headers), body


def stored(message: Delivered, envelope: Envelope | None = None) -> Stored:
    """Return an event as its log hands it on."""
    said = envelope or message.envelope
    assert isinstance(said, Envelope)
    body = said.model_dump_json(exclude_none=True)
    return Stored(message.shard, message.position, said.id, said.type, said.slot, body)


async def test_what_is_logged_is_published_consumed_and_applied_once(
    rabbitmq: Broker, source: Database, target: Database, consumer: str
) -> None:
    async with flow(rabbitmq, source, batcher_of(target, consumer)):
        await log_customers(source, 300)
        await until_applied(target, 300)
    await assert_applied_once_up_to_the_heads(source, target, consumer)


async def test_doubled_and_reordered_messages_are_applied_once(
    rabbitmq: Broker, source: Database, target: Database, consumer: str
) -> None:
    messages = await log_customers(source, 60)
    wire = [on_the_wire(message) for message in messages]
    batcher = batcher_of(target, consumer)
    await declare_topology(rabbitmq.url, [subscribed(consumer=consumer)])
    await send(rabbitmq, [*reversed(wire), *wire, *wire[10:30]], to=queue_of(consumer))
    async with doing(Consumer(rabbitmq.url, batcher).run):
        await assert_applied_once_up_to_the_heads(source, target, consumer)


async def test_a_message_that_cannot_be_read_is_buried_and_the_queue_goes_on(
    rabbitmq: Broker, source: Database, target: Database, consumer: str
) -> None:
    first, second = await log_customers(source, 2)
    rubbish: tuple[dict[str, object], bytes] = ({"cloudEvents_id": "x"}, b"\xffnot JSON")
    await declare_topology(rabbitmq.url, [subscribed(consumer=consumer)])
    await send(rabbitmq, [on_the_wire(first), rubbish, on_the_wire(second)], to=queue_of(consumer))

    async def is_buried() -> bool:
        async with target.session() as session:
            return await session.scalar(select(func.count()).select_from(dead_letters)) == 1

    async with doing(Consumer(rabbitmq.url, batcher_of(target, consumer)).run):
        await until_applied(target, 2)
        await until(is_buried)
    async with channel_to(rabbitmq) as channel:
        queue = await channel.declare_queue(queue_of(consumer), passive=True)
        assert queue.declaration_result.message_count == 0


@pytest.mark.parametrize("name", ["customers\0", "tea"])
async def test_a_place_in_a_log_that_is_not_heard_is_none(
    rabbitmq: Broker, source: Database, target: Database, *, consumer: str, name: str
) -> None:
    first, second = await log_customers(source, 2)
    headers, body = on_the_wire(first)
    forged = {**headers, "cloudEvents_source": f"/genjin/{name}", "a\0": "b\0", "position": 2**63 - 2}
    await declare_topology(rabbitmq.url, [subscribed(consumer=consumer)])
    await send(rabbitmq, [(forged, body), on_the_wire(second)], to=queue_of(consumer))
    async with doing(Consumer(rabbitmq.url, batcher_of(target, consumer)).run):
        await until_applied(target, 1)
    async with target.session() as session:
        (letter,) = (await session.execute(select(dead_letters))).mappings().all()
        assert (await watermarks(session, consumer)).keys() == {"customers"}
    assert (letter["source"], letter["reason"]) == (None, NO_PLACE)


@pytest.mark.parametrize("declare", [True, False])
async def test_publishing_goes_on_after_its_exchange_was_deleted(
    private_rabbitmq: PrivateNode, source: Database, *, declare: bool
) -> None:
    with private_rabbitmq.apart() as url:
        await declare_topology(url)
        publisher = Publisher(url, service=source.name, declare=declare)
        cursor = BrokerCursor(source, publisher.publish)
        await log_customers(source, 20)
        assert await cursor.drain() == 20
        async with await aio_pika.connect(url) as connection:
            await (await connection.channel()).exchange_delete(EVENTS)
        await log_customers(source, 20)
        with capture_logs() as lines:
            async with doing(cursor.run):

                async def has_paused() -> bool:
                    return len([line for line in lines if line["event"] == "cursor_paused"]) > 1

                if not declare:
                    await until(has_paused)
                    await declare_topology(url)

                async def is_published() -> bool:
                    async with source.session() as session:
                        published = await session.scalar(select(func.sum(delivery_cursor.c.position)))
                    return published is not None and int(published) == 40

                await until(is_published, seconds=RECOVERY_SECONDS)
        await publisher.close()


async def test_while_the_database_is_away_messages_wait_and_none_dies(
    rabbitmq: Broker, source: Database, target: Database, consumer: str
) -> None:
    class Outage(Batcher):
        """A batcher whose database comes back after a few tries."""

        tries = 0

        async def handle(self, messages: Sequence[Delivered]) -> None:
            """Fail as the database does when it is away."""
            self.tries += 1
            if self.tries <= 2:
                raise BrokerAwayError(reason="the test says so")
            await super().handle(messages)

    batcher = Outage(database=target, clock=CLOCK, subscriptions=subscribed(consumer=consumer))
    async with flow(rabbitmq, source, batcher):
        await log_customers(source, 20)
        await until_applied(target, 20)
    await assert_applied_once_up_to_the_heads(source, target, consumer)
    async with target.session() as session:
        assert await session.scalar(select(func.count()).select_from(dead_letters)) == 0


async def test_an_event_that_nobody_is_bound_to_is_kept_in_the_unrouted_queue(
    rabbitmq: Broker, source: Database
) -> None:
    await declare_topology(rabbitmq.url)
    async with channel_to(rabbitmq) as channel:
        await (await channel.get_queue(UNROUTED)).purge()
    (message,) = await log_customers(source, 1)
    unheard = message.envelope.model_copy(update={"type": "nobody.hears_this.v1"})  # type: ignore[union-attr]
    publisher = Publisher(rabbitmq.url, service="here")
    await publisher.publish(stored(message, unheard))
    await publisher.close()
    async with channel_to(rabbitmq) as channel:
        kept = await (await channel.get_queue(UNROUTED)).get(timeout=10)
        assert kept is not None
        await kept.ack()
    assert kept.routing_key == unheard.routing_key
    assert kept.message_id == str(unheard.id)
    assert kept.delivery_mode == aio_pika.DeliveryMode.PERSISTENT
    assert kept.content_type == "application/json"


async def test_a_consumer_that_starts_later_has_missed_nothing(
    rabbitmq: Broker, source: Database, target: Database, consumer: str
) -> None:
    await log_customers(source, 30)
    batcher = batcher_of(target, consumer)
    publisher = Publisher(rabbitmq.url, service=source.name, consumers=[batcher.subscriptions])
    assert await BrokerCursor(source, publisher.publish).drain() == 30
    await publisher.close()
    async with doing(Consumer(rabbitmq.url, batcher).run):
        await assert_applied_once_up_to_the_heads(source, target, consumer)


async def test_declaring_the_topology_twice_changes_nothing(rabbitmq: Broker, consumer: str) -> None:
    for _ in range(2):
        await declare_topology(rabbitmq.url, [subscribed(consumer=consumer)])
    async with channel_to(rabbitmq) as channel:
        await channel.get_exchange(EVENTS, ensure=True)
        for name in (queue_of(consumer), dead_queue_of(consumer), UNROUTED, LOG_STREAM):
            await channel.get_queue(name, ensure=True)


async def test_a_broker_that_cannot_be_reached_is_a_passing_trouble(source: Database) -> None:
    (message,) = await log_customers(source, 1)
    publisher = Publisher("amqp://guest:guest@127.0.0.1:1/", service="here")
    with pytest.raises(BrokerAwayError):
        await publisher.publish(stored(message))
    await publisher.close()


async def test_a_broker_killed_and_restarted_in_the_flow_loses_and_doubles_nothing(
    private_rabbitmq: PrivateNode, source: Database, target: Database, consumer: str
) -> None:
    """Kill -9 twice, with events said before, during and after; every effect once, and all of them."""
    stopped = asyncio.Event()

    async def speak() -> None:
        while not stopped.is_set():
            async with unit_of_work(source, now=NOW) as unit:
                for _ in range(5):
                    say(unit, customer_created())
            with suppress(TimeoutError):
                await asyncio.wait_for(stopped.wait(), 0.05)

    async with flow(private_rabbitmq, source, batcher_of(target, consumer)):
        speaking = asyncio.create_task(speak())
        for _ in range(2):
            before = len(await effects_of(target))
            # Not sooner: RabbitMQ 3.10 loses a quorum queue that was made within the second before its death.
            await until_applied(target, before + 300, seconds=RECOVERY_SECONDS)
            await asyncio.to_thread(private_rabbitmq.restart)
        before = len(await effects_of(target))
        await until_applied(target, before + 100, seconds=RECOVERY_SECONDS)
        stopped.set()
        await speaking
        await assert_applied_once_up_to_the_heads(source, target, consumer)


@asynccontextmanager
async def door_to(broker: Broker, port: int) -> AsyncIterator[None]:
    """Pass connections on to the broker for as long as the door is open."""
    host, inner = make_url(broker.url).host, make_url(broker.url).port

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection(host, inner)
        await asyncio.gather(_pump(reader, there_writer), _pump(there_reader, writer))

    async with await asyncio.start_server(pass_on, "127.0.0.1", port):
        yield


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while chunk := await reader.read(65536):
            writer.write(chunk)
            await writer.drain()
    writer.close()


async def test_what_is_started_before_the_broker_works_once_it_is_there(
    rabbitmq: Broker, source: Database, target: Database, consumer: str
) -> None:
    port = free_port()
    url = make_url(rabbitmq.url).set(host="127.0.0.1", port=port).render_as_string(hide_password=False)
    batcher = batcher_of(target, consumer)
    publisher = Publisher(url, service=source.name, consumers=[batcher.subscriptions])
    work = doing(Consumer(url, batcher).run, BrokerCursor(source, publisher.publish).run)
    with capture_logs() as lines:
        async with AsyncExitStack() as stack:
            await log_customers(source, 20)
            await stack.enter_async_context(work)

            async def both_have_failed() -> bool:
                return {"cursor_paused", "broker_away"} <= {line["event"] for line in lines}

            await until(both_have_failed)
            await stack.enter_async_context(door_to(rabbitmq, port))
            await until_applied(target, 20, seconds=RECOVERY_SECONDS)
            await publisher.close()
