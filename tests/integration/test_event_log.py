"""The log is the outbox: what is committed is in it once, in order, without gaps (A6)."""

import asyncio
import random

import pytest
from sqlalchemy import select, text

from contracts.envelope import SHARDS, Envelope
from services.shared.database import Database, event_log
from services.shared.event_log import append, heads, read, read_shards
from services.shared.unit_of_work import unit_of_work
from tests.plumbing import NOW, add_effects, customer_created, log_customers, logged, say

WRITERS = 16
UNITS_PER_WRITER = 25


@pytest.fixture
async def database(fresh_database: Database) -> Database:
    return await add_effects(fresh_database)


async def test_an_event_reads_back_as_it_was_said(database: Database) -> None:
    async with unit_of_work(database, now=NOW) as unit:
        said = say(unit, customer_created())
    async with database.session() as session:
        events = await read(session, shard=said.shard, after=0, limit=10)
    assert [(event.source, event.shard, event.position) for event in events] == [("here", said.shard, 1)]
    assert events[0].envelope == said


async def test_each_event_is_in_the_shard_of_its_customer(database: Database) -> None:
    messages = await log_customers(database, 300)
    assert all(isinstance(m.envelope, Envelope) and m.envelope.shard == m.shard for m in messages)
    assert len({message.shard for message in messages}) == SHARDS


async def test_heads_are_the_last_positions(database: Database) -> None:
    async with database.session() as session:
        assert await heads(session) == dict.fromkeys(range(SHARDS), 0)
    messages = await log_customers(database, 50)
    async with database.session() as session:
        reached = await heads(session)
    assert sum(reached.values()) == 50
    assert {shard: position for shard, position in reached.items() if position} == {
        shard: max(m.position for m in messages if m.shard == shard) for shard in {m.shard for m in messages}
    }


async def test_nothing_is_committed_while_a_shard_has_no_head(database: Database) -> None:
    async with database.session() as session:
        await session.execute(text("delete from log_head where shard = 3"))
        await session.commit()
    with pytest.raises(LookupError, match="has no head"):
        await log_customers(database, 80)
    assert await logged(database) == []


async def test_reading_goes_on_after_a_position_and_stops_at_the_limit(database: Database) -> None:
    customer = customer_created()
    async with unit_of_work(database, now=NOW) as unit:
        said = [say(unit, customer_created(customer.customer_id, version=n)) for n in range(1, 8)]
    async with database.session() as session:
        events = await read(session, shard=said[0].shard, after=2, limit=3)
    assert [event.envelope.sequence for event in events] == [3, 4, 5]


async def test_the_time_of_logging_is_the_databases_and_not_the_business_instant(database: Database) -> None:
    await log_customers(database, 1)
    async with database.session() as session:
        age = await session.scalar(select(text("clock_timestamp() - logged_at")).select_from(event_log))
    assert age.total_seconds() < 60


async def _write(database: Database, luck: random.Random) -> int:
    """Commit units of one to three events; a tenth of them stay open for a while after their append."""
    said = 0
    for _ in range(UNITS_PER_WRITER):
        async with unit_of_work(database, now=NOW) as unit:
            for _ in range(luck.randint(1, 3)):
                say(unit, customer_created())
            said += len(unit.emitted)
            if luck.random() < 0.1:
                await append(unit.session, unit.emitted)
                unit.emitted.clear()
                # Held open by the database itself, so that no clock of ours decides the test.
                await unit.session.execute(text("select pg_sleep(0.03)"))
    return said


async def _follow(database: Database, stopped: asyncio.Event) -> list[tuple[int, int]]:
    """Read `position > last` again and again, as a cursor does, until all writers have stopped."""
    after = dict.fromkeys(range(SHARDS), 0)
    seen: list[tuple[int, int]] = []
    while True:
        is_last_look = stopped.is_set()
        async with database.session() as session:
            events = await read_shards(session, after, limit=1000)
        for event in events:
            seen.append((event.shard, event.position))
            after[event.shard] = event.position
        if is_last_look and not events:
            return seen


async def test_readers_miss_nothing_while_many_write_and_some_hold_their_transactions_open(
    database: Database,
) -> None:
    """16 writers, 10 % held open: 0 missed, 0 gaps, 0 order violations, for every concurrent reader."""
    stopped = asyncio.Event()
    readers = [asyncio.create_task(_follow(database, stopped)) for _ in range(3)]
    said = sum(await asyncio.gather(*(_write(database, random.Random(seed)) for seed in range(WRITERS))))
    stopped.set()
    for seen in await asyncio.gather(*readers):
        assert len(seen) == said
        for shard in range(SHARDS):
            positions = [position for seen_shard, position in seen if seen_shard == shard]
            assert positions == list(range(1, len(positions) + 1))
