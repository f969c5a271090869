"""The inbox knows every position it has handled, for ever, whatever order they came in (A6)."""

import asyncio
from functools import partial
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.shared import inbox
from services.shared.database import Database
from services.shared.inbox import OvertakenError, Position
from tests.plumbing import somebody_waits, until

CONSUMER = "rules"


def at(*positions: int, shard: int = 3) -> list[Position]:
    return [Position("customers", shard, position) for position in positions]


async def handle(fresh_database: Database, places: list[Position], consumer: str = CONSUMER) -> set[Position]:
    """Claim and mark in one transaction, again when overtaken, as a batcher does; returns what was new."""
    while True:
        async with fresh_database.session() as session:
            new = await inbox.claim(session, consumer, places)
            try:
                await inbox.mark(session, consumer, new)
            except OvertakenError:
                continue
            await session.commit()
        return new


async def watermark(fresh_database: Database, consumer: str = CONSUMER, shard: int = 3) -> int:
    async with fresh_database.session() as session:
        return (await inbox.watermarks(session, consumer))["customers"][shard]


async def test_a_position_is_new_once(fresh_database: Database) -> None:
    assert await handle(fresh_database, at(1, 2)) == set(at(1, 2))
    assert await handle(fresh_database, at(2, 3)) == set(at(3))
    assert await handle(fresh_database, at(1, 2, 3)) == set()


async def test_positions_above_a_gap_are_known_and_the_watermark_waits(
    fresh_database: Database,
) -> None:
    await handle(fresh_database, at(1, 2, 4, 6))
    assert await watermark(fresh_database) == 2
    assert await handle(fresh_database, at(4, 5)) == set(at(5))
    assert await watermark(fresh_database) == 2
    await handle(fresh_database, at(3))
    assert await watermark(fresh_database) == 6


async def test_each_shard_and_each_consumer_has_its_own_positions(fresh_database: Database) -> None:
    await handle(fresh_database, at(1))
    assert await handle(fresh_database, at(1, shard=4)) == set(at(1, shard=4))
    assert await handle(fresh_database, at(1), consumer="followups") == set(at(1))


async def test_what_is_handled_is_counted_below_and_above_the_watermark(fresh_database: Database) -> None:
    await handle(fresh_database, at(1, 2, 5, 9))
    async with fresh_database.session() as session:
        assert await inbox.handled(session, CONSUMER) == {("customers", 3): 4}


async def test_a_rolled_back_claim_is_free_again(fresh_database: Database) -> None:
    async with fresh_database.session() as session:
        await inbox.claim(session, CONSUMER, at(1))
    assert await handle(fresh_database, at(1)) == set(at(1))


async def test_what_a_replica_handled_since_the_claim_cannot_be_marked(fresh_database: Database) -> None:
    async with fresh_database.session() as first:
        assert await inbox.claim(first, CONSUMER, at(1)) == set(at(1))
        async with fresh_database.session() as second, asyncio.TaskGroup() as group:
            claiming = group.create_task(inbox.claim(second, CONSUMER, at(1, 2)))
            await until(partial(somebody_waits, fresh_database, for_a="transactionid"))
            await inbox.mark(first, CONSUMER, at(1))
            await first.commit()
            with pytest.raises(OvertakenError):
                await inbox.mark(second, CONSUMER, await claiming)


async def test_a_replica_waits_for_the_one_that_claimed_first_and_then_finds_it_handled(
    fresh_database: Database,
) -> None:
    async with fresh_database.session() as first:
        assert await inbox.claim(first, CONSUMER, at(1)) == set(at(1))
        other = asyncio.create_task(handle(fresh_database, at(1, 2)))
        # Long enough for the other to be in the fresh_database, without relying on it for the outcome.
        done, _ = await asyncio.wait([other], timeout=0.1)
        assert not done
        await inbox.mark(first, CONSUMER, at(1))
        await first.commit()
    assert await other == set(at(2))
    assert await watermark(fresh_database) == 2


async def test_replicas_that_race_for_the_same_positions_take_each_once(fresh_database: Database) -> None:
    batches = [at(*range(start, start + 12)) for start in range(1, 90, 3)]
    taken = await asyncio.gather(*(handle(fresh_database, batch) for batch in batches))
    assert sum(len(new) for new in taken) == len(set().union(*taken)) == 99
    assert await watermark(fresh_database) == 99


deliveries = st.integers(1, 12).flatmap(
    lambda head: st.tuples(
        st.just(head),
        st.permutations(range(1, head + 1)),
        st.lists(st.integers(1, head), max_size=12),
        st.lists(st.integers(1, 5), min_size=1, max_size=24),
        st.randoms(use_true_random=False),
    )
)


@given(deliveries)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)  # each example has a consumer of its own
async def test_any_interleaving_with_repeats_handles_each_position_once_and_ends_at_the_head(
    fresh_database: Database, delivery: tuple[int, list[int], list[int], list[int], object]
) -> None:
    head, order, repeats, sizes, luck = delivery
    stream = [*order, *repeats]
    luck.shuffle(stream)  # type: ignore[attr-defined]
    consumer = uuid4().hex
    new: list[Position] = []
    while stream:
        size = sizes[len(new) % len(sizes)]
        batch, stream = stream[:size], stream[size:]
        new += await handle(fresh_database, at(*batch), consumer=consumer)
    assert sorted(new) == at(*range(1, head + 1))
    assert await watermark(fresh_database, consumer) == head
