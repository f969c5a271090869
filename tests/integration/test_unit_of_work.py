"""Rows and events of a unit are committed together or not at all (A6)."""

from uuid import uuid4

import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import DBAPIError

from services.shared.database import Database, DatabaseAwayError
from services.shared.unit_of_work import unit_of_work
from tests.plumbing import NOW, add_effects, customer_created, effects, effects_of, logged, say


@pytest.fixture
async def database(fresh_database: Database) -> Database:
    return await add_effects(fresh_database)


async def test_rows_and_events_are_committed_together(database: Database) -> None:
    key = uuid4()
    async with unit_of_work(database, now=NOW) as unit:
        await unit.session.execute(insert(effects).values(event_id=key))
        said = say(unit, customer_created())
    assert await effects_of(database) == {key: 1}
    assert [message.envelope for message in await logged(database)] == [said]


async def test_an_exception_leaves_neither_rows_nor_events(database: Database) -> None:
    async def change_its_mind() -> None:
        async with unit_of_work(database, now=NOW) as unit:
            await unit.session.execute(insert(effects).values(event_id=uuid4()))
            say(unit, customer_created())
            raise LookupError

    with pytest.raises(LookupError):
        await change_its_mind()
    assert await effects_of(database) == {}
    assert await logged(database) == []


async def test_the_cursors_of_the_process_are_woken_after_the_commit(database: Database) -> None:
    async with unit_of_work(database, now=NOW) as unit:
        say(unit, customer_created())
        assert database.appended.count == 0
    assert database.appended.count == 1


async def test_a_unit_that_said_nothing_wakes_nobody(database: Database) -> None:
    async with unit_of_work(database, now=NOW) as unit:
        await unit.session.execute(insert(effects).values(event_id=uuid4()))
    assert database.appended.count == 0


async def test_an_event_names_its_owner_its_instant_and_its_record(database: Database) -> None:
    customer = customer_created(version=3)
    async with unit_of_work(database, now=NOW) as unit:
        said = say(unit, customer)
    assert said.source == "/genjin/here"
    assert said.time == NOW
    assert said.record == f"customer/{customer.customer_id}"
    assert said.sequence == 3
    assert said.data["natural_key"] == "华信科技有限公司"
    assert said.id.version == 7
    assert said.correlationid is None
    assert said.causationid is None


async def test_an_event_is_caused_by_the_message_in_hand(database: Database) -> None:
    async with unit_of_work(database, now=NOW) as unit:
        first = say(unit, customer_created())
    async with unit_of_work(database, now=NOW, cause=first) as unit:
        second = say(unit, customer_created())
    async with unit_of_work(database, now=NOW, cause=second) as unit:
        third = say(unit, customer_created())
    assert (third.correlationid, third.causationid) == (first.id, second.id)


async def test_a_database_that_cannot_be_reached_is_a_passing_trouble() -> None:
    database = Database.connect("postgresql://nobody@/nothing?host=/nowhere", schema="customers")
    with pytest.raises(DatabaseAwayError, match="customers"):
        async with unit_of_work(database, now=NOW) as unit:
            await unit.session.scalar(select(func.now()))


async def test_what_a_statement_failed_on_is_not_in_its_error(database: Database) -> None:
    with pytest.raises(DBAPIError) as failure:
        async with unit_of_work(database, now=NOW) as unit:
            await unit.session.execute(text("select cast(:given as text) + 1"), {"given": "13800001234"})

    assert "13800001234" not in str(failure.value)
