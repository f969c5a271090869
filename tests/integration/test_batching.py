"""Each message is applied once or kept as a dead letter, and never takes its neighbours with it (A6, A7)."""

import asyncio
import random
from collections.abc import Hashable, Iterable
from dataclasses import replace

import pytest
from sqlalchemy import func, select, text, update
from structlog.testing import capture_logs

from contracts.customers import CustomerCreated
from contracts.envelope import Envelope
from contracts.events import EventData
from services.shared.batching import Batcher
from services.shared.database import Database, DatabaseAwayError, dead_letters
from services.shared.delivery import Delivered, Subscriptions, Unreadable
from services.shared.errors import RefusedError
from services.shared.inbox import watermarks
from services.shared.unit_of_work import UnitOfWork
from tests.plumbing import (
    CLOCK,
    add_effects,
    customer_created,
    effects_of,
    log_customers,
    logged,
    note_effect,
    retrier_of,
    say,
    subscribed,
)


class UnwantedError(RefusedError):
    """Customer {subject} is not wanted."""

    slug = "unwanted"
    zh = "不接受客户 {subject}。"


@pytest.fixture
async def customers(fresh_databases: dict[str, Database]) -> Database:
    return await add_effects(fresh_databases["here"])


@pytest.fixture
async def rules(fresh_databases: dict[str, Database]) -> Database:
    return await add_effects(fresh_databases["there"])


@pytest.fixture
async def messages(customers: Database) -> list[Delivered]:
    return await log_customers(customers, 40)


def batcher_of(database: Database, subscriptions: Subscriptions | None = None, size: int = 200) -> Batcher:
    return Batcher(database=database, clock=CLOCK, subscriptions=subscriptions or subscribed(), size=size)


def id_of(message: Delivered) -> object:
    assert isinstance(message.envelope, Envelope)
    return message.envelope.id


def once(messages: Iterable[Delivered]) -> dict[object, int]:
    return {id_of(message): 1 for message in messages}


async def dead_of(database: Database) -> list[dict[str, object]]:
    async with database.session() as session:
        rows = await session.execute(select(dead_letters).order_by(dead_letters.c.created_at))
        return [dict(row) for row in rows.mappings()]


async def assert_at_the_heads(database: Database, messages: list[Delivered]) -> None:
    async with database.session() as session:
        marks = (await watermarks(session, "rules"))["here"]
    assert {s: p for s, p in marks.items() if p} == {
        shard: max(m.position for m in messages if m.shard == shard) for shard in {m.shard for m in messages}
    }


async def test_every_message_is_applied_once(rules: Database, messages: list[Delivered]) -> None:
    await batcher_of(rules, size=7).handle(messages)
    assert await effects_of(rules) == once(messages)
    await assert_at_the_heads(rules, messages)


async def test_messages_that_come_again_change_nothing(rules: Database, messages: list[Delivered]) -> None:
    batcher = batcher_of(rules, size=16)
    await batcher.handle([*messages, *messages[:20]])
    await batcher.handle(messages)
    await batcher_of(rules).handle(messages)
    assert await effects_of(rules) == once(messages)


async def test_doubled_and_shuffled_messages_from_two_replicas_are_applied_once(
    rules: Database, messages: list[Delivered]
) -> None:
    luck = random.Random(7)
    first, second = [*messages, *messages], [*messages, *messages]
    luck.shuffle(first)
    luck.shuffle(second)
    await asyncio.gather(batcher_of(rules, size=9).handle(first), batcher_of(rules, size=11).handle(second))
    assert await effects_of(rules) == once(messages)
    await assert_at_the_heads(rules, messages)


async def test_types_that_are_not_heard_are_skipped_and_count_as_handled(
    rules: Database, messages: list[Delivered]
) -> None:
    await batcher_of(rules, Subscriptions(consumer="rules", handlers={})).handle(messages)
    assert await effects_of(rules) == {}
    await assert_at_the_heads(rules, messages)


async def test_a_refused_message_dies_alone_and_its_neighbours_are_applied(
    rules: Database, messages: list[Delivered]
) -> None:
    bad = messages[5]

    async def picky(data: EventData, envelope: Envelope, unit: UnitOfWork) -> Iterable[Hashable]:
        touched = await note_effect(data, envelope, unit)
        if envelope.id == id_of(bad):
            raise UnwantedError(subject=envelope.subject)
        return touched

    await batcher_of(rules, subscribed(picky)).handle(messages)
    assert await effects_of(rules) == once(message for message in messages if message != bad)
    await assert_at_the_heads(rules, messages)
    (dead,) = await dead_of(rules)
    assert dead["reason"] == f"Customer {bad.envelope.subject} is not wanted."  # type: ignore[union-attr]
    assert (dead["error_class"], dead["attempts"], dead["next_try_at"]) == ("UnwantedError", 1, None)
    assert (dead["source"], dead["shard"], dead["position"]) == bad.place
    assert (dead["event_id"], dead["type"]) == (id_of(bad), CustomerCreated.type)
    assert Envelope.model_validate_json(dead["body"]) == bad.envelope  # type: ignore[arg-type]


async def test_a_dead_message_that_comes_again_is_not_buried_twice(
    rules: Database, messages: list[Delivered]
) -> None:
    async def refuse(*_: object) -> Iterable[Hashable]:
        raise UnwantedError(subject="x")

    batcher = batcher_of(rules, subscribed(refuse))
    await batcher.handle(messages[:3])
    await batcher.handle(messages[:3])
    assert len(await dead_of(rules)) == 3


async def test_data_that_does_not_fit_its_model_dies_with_the_reason(
    rules: Database, messages: list[Delivered]
) -> None:
    broken = replace(messages[0], envelope=messages[0].envelope.model_copy(update={"data": {"name": 1}}))  # type: ignore[union-attr]
    await batcher_of(rules).handle([broken, *messages[1:]])
    (dead,) = await dead_of(rules)
    assert dead["error_class"] == "ValidationError"
    assert "customer_number" in str(dead["reason"])
    assert await effects_of(rules) == once(messages[1:])


@pytest.mark.parametrize(
    ("statement", "values", "told"),
    [
        pytest.param(
            "insert into dead_letters (id, consumer, reason, error_class, attempts, body) "
            "values (gen_random_uuid(), '13800138000', null, '', 1, '')",
            {},
            "NotNullViolationError 23502 dead_letters reason",
            id="row",
        ),
        pytest.param("select cast(:x as integer)", {"x": "13800138000"}, "DataError 22000", id="argument"),
        pytest.param("select * from nowhere", {}, 'relation "nowhere" does not exist', id="statement"),
    ],
)
async def test_what_the_database_refuses_is_told_without_its_values(
    rules: Database, messages: list[Delivered], *, statement: str, values: dict[str, str], told: str
) -> None:
    async def refused(_data: EventData, _envelope: Envelope, unit: UnitOfWork) -> Iterable[Hashable]:
        await unit.session.execute(text(statement), values)
        return []

    await batcher_of(rules, subscribed(refused)).handle(messages[:1])
    (dead,) = await dead_of(rules)
    assert dead["reason"] == told


async def test_an_unreadable_message_with_a_place_dies_and_its_place_is_handled(
    rules: Database, messages: list[Delivered]
) -> None:
    broken = replace(messages[0], envelope=Unreadable(b"\xff\x00", "not JSON"))
    await batcher_of(rules).handle([broken, *messages[1:]])
    (dead,) = await dead_of(rules)
    assert (dead["body"], dead["reason"], dead["event_id"]) == (b"\xff\x00", "not JSON", None)
    await assert_at_the_heads(rules, messages)


async def test_an_unreadable_message_without_a_place_is_kept_once(rules: Database) -> None:
    batcher = batcher_of(rules)
    await batcher.bury(Unreadable(b"rubbish", "no header cloudEvents_id"))
    await batcher.bury(Unreadable(b"rubbish", "no header cloudEvents_id"))
    await batcher.bury(Unreadable(b"other", "no header cloudEvents_id"))
    assert sorted(str(dead["body"]) for dead in await dead_of(rules)) == ["b'other'", "b'rubbish'"]


async def test_finish_runs_once_per_transaction_with_all_that_was_touched(
    rules: Database, messages: list[Delivered]
) -> None:
    finished: list[frozenset[Hashable]] = []

    async def finish(touched: frozenset[Hashable], _unit: UnitOfWork) -> None:
        finished.append(touched)

    await batcher_of(rules, replace(subscribed(), finish=finish)).handle(messages)
    assert finished == [frozenset(m.envelope.subject for m in messages)]  # type: ignore[union-attr]


async def test_finish_does_not_run_when_nothing_was_touched(
    rules: Database, messages: list[Delivered]
) -> None:
    finished: list[frozenset[Hashable]] = []

    async def finish(touched: frozenset[Hashable], _unit: UnitOfWork) -> None:
        finished.append(touched)

    batcher = batcher_of(rules, replace(subscribed(), finish=finish))
    await batcher.handle(messages)
    await batcher.handle(messages)
    assert len(finished) == 1


async def test_what_a_handler_says_is_caused_by_its_message(
    rules: Database, messages: list[Delivered]
) -> None:
    async def echo(_data: EventData, _envelope: Envelope, unit: UnitOfWork) -> Iterable[Hashable]:
        assert unit.now == CLOCK.now()
        say(unit, customer_created())
        return []

    await batcher_of(rules, subscribed(echo)).handle(messages)
    caused = [message.envelope.causationid for message in await logged(rules)]  # type: ignore[union-attr]
    assert sorted(map(str, caused)) == sorted(str(id_of(message)) for message in messages)


async def test_a_failed_batch_says_nothing_twice(rules: Database, messages: list[Delivered]) -> None:
    async def echo(_data: EventData, envelope: Envelope, unit: UnitOfWork) -> Iterable[Hashable]:
        say(unit, customer_created())
        if envelope.id == id_of(messages[-1]):
            raise UnwantedError(subject="x")
        return []

    await batcher_of(rules, subscribed(echo)).handle(messages)
    assert len(await logged(rules)) == len(messages) - 1


async def test_a_deadlock_is_tried_again_and_burns_no_attempt(
    rules: Database, messages: list[Delivered]
) -> None:
    tries: list[object] = []

    async def unlucky(data: EventData, envelope: Envelope, unit: UnitOfWork) -> Iterable[Hashable]:
        tries.append(envelope.id)
        if len(tries) == 1:
            await unit.session.execute(
                text("do $$ begin raise exception 'unlucky' using errcode = '40P01'; end $$")
            )
        return await note_effect(data, envelope, unit)

    await batcher_of(rules, subscribed(unlucky)).handle(messages[:1])
    assert len(tries) == 2
    assert await effects_of(rules) == once(messages[:1])
    assert await dead_of(rules) == []


async def test_a_lost_connection_is_tried_again_and_buries_nothing(
    rules: Database, messages: list[Delivered]
) -> None:
    tries: list[object] = []

    async def cut_off(data: EventData, envelope: Envelope, unit: UnitOfWork) -> Iterable[Hashable]:
        tries.append(envelope.id)
        if len(tries) == 1:
            await unit.session.execute(text("select pg_terminate_backend(pg_backend_pid())"))
        return await note_effect(data, envelope, unit)

    await batcher_of(rules, subscribed(cut_off)).handle(messages[:1])
    assert await effects_of(rules) == once(messages[:1])
    assert await dead_of(rules) == []


async def test_an_outage_comes_out_as_a_passing_trouble_with_nothing_done(
    rules: Database, messages: list[Delivered]
) -> None:
    async def always_cut_off(_data: EventData, _envelope: Envelope, unit: UnitOfWork) -> Iterable[Hashable]:
        await unit.session.execute(text("select pg_terminate_backend(pg_backend_pid())"))
        return []

    with pytest.raises(DatabaseAwayError):
        await batcher_of(rules, subscribed(always_cut_off)).handle(messages)
    assert await dead_of(rules) == []
    await batcher_of(rules).handle(messages)
    assert await effects_of(rules) == once(messages)


async def test_one_line_is_logged_for_each_batch(rules: Database, messages: list[Delivered]) -> None:
    with capture_logs() as lines:
        await batcher_of(rules, size=25).handle(messages)
    summary = [(line["event"], line["consumer"], line["messages"], line["heard"]) for line in lines]
    assert summary == [("batch_handled", "rules", 25, 25), ("batch_handled", "rules", 15, 15)]


class Flaky:
    """A handler with a fault in its code, which is mended later."""

    def __init__(self) -> None:
        self.mended = False

    async def __call__(self, data: EventData, envelope: Envelope, unit: UnitOfWork) -> Iterable[Hashable]:
        """Say something in any case; fail until mended."""
        say(unit, customer_created())
        if not self.mended:
            raise KeyError("fault")  # noqa: EM101
        return await note_effect(data, envelope, unit)


async def make_due(database: Database) -> None:
    async with database.session() as session:
        await session.execute(update(dead_letters).values(next_try_at=func.now()))
        await session.commit()


async def test_after_a_fault_in_the_code_the_message_is_tried_again_and_revived(
    rules: Database, messages: list[Delivered]
) -> None:
    flaky = Flaky()
    batcher = batcher_of(rules, subscribed(flaky))
    await batcher.handle(messages[:2])
    assert [dead["error_class"] for dead in await dead_of(rules)] == ["KeyError", "KeyError"]
    assert await retrier_of(batcher).retry_due() == 0
    flaky.mended = True
    await make_due(rules)
    assert await retrier_of(batcher).retry_due() == 2
    assert await dead_of(rules) == []
    assert await effects_of(rules) == once(messages[:2])
    assert len(await logged(rules)) == 2


async def test_each_failed_try_is_counted_and_the_next_is_later(
    rules: Database, messages: list[Delivered]
) -> None:
    batcher = batcher_of(rules, subscribed(Flaky()))
    await batcher.handle(messages[:1])
    tries: list[object] = []
    for _ in range(7):
        await make_due(rules)
        assert await retrier_of(batcher).retry_due() == 1
        (dead,) = await dead_of(rules)
        tries.append((dead["attempts"], dead["next_try_at"] is None))
    assert tries == [(2, False), (3, False), (4, False), (5, False), (6, False), (7, True), (8, True)]
    assert await logged(rules) == []
