"""Whom a change of the rules concerns is marked in the database, however many they are."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from uuid import UUID

import pytest
from sqlalchemy import event, select, text

from contracts.identity import new_id
from services.rules.domain.changes import Alternative, Changes
from services.rules.repository import marking
from services.rules.tables import obligations, subjects
from services.shared.database import Database
from tests.builders import NOW
from tests.rules_rig import RULES, RulesRig, files_of

MANY = 40_000
SOONER = files_of(RULES.replace("at: 14d", "at: 7d"))

_OPPORTUNITIES = text(
    """
    insert into subjects (subject_id, kind, customer_id, facts, evaluated_version)
    select gen_random_uuid(), 'opportunity', gen_random_uuid(),
           '{"status": "open", "stage": "proposal"}', 1
      from generate_series(1, :count)
    """
)


@pytest.fixture
def database(databases: dict[str, Database]) -> Database:
    return databases["rules"]


async def add(database: Database, kind: str, facts: Mapping[str, object] | None = None) -> UUID:
    """Store a subject that is not due."""
    subject_id = new_id()
    row = {"subject_id": subject_id, "kind": kind, "customer_id": new_id(), "facts": facts or {}}
    async with database.engine.begin() as connection:
        await connection.execute(subjects.insert(), row)
    return subject_id


async def ask(database: Database, subject_id: UUID, *, rule: str, status: str = "open") -> None:
    """Store a task of a rule for a subject."""
    ids = {"task_id": new_id(), "subject_id": subject_id, "customer_id": new_id()}
    async with database.engine.begin() as connection:
        await connection.execute(
            obligations.insert(), {**ids, "rule": rule, "status": status, "sequence": 1, "state": {}}
        )


async def marked_by(database: Database, change: Changes) -> set[UUID]:
    """The subjects that are due because of a change."""
    async with database.session() as session:
        await marking.mark_concerned(session, change, now=NOW)
        rows = await session.execute(select(subjects.c.subject_id).where(subjects.c.next_check_at == NOW))
        return set(rows.scalars())


@contextmanager
def arguments(database: Database) -> Iterator[list[tuple[str, int]]]:
    """Note the statements that are executed, each with the number of its arguments."""
    noted: list[tuple[str, int]] = []

    def note(*execution: object) -> None:
        """Note one statement."""
        _, _, statement, parameters, _, is_many = execution
        if not is_many:
            assert isinstance(statement, str)
            assert isinstance(parameters, tuple)
            noted.append((statement, len(parameters)))

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    yield noted
    event.remove(database.engine.sync_engine, "before_cursor_execute", note)


async def test_an_edit_that_concerns_many_takes_effect_by_one_statement(database: Database) -> None:
    rig = await RulesRig(database).start()
    async with database.session() as session:
        await session.execute(_OPPORTUNITIES, {"count": MANY})
        await session.commit()

    with arguments(database) as noted:
        async with asyncio.timeout(60):
            assert await rig.publisher.publish(SOONER) == ()

    assert rig.active.current.version == 2
    async with database.session() as session:
        due = await session.scalar(text("select count(*) from subjects where next_check_at is not null"))
    assert due == MANY
    assert sum("update subjects" in statement for statement, _ in noted) == 1
    assert max(count for _, count in noted) < 50


async def test_a_clock_concerns_the_subjects_whose_facts_let_it_run(database: Database) -> None:
    fits = await add(database, "opportunity", {"stage": "proposal", "is_key": True, "name": "x"})
    await add(database, "opportunity", {"stage": "won", "is_key": True})
    await add(database, "opportunity", {"stage": "proposal", "is_key": None})
    await add(database, "opportunity", {"is_key": True})
    await add(database, "customer", {"stage": "proposal", "is_key": True})
    alternative: Alternative = {"stage": ["negotiation", "proposal"], "is_key": [True]}

    assert await marked_by(database, Changes(clocks={"opportunity": [alternative]})) == {fits}


async def test_each_alternative_of_a_clock_concerns_its_own(database: Database) -> None:
    one, other = await add(database, "plan", {"status": "open"}), await add(database, "plan", {"late": True})
    alternatives: list[Alternative] = [{"status": ["open"]}, {"late": [True]}]

    assert await marked_by(database, Changes(clocks={"plan": alternatives})) == {one, other}


async def test_a_clock_that_asks_nothing_concerns_its_kind(database: Database) -> None:
    plan = await add(database, "plan")
    await add(database, "customer")

    assert await marked_by(database, Changes(clocks={"plan": [{}]})) == {plan}


async def test_a_decision_concerns_its_kind(database: Database) -> None:
    customer = await add(database, "customer")
    await add(database, "opportunity")

    assert await marked_by(database, Changes(kinds=frozenset({"customer"}))) == {customer}


async def test_a_rule_concerns_those_for_whom_it_has_an_open_task(database: Database) -> None:
    asked, other, done = [await add(database, "customer") for _ in range(3)]
    await ask(database, asked, rule="changed")
    await ask(database, other, rule="another")
    await ask(database, done, rule="changed", status="completed")

    assert await marked_by(database, Changes(rules=("changed",))) == {asked}


async def test_recipients_concern_all_that_have_an_open_task(database: Database) -> None:
    asked, done, _ = [await add(database, "customer") for _ in range(3)]
    await ask(database, asked, rule="any")
    await ask(database, done, rule="any", status="resolved")

    assert await marked_by(database, Changes(recipients=True)) == {asked}


async def test_a_change_of_what_all_rules_read_concerns_everyone(database: Database) -> None:
    everyone = {await add(database, "customer"), await add(database, "plan")}

    assert await marked_by(database, Changes(everyone=True)) == everyone


async def test_a_change_of_nothing_concerns_nothing(database: Database) -> None:
    await add(database, "customer")

    assert await marked_by(database, Changes()) == set()
