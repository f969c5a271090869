"""A dead letter is tried a bounded number of times, applied once, and an outage is no attempt (A7)."""

import asyncio
from collections.abc import Hashable, Iterable
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, text, update

from contracts.envelope import Envelope
from contracts.events import EventData
from services.shared.batching import Batcher, letter_of
from services.shared.database import Database, DatabaseAwayError, dead_letters
from services.shared.dead_letters import (
    NEXT_TRIES,
    SUPERSEDED,
    DeadLetter,
    bury,
    bury_tried_out,
    counts,
    discard,
    supersede_before,
)
from services.shared.delivery import Delivered, Handler
from services.shared.errors import RefusedError
from services.shared.failures import unreadable
from services.shared.retrying import Result
from services.shared.unit_of_work import UnitOfWork
from tests.integration.deadly import CRASHED, retry, start
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
from tests.postgres import execute

REASON = unreadable("it was delivered too often")


class UnwantedError(RefusedError):
    """It is not wanted."""

    slug = "unwanted"
    zh = "不接受。"


class Moody:
    """A handler that says something and then does as it is told."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.cuts_off = False

    async def __call__(self, data: EventData, envelope: Envelope, unit: UnitOfWork) -> Iterable[Hashable]:
        """Fail with the error, or lose the connection, or leave a row."""
        say(unit, customer_created())
        if self.cuts_off:
            connection = await unit.session.connection()
            await connection.exec_driver_sql("select pg_terminate_backend(pg_backend_pid())")
        if self.error:
            raise self.error
        return await note_effect(data, envelope, unit)


@pytest.fixture
async def rules(fresh_databases: dict[str, Database]) -> Database:
    return await add_effects(fresh_databases["there"])


@pytest.fixture
async def messages(fresh_databases: dict[str, Database]) -> list[Delivered]:
    return await log_customers(fresh_databases["here"], 4)


@pytest.fixture
def moody() -> Moody:
    return Moody(KeyError("fault"))


@pytest.fixture
def batcher(rules: Database, moody: Moody) -> Batcher:
    return Batcher(database=rules, clock=CLOCK, subscriptions=subscribed(moody))


async def letters(database: Database) -> list[dict[str, object]]:
    async with database.session() as session:
        rows = await session.execute(select(dead_letters).order_by(dead_letters.c.id))
        return [dict(row) for row in rows.mappings()]


async def only_letter(database: Database) -> dict[str, object]:
    (letter,) = await letters(database)
    return letter


async def key_of_the_only_one(database: Database) -> UUID:
    return UUID(str((await only_letter(database))["id"]))


async def make_due(database: Database, **values: object) -> None:
    async with database.session() as session:
        await session.execute(
            update(dead_letters)
            .where(dead_letters.c.attempts <= len(NEXT_TRIES))
            .values(next_try_at=func.now(), **values)
        )
        await session.commit()


async def kept_tried_out(database: Database, messages: list[Delivered]) -> int:
    async with database.session() as session:
        kept = [await bury_tried_out(session, "rules", letter_of(each), REASON) for each in messages]
        await session.commit()
    return sum(kept)


async def test_a_letter_that_ends_its_process_is_tried_a_bounded_number_of_times(
    rules: Database, messages: list[Delivered], batcher: Batcher
) -> None:
    await batcher.handle(messages)
    poison = messages[1].envelope
    assert isinstance(poison, Envelope)
    await make_due(rules, attempts=len(NEXT_TRIES) - 1)
    crashes = 0
    while await run_deadly(rules, poison.id) == CRASHED:
        crashes += 1
        assert crashes <= 2
        await make_due(rules)
    assert crashes == 2
    letter = await only_letter(rules)
    assert (letter["event_id"], letter["attempts"], letter["next_try_at"]) == (
        poison.id,
        len(NEXT_TRIES) + 1,
        None,
    )
    neighbours = [message.envelope for message in messages if message.envelope != poison]
    assert await effects_of(rules) == {each.id: 1 for each in neighbours if isinstance(each, Envelope)}


async def run_deadly(database: Database, poison: UUID) -> int:
    process = await start(retry, database, poison=poison, consumer="rules")
    return await process.wait()


async def test_what_the_broker_gave_up_is_tried_once_more_and_then_waits_for_an_operator(
    rules: Database, messages: list[Delivered], batcher: Batcher
) -> None:
    assert await kept_tried_out(rules, messages[:2]) == 2
    assert await retrier_of(batcher).retry_due() == 2
    assert {letter["next_try_at"] for letter in await letters(rules)} == {None}
    assert {letter["reason"] for letter in await letters(rules)} == {"'fault'"}
    assert await retrier_of(batcher).retry_due() == 0


async def test_what_the_broker_gave_up_is_kept_only_where_it_was_not_handled(
    rules: Database, messages: list[Delivered], batcher: Batcher, moody: Moody
) -> None:
    moody.error = None
    await batcher.handle(messages[:3])
    assert await kept_tried_out(rules, messages) == 1
    assert await retrier_of(batcher).retry_due() == 1
    assert set((await effects_of(rules)).values()) == {1}
    assert len(await effects_of(rules)) == 4


async def test_a_lost_connection_is_no_attempt(
    rules: Database, messages: list[Delivered], batcher: Batcher, moody: Moody
) -> None:
    await batcher.handle(messages[:1])
    await make_due(rules)
    before = await only_letter(rules)
    moody.cuts_off = True
    with pytest.raises(DatabaseAwayError):
        await retrier_of(batcher).retry_due()
    assert await only_letter(rules) == before


async def test_a_database_that_goes_away_for_longer_is_no_attempt(
    rules: Database, messages: list[Delivered], batcher: Batcher, postgres_url: str
) -> None:
    name = rules.engine.url.database

    async def with_the_database_gone(*_: object) -> Iterable[Hashable]:
        await execute(
            postgres_url,
            f'alter database "{name}" with allow_connections false',
            f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'",  # noqa: S608
        )
        raise ConnectionError

    await batcher.handle(messages[:1])
    await make_due(rules)
    before = await only_letter(rules)
    do: list[Handler] = [with_the_database_gone, Moody(UnwantedError())]

    async def one_after_the_other(
        data: EventData, envelope: Envelope, unit: UnitOfWork
    ) -> Iterable[Hashable]:
        return await do[0](data, envelope, unit)

    leaving = retrier_of(Batcher(database=rules, clock=CLOCK, subscriptions=subscribed(one_after_the_other)))
    with pytest.raises(DatabaseAwayError):
        await leaving.retry_due()
    await execute(postgres_url, f'alter database "{name}" with allow_connections true')
    del do[0]
    assert await leaving.retry_due() == 1
    after = await only_letter(rules)
    assert (before["attempts"], after["attempts"], after["error_class"]) == (1, 2, "UnwantedError")


async def test_a_statement_that_fails_in_passing_while_an_attempt_is_given_back_is_waited_out(
    rules: Database, messages: list[Delivered], batcher: Batcher, postgres_url: str
) -> None:
    await batcher.handle(messages[:1])
    await make_due(rules)
    before = await only_letter(rules)
    name = rules.engine.url.database
    await execute(postgres_url, f"alter database \"{name}\" set lock_timeout = '10ms'")
    await rules.dispose()
    async with rules.session() as held:

        async def with_the_table_locked(*_: object) -> Iterable[Hashable]:
            await held.execute(text("lock table dead_letters in share mode"))
            raise ConnectionError

        do: list[Handler] = [with_the_table_locked, Moody(UnwantedError())]

        async def one_after_the_other(
            data: EventData, envelope: Envelope, unit: UnitOfWork
        ) -> Iterable[Hashable]:
            return await do[0](data, envelope, unit)

        trying = subscribed(one_after_the_other)
        leaving = retrier_of(Batcher(database=rules, clock=CLOCK, subscriptions=trying))
        with pytest.raises(DatabaseAwayError):
            await leaving.retry_due()
    del do[0]
    assert await leaving.retry_due() == 1
    after = await only_letter(rules)
    assert (before["attempts"], after["attempts"], after["error_class"]) == (1, 2, "UnwantedError")


async def keep(database: Database, body: bytes, record: tuple[str, str] | None = None) -> None:
    async with database.session() as session:
        letter = DeadLetter(None, body, type="x\0", headers={"a\0": {"b": "\0"}}, record=record)
        await bury(session, "rules", letter, REASON)
        await session.commit()


async def test_what_was_given_up_and_comes_again_is_alive_again(rules: Database) -> None:
    await keep(rules, b"again")
    first = await only_letter(rules)
    async with rules.session() as session:
        assert await discard(session, UUID(str(first["id"])), because="sent by mistake")
        await session.commit()
    await keep(rules, b"again")
    second = await only_letter(rules)
    assert (second["discarded_at"], second["discarded_because"], second["attempts"]) == (None, None, 1)
    assert (second["id"], str(second["failed_at"]) > str(first["failed_at"])) == (first["id"], True)


async def test_what_comes_again_while_it_is_kept_stands_where_the_last_of_them_came(rules: Database) -> None:
    for body in (b"first", b"second", b"first"):
        await keep(rules, body)
    kept = {letter["body"]: letter for letter in await letters(rules)}
    assert str(kept[b"first"]["created_at"]) > str(kept[b"second"]["created_at"])
    assert (kept[b"first"]["attempts"], kept[b"second"]["attempts"]) == (2, 1)
    assert kept[b"first"]["headers"] == {"a�": {"b": "�"}}


async def test_what_the_broker_gives_up_again_is_not_tried_once_more(
    rules: Database, batcher: Batcher
) -> None:
    for tried in (1, 0):
        async with rules.session() as session:
            await bury_tried_out(session, "rules", DeadLetter(None, b"no envelope"), REASON)
            await session.commit()
        assert await retrier_of(batcher).retry_due() == tried


async def test_a_replayed_command_overtakes_those_before_it_about_the_same_record(rules: Database) -> None:
    about = [("erp", "7"), ("erp", "8"), ("erp", "7"), ("crm", "7"), ("erp", "7"), None]
    for number, record in enumerate(about):
        await keep(rules, str(number).encode(), record)
    kept = {letter["body"]: letter["id"] for letter in await letters(rules)}
    async with rules.session() as session:
        await supersede_before(session, UUID(str(kept[b"2"])))
        await session.commit()
    assert {letter["body"]: letter["discarded_because"] for letter in await letters(rules)} == {
        **dict.fromkeys((b"1", b"2", b"3", b"4", b"5")),
        b"0": SUPERSEDED,
    }


async def test_a_retry_that_is_cut_short_by_a_stop_is_no_attempt(
    rules: Database, messages: list[Delivered], batcher: Batcher
) -> None:
    begun = asyncio.Event()

    async def endless(*_: object) -> Iterable[Hashable]:
        begun.set()
        await asyncio.Event().wait()
        return []

    await batcher.handle(messages[:1])
    await make_due(rules)
    before = await only_letter(rules)
    slow = Batcher(database=rules, clock=CLOCK, subscriptions=subscribed(endless))
    trying = asyncio.create_task(retrier_of(slow).retry_due())
    await begun.wait()
    trying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await trying
    assert await only_letter(rules) == before


async def test_of_many_who_try_a_letter_one_applies_it_and_the_others_are_told(
    rules: Database, messages: list[Delivered], batcher: Batcher, moody: Moody
) -> None:
    await batcher.handle(messages[:1])
    key = await key_of_the_only_one(rules)
    moody.error = None
    outcomes = await asyncio.gather(*(retrier_of(batcher).retry(key) for _ in range(5)))
    results = sorted(outcome.result for outcome in outcomes)
    assert results.count(Result.APPLIED) == 1
    assert set(results) <= {Result.APPLIED, Result.BUSY, Result.GONE}
    assert list((await effects_of(rules)).values()) == [1]
    assert len(await logged(rules)) == 1
    assert await letters(rules) == []


async def test_a_rehearsal_says_what_would_be_said_and_changes_nothing(
    rules: Database, messages: list[Delivered], batcher: Batcher, moody: Moody
) -> None:
    await batcher.handle(messages[:1])
    before = await only_letter(rules)
    moody.error = None
    outcome = await retrier_of(batcher).rehearse(await key_of_the_only_one(rules))
    assert outcome.result == Result.APPLIED
    assert [envelope.type for envelope in outcome.said] == ["customers.customer_created.v1"]
    assert await only_letter(rules) == before
    assert await effects_of(rules) == {}
    assert await logged(rules) == []


async def test_a_rehearsal_says_why_it_would_fail(
    rules: Database, messages: list[Delivered], batcher: Batcher
) -> None:
    await batcher.handle(messages[:1])
    outcome = await retrier_of(batcher).rehearse(await key_of_the_only_one(rules))
    assert outcome.failure
    assert (outcome.result, outcome.failure.reason) == (Result.FAILED, "'fault'")
    assert (await retrier_of(batcher).rehearse(uuid4())).result == Result.GONE


async def test_what_was_given_up_is_not_tried_and_counts_as_handled(
    rules: Database, messages: list[Delivered], batcher: Batcher
) -> None:
    await batcher.handle(messages[:2])
    first, second = await letters(rules)
    async with rules.session() as session:
        assert await discard(session, UUID(str(first["id"])), because="sent by mistake")
        assert not await discard(session, uuid4(), because="not there")
        await session.commit()
        assert sum((await counts(session, "rules")).values()) == 1
    await make_due(rules)
    assert await retrier_of(batcher).retry_due() == 1
    assert (await retrier_of(batcher).retry(UUID(str(first["id"])))).result == Result.DISCARDED
    kept = {letter["id"]: letter for letter in await letters(rules)}
    assert kept[first["id"]]["discarded_because"] == "sent by mistake"
    assert (kept[first["id"]]["attempts"], kept[second["id"]]["attempts"]) == (1, 2)


async def test_letters_that_failed_for_the_same_cause_share_a_fingerprint(
    rules: Database, messages: list[Delivered], batcher: Batcher, moody: Moody
) -> None:
    await batcher.handle(messages[:2])
    moody.error = UnwantedError()
    await batcher.handle(messages[2:])
    assert {letter["fingerprint"] for letter in await letters(rules)} == {
        f"{name}/services.shared.delivery.apply/customers.customer_created.v1"
        for name in ("KeyError", "UnwantedError")
    }
