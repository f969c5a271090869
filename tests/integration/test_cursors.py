"""Cursors hand on the whole log in order, wait outages out, and start again where they were (A6, A9)."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import pytest
from sqlalchemy import event, text

from services.shared.batching import Batcher
from services.shared.cursors import BrokerCursor, Cursor, InProcessCursor
from services.shared.database import Database
from services.shared.errors import TransientError
from services.shared.event_log import Stored
from services.shared.unit_of_work import unit_of_work
from tests.plumbing import (
    CLOCK,
    NOW,
    add_effects,
    customer_created,
    effects_of,
    log_customers,
    logged,
    say,
    subscribed,
    until,
)


@pytest.fixture
async def customers(fresh_databases: dict[str, Database]) -> Database:
    return await add_effects(fresh_databases["here"])


@pytest.fixture
async def rules(fresh_databases: dict[str, Database]) -> Database:
    return await add_effects(fresh_databases["there"])


class BrokerAwayError(TransientError):
    """The broker is away."""

    slug = "test-broker-away"
    zh = "消息代理不可用。"


class Exchange:
    """Stands for a broker: keeps what is published, and fails when told to."""

    def __init__(self) -> None:
        self.received: list[tuple[int, int]] = []
        self.refuses: Callable[[Stored], bool] = lambda _event: False

    async def publish(self, event: Stored) -> None:
        """Keep the event, or raise as a broker that does not confirm."""
        if self.refuses(event):
            raise BrokerAwayError
        self.received.append((event.shard, event.position))


class SlowExchange(Exchange):
    """Confirms nothing until its gate is open."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()
        self._begun = 0

    async def has_begun(self) -> bool:
        """Whether something is being published."""
        return bool(self._begun)

    async def publish(self, event: Stored) -> None:
        """Keep the event once the gate is open."""
        self._begun += 1
        await self.gate.wait()
        await super().publish(event)


def in_process(source: Database, target: Database) -> InProcessCursor:
    batcher = Batcher(database=target, clock=CLOCK, subscriptions=subscribed())
    return InProcessCursor(source, source.name, batcher)


@asynccontextmanager
async def running(*cursors: Cursor) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(cursor.run()) for cursor in cursors]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def until_applied(database: Database, count: int) -> None:
    async def is_applied() -> bool:
        return len(await effects_of(database)) >= count

    await until(is_applied)


async def test_draining_delivers_everything_once(customers: Database, rules: Database) -> None:
    messages = await log_customers(customers, 500)
    cursor = in_process(customers, rules)
    assert await cursor.drain() == 500
    assert await cursor.drain() == 0
    applied = await effects_of(rules)
    assert len(applied) == len(messages)
    assert set(applied.values()) == {1}


async def test_a_new_cursor_goes_on_where_the_inbox_is(customers: Database, rules: Database) -> None:
    await log_customers(customers, 30)
    await in_process(customers, rules).drain()
    await log_customers(customers, 20)
    assert await in_process(customers, rules).drain() == 20


async def test_a_running_cursor_is_woken_by_a_commit(customers: Database, rules: Database) -> None:
    async with running(in_process(customers, rules)):
        for count in range(1, 6):
            async with unit_of_work(customers, now=NOW) as unit:
                say(unit, customer_created())
            await until_applied(rules, count)


async def test_a_running_cursor_finds_what_another_process_appended(
    customers: Database, rules: Database
) -> None:
    other = Database(customers.name, customers.engine)
    async with running(in_process(customers, rules)):
        await log_customers(other, 10)
        await until_applied(rules, 10)


async def test_one_customers_messages_are_delivered_in_their_order(
    customers: Database, rules: Database
) -> None:
    customer = customer_created()
    for version in range(1, 60):
        async with unit_of_work(customers, now=NOW) as unit:
            say(unit, customer_created(customer.customer_id, version=version))
    await in_process(customers, rules).drain()
    async with rules.session() as session:
        applied = list(await session.scalars(text("select event_id from effects order by id")))
    assert applied == [message.envelope.id for message in await logged(customers)]  # type: ignore[union-attr]


async def test_a_cursor_outlives_connections_that_are_cut(customers: Database, rules: Database) -> None:
    async with running(in_process(customers, rules)):
        for count in range(1, 5):
            await log_customers(customers, 25)
            async with rules.session() as session:
                # Every session of the two roles but this one, idle or in the middle of a transaction.
                await session.execute(
                    text(
                        "select pg_terminate_backend(pid) from pg_stat_activity "
                        "where datname = current_database() and pid <> pg_backend_pid() "
                        "and usename = current_user"
                    )
                )
            await until_applied(rules, count * 25)
    assert set((await effects_of(rules)).values()) == {1}


async def test_the_broker_gets_each_shard_in_order_and_once(customers: Database) -> None:
    messages = await log_customers(customers, 450)
    exchange = Exchange()
    assert await BrokerCursor(customers, exchange.publish).drain() == 450
    assert sorted(exchange.received) == [(m.shard, m.position) for m in messages]
    assert await BrokerCursor(customers, exchange.publish).drain() == 0


async def test_the_cursor_stops_before_the_first_event_that_is_not_confirmed(customers: Database) -> None:
    key = customer_created().customer_id
    async with unit_of_work(customers, now=NOW) as unit:
        for version in range(1, 11):
            say(unit, customer_created(key, version=version))
    exchange = Exchange()
    exchange.refuses = lambda event: event.position == 4
    cursor = BrokerCursor(customers, exchange.publish)
    with pytest.raises(BrokerAwayError):
        await cursor.drain()
    exchange.refuses = lambda _event: False
    assert await cursor.drain() == 7
    positions = [position for _, position in exchange.received]
    assert sorted(set(positions)) == list(range(1, 11))
    assert positions.index(4) > positions.index(10)


async def test_replicas_share_the_shards_and_publish_nothing_twice(customers: Database) -> None:
    messages = await log_customers(customers, 900)
    exchange = Exchange()
    cursors = [BrokerCursor(customers, exchange.publish) for _ in range(4)]
    await asyncio.gather(*(cursor.drain() for cursor in cursors))
    assert sorted(exchange.received) == [(m.shard, m.position) for m in messages]


async def test_what_waited_in_a_shard_that_another_replica_held_is_published_soon(
    customers: Database,
) -> None:
    replica = Database.connect(
        customers.engine.url.render_as_string(hide_password=False), schema=customers.name
    )
    slow, exchange, looks = SlowExchange(), Exchange(), 0

    @event.listens_for(customers.engine.sync_engine, "after_cursor_execute")
    def count_looks(_c: object, _cursor: object, statement: str, *_more: object) -> None:
        nonlocal looks
        looks += "skip locked" in statement

    async def has_looked() -> bool:
        return looks > 1

    async def is_published() -> bool:
        return len(slow.received + exchange.received) == 2

    first = customer_created()
    async with running(BrokerCursor(replica, slow.publish, poll_seconds=3600)):
        async with unit_of_work(replica, now=NOW) as unit:
            say(unit, first)
        await until(slow.has_begun)
        async with running(BrokerCursor(customers, exchange.publish, poll_seconds=3600)):
            async with unit_of_work(customers, now=NOW) as unit:
                say(unit, first.model_copy(update={"version": 2}))
            looks = 0
            await until(has_looked)
            slow.gate.set()
            await until(is_published)
    await replica.dispose()


async def test_each_destination_has_its_own_position(customers: Database) -> None:
    await log_customers(customers, 20)
    first, second = Exchange(), Exchange()
    await BrokerCursor(customers, first.publish).drain()
    await BrokerCursor(customers, second.publish, destination="feed").drain()
    assert sorted(first.received) == sorted(second.received)


async def test_a_running_cursor_waits_until_the_broker_is_back(customers: Database) -> None:
    exchange = Exchange()
    exchange.refuses = lambda _event: True
    async with running(BrokerCursor(customers, exchange.publish)):
        await log_customers(customers, 12)
        exchange.refuses = lambda _event: False

        async def is_full() -> bool:
            return len(set(exchange.received)) == 12

        await until(is_full)
