"""Records and projections on a real database."""

from dataclasses import dataclass
from decimal import Decimal
from itertools import permutations
from uuid import UUID

import pytest
from sqlalchemy import BigInteger, Column, Table, Text, Uuid, delete, select

from contracts.events import SourceRef
from contracts.identity import new_id
from contracts.money import Money
from contracts.vocabulary import Intent
from services.shared.database import Database, service_metadata
from services.shared.records import Heard, Records, keep_newest, merge_heard, money_columns, word_type

metadata = service_metadata()
things = Table(
    "things",
    metadata,
    Column("thing_id", Uuid, primary_key=True),
    Column("intent", word_type(Intent)),
    *money_columns("amount"),
)
seen = Table(
    "seen",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("word", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),
)


@dataclass
class Thing:
    """A record of the tests."""

    thing_id: UUID
    intent: Intent | None = None
    amount: Money | None = None
    source_refs: tuple[SourceRef, ...] = ()


THINGS = Records(things, Thing, kind="thing", money=("amount",))
YUAN = Money(amount=Decimal("12.30"))


@pytest.fixture
async def database(fresh_database: Database) -> Database:
    """A database with the tables of these tests."""
    async with fresh_database.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    return fresh_database


async def test_records_come_back_as_they_were_saved(database: Database) -> None:
    first, second = Thing(new_id(), Intent.HIGH, YUAN), Thing(new_id())
    async with database.session() as session:
        await THINGS.save(session, [second, first])
        found = await THINGS.lock(session, [first.thing_id, second.thing_id, new_id()])
    assert found == {first.thing_id: first, second.thing_id: second}
    assert isinstance(found[first.thing_id].intent, Intent)


async def test_saving_again_changes_the_record(database: Database) -> None:
    thing = Thing(new_id(), Intent.HIGH, YUAN)
    async with database.session() as session:
        await THINGS.save(session, [thing])
        thing.intent, thing.amount = Intent.LOW, None
        await THINGS.save(session, [thing])
        assert await THINGS.find(session, thing.thing_id) == thing
        assert await THINGS.find(session, new_id()) is None


async def test_nothing_is_read_or_written_for_no_records(database: Database) -> None:
    async with database.session() as session:
        await THINGS.save(session, [])
        await merge_heard(session, [])
        assert await THINGS.lock(session, []) == {}


async def test_a_projection_ends_the_same_in_any_order_with_repeats(database: Database) -> None:
    """A4: the row with the highest sequence stays, told at once or one by one."""
    ids = (new_id(), new_id())
    rows = [{"id": i, "word": f"{i}/{n}", "sequence": n} for i in ids for n in (1, 2)]
    expected = {(i, f"{i}/2", 2) for i in ids}
    async with database.session() as session:
        for order in permutations(rows):
            for parts in ([[*order, *order]], [[row] for row in (*order, order[0])]):
                await session.execute(delete(seen))
                for part in parts:
                    await keep_newest(session, seen, part)
                assert {tuple(row) for row in await session.execute(select(seen))} == expected


async def test_what_was_heard_goes_to_the_projection_it_is_for(database: Database) -> None:
    one = new_id()
    async with database.session() as session:
        await merge_heard(session, [Heard(seen, {"id": one, "word": "甲", "sequence": 1})])
        assert [tuple(row) for row in await session.execute(select(seen))] == [(one, "甲", 1)]
