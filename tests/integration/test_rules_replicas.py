"""Several processes of the rules service on one database end where a single one does (A4, A8, A13)."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text

from contracts.events import EventData
from contracts.identity import new_id
from contracts.rules import TaskRaised
from services.rules import scheduler, watcher
from services.rules.app import build
from services.rules.handlers import loads
from services.rules.repository import versions
from services.rules.ruleset.loader import digest_of
from services.shared import inbox
from services.shared.database import Database
from services.shared.delivery import Delivered
from services.shared.service import ServiceContext
from services.shared.settings import Settings
from tests import builders
from tests.integration.test_rules_histories import EDITED, FILES, History, heard_at_once, outcome
from tests.plumbing import until
from tests.postgres import Template
from tests.rules_rig import RULES, MovableClock, RulesRig, files_of

CONSUMER = "rules"


@asynccontextmanager
async def processes(database: Database, count: int, clock: MovableClock) -> AsyncIterator[list[RulesRig]]:
    """So many processes' worth of the rules service, each with connections and rules of its own."""
    url = database.engine.url.render_as_string(hide_password=False)
    own = [Database.connect(url, schema=database.name) for _ in range(count)]
    try:
        yield [await RulesRig(each, clock=clock, files=FILES).start(is_alone=False) for each in own]
    finally:
        for each in own:
            await each.dispose()


async def consume(rig: RulesRig, messages: list[Delivered], chance: random.Random) -> None:
    """Handle messages in batches of random sizes."""
    while messages:
        size = chance.randint(1, 12)
        await rig.batcher.handle(messages[:size])
        messages = messages[size:]


async def publish(rig: RulesRig) -> None:
    """Edit the rules, take it back, and edit them again."""
    for files in (EDITED, FILES, EDITED):
        assert await rig.edit(files) == ()


async def raised(rig: RulesRig) -> Counter[tuple[UUID, int]]:
    """How often each task was raised with each of its sequences."""
    async with rig.database.session() as session:
        rows = await session.execute(
            text(
                "select cast(envelope as jsonb)->>'record', (cast(envelope as jsonb)->>'sequence')::int"
                " from event_log where type = :type"
            ),
            {"type": TaskRaised.type},
        )
        return Counter((UUID(record.partition("/")[2]), sequence) for record, sequence in rows)


@pytest.mark.parametrize(("count", "seed"), [(2, 1), (2, 2), (4, 3), (4, 4)])
async def test_replicas_that_share_customers_end_where_one_alone_does(
    migrated_template: Template, count: int, seed: int
) -> None:
    """Doubled and shuffled deliveries at random among them, rules edited meanwhile, schedulers in all."""
    history = History(seed)
    async with migrated_template.copy() as databases:
        clock = MovableClock()
        async with processes(databases["rules"], count, clock) as rigs:
            envelopes = [rigs[0].envelopes(event, sequence=at)[0] for event, at in history.events(150)]
            logged = rigs[0].placed(envelopes)
            deliveries = history.chance.sample(logged * 2, 2 * len(logged))
            schedulers = [
                asyncio.create_task(scheduler.run(rig.database, clock, rig.standing)) for rig in rigs
            ]
            await asyncio.gather(
                publish(rigs[-1]),
                *(consume(rig, deliveries[at::count], history.chance) for at, rig in enumerate(rigs)),
            )
            for rig in rigs:
                await rig.settle()
            for task in schedulers:
                task.cancel()
            rigs[0].files = EDITED

            assert await outcome(rigs[0]) == await heard_at_once(migrated_template, envelopes, like=rigs[0])
            assert set((await raised(rigs[0])).values()) <= {1}
            async with rigs[0].database.session() as session:
                handled = await inbox.handled(session, CONSUMER)
            assert sum(handled.values()) == len(logged)


async def test_what_is_due_is_shared_among_replicas_and_raised_once(databases: dict[str, Database]) -> None:
    clock = MovableClock()
    async with processes(databases["rules"], 4, clock) as rigs:
        events: list[EventData] = []
        for _ in range(150):
            customer = builders.customer()
            events += [customer, builders.opportunity(customer.customer_id)]
        await rigs[0].hear(*events)
        clock.advance(days=15)

        await asyncio.gather(*(rig.settle() for rig in rigs))

        tasks = await raised(rigs[0])
        assert {sequence for _, sequence in tasks} == {1}
        assert set(tasks.values()) == {1}
        assert {
            task.subject.id for task in await rigs[0].open_tasks() if task.rule == "opportunity_stalled"
        } == {event.opportunity_id for event in events if hasattr(event, "opportunity_id")}


@pytest.mark.parametrize(("is_alone", "goes_on"), [(False, True), (True, False)], ids=["of several", "alone"])
async def test_only_who_is_alone_ends_the_loads_that_it_finds_when_it_starts(
    databases: dict[str, Database], directory: Path, *, is_alone: bool, goes_on: bool
) -> None:
    clock = MovableClock()
    await loads.hold(databases["rules"], clock, new_id())
    settings = Settings(rules_dir=directory)

    service = build(ServiceContext(databases["rules"], clock, settings, is_alone=is_alone))
    assert service.start is not None
    await service.start()

    async with databases["rules"].session() as session:
        assert (await versions.newest(session)).is_loading is goes_on


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return write(tmp_path / "rules", RULES)


def write(directory: Path, rules: str) -> Path:
    directory.mkdir(exist_ok=True)
    for name, content in files_of(rules).items():
        (directory / name).write_text(content, encoding="utf-8")
    return directory


def later(days: int) -> str:
    return RULES.replace("at: 14d", f"at: {days}d")


async def in_force(database: Database) -> int:
    async with database.session() as session:
        return (await versions.newest(session)).version or 0


async def comes_into_force(database: Database, version: int) -> None:
    async def is_there() -> bool:
        return await in_force(database) == version

    await until(is_there)


async def holder(database: Database) -> int | None:
    """The server process whose connection holds the lock of the rules directory."""
    query = text(
        "select pid from pg_locks where locktype = 'advisory' and granted"
        " and objid = cast(hashtext('genjin.rules_directory') & 4294967295 as oid)"
        " and database = (select oid from pg_database where datname = current_database())"
    )
    async with database.session() as session:
        return (await session.execute(query)).scalar_one_or_none()


async def test_one_process_watches_and_another_takes_over(
    databases: dict[str, Database], directory: Path, tmp_path: Path
) -> None:
    """A13: an edit counts where it is watched; one that nobody watched counts when somebody takes over."""
    database, elsewhere = databases["rules"], write(tmp_path / "elsewhere", RULES)
    rig = await RulesRig(database).start()
    first = asyncio.create_task(watcher.run(replace(rig.publisher, directory=directory)))
    await until(lambda: _is_held(database))
    second = asyncio.create_task(watcher.run(replace(rig.publisher, directory=elsewhere)))

    write(directory, later(7))
    await comes_into_force(database, 2)
    write(directory, RULES)
    await comes_into_force(database, 3)
    write(elsewhere, later(9))
    first.cancel()
    await comes_into_force(database, 4)
    second.cancel()

    async with database.session() as session:
        stored = await versions.latest(session)
    assert stored is not None
    assert stored.digest == digest_of(files_of(later(9)))


async def _is_held(database: Database) -> bool:
    return await holder(database) is not None


async def test_the_lock_of_the_directory_is_taken_anew_when_its_connection_is_lost(
    databases: dict[str, Database], directory: Path
) -> None:
    database = databases["rules"]
    rig = await RulesRig(database).start()
    watching = asyncio.create_task(watcher.run(replace(rig.publisher, directory=directory)))
    await until(lambda: _is_held(database))
    lost = await holder(database)

    async with database.session() as session:
        await session.execute(text("select pg_terminate_backend(:pid)"), {"pid": lost})

    async def is_held_by_another() -> bool:
        return await holder(database) not in (None, lost)

    await until(is_held_by_another)
    write(directory, later(7))
    await comes_into_force(database, 2)
    watching.cancel()
