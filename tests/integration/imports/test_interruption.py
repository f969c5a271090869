"""An import that died ends the same when it is run again."""

import asyncio
import re
from contextlib import AsyncExitStack
from functools import partial

import pytest
from sqlalchemy import select, text

from contracts.identity import new_id
from services.shared.database import Database
from services.shared.imports.report import Counts, ImportReport
from services.shared.imports.requests import ImportRequest
from services.shared.imports.service import ImportService
from services.shared.imports.store import ImportStore
from services.shared.imports.tables import imports
from tests.integration.imports.folk import NOW, people, run
from tests.plumbing import somebody_waits, until


async def test_an_import_that_died_is_marked_and_ends_the_same_when_run_again(
    importer: ImportService, database: Database
) -> None:
    text = "姓名,鞋\n" + "".join(f"p{number},boots\n" for number in range(450))

    class Killed(BaseException):
        pass

    def die(report: ImportReport) -> None:
        if report.counts.done >= 200:
            raise Killed

    with pytest.raises(Killed):
        await importer.run(ImportRequest("folk", "folk.csv", text.encode()), progress=die)
    assert len(await people(database)) == 200
    await importer.end_unfinished()
    report = await run(importer, text)
    assert report.counts == Counts(total=450, done=450, created=250, unchanged=200)
    assert len(await people(database)) == 450
    async with database.session() as session:
        states = (await session.scalars(select(imports.c.state).order_by(imports.c.id))).all()
    assert re.fullmatch("(running|interrupted) done", " ".join(states))


async def test_however_many_imports_wait_there_are_connections_for_others(
    importer: ImportService, database: Database
) -> None:
    """More than the pool has; each has its turn, and none is taken for dead while it waits."""
    requests = [ImportRequest("folk", "folk.csv", f"姓名\np{n}\n".encode()) for n in range(20)]
    started = [await importer.start(request) for request in requests]
    assert await importer.end_unfinished() == 0
    await importer.finish()
    assert [(await importer.report(import_id)).state for import_id in started] == ["done"] * 20
    assert len(await people(database)) == 20


async def test_an_import_stays_alive_when_the_beginning_of_another_is_broken_off(database: Database) -> None:
    store = ImportStore(database)
    report, other = (ImportReport(id=new_id(), what="folk", file="folk.csv", dry_run=False) for _ in "ab")
    async with store.alive(report.id), database.session() as elsewhere:
        await store.add(report, as_of=NOW)
        name = {"name": str(other.id)}
        await elsewhere.execute(text("select pg_advisory_lock(hashtextextended(:name, 0))"), name)
        beginning = asyncio.create_task(AsyncExitStack().enter_async_context(store.alive(other.id)))
        await until(partial(somebody_waits, database, for_a="advisory"))
        beginning.cancel()
        await asyncio.wait([beginning])
        assert await store.end_unfinished() == 0
        await elsewhere.execute(text("select pg_advisory_unlock_all()"))
    assert await store.end_unfinished() == 1
