"""The load of the crm-sales data, beside reading the same files and inserting their rows."""

import asyncio
import csv
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import islice
from pathlib import Path

import asyncpg
from sqlalchemy import make_url

from benchmarks.places import Bench
from benchmarks.table import Finding
from services.hosting.shipped import RULES
from services.shared.imports.load_file import read_load_file
from tests.acceptance.process import ROOT
from tests.acceptance.story import Place, Story, distributed, embedded
from tests.oracle.data import crm_sales_dir

LOAD = ROOT / "docs" / "examples" / "crm-sales" / "load.yaml"
AS_OF = "2017-12-31T18:00"
ROWS_AT_ONCE = 200


async def measure(bench: Bench) -> list[Finding]:
    """Seconds until all is imported, decided and told, of processes that run already."""
    source = crm_sales_dir()
    files = sorted({source / request.file for request in read_load_file(LOAD, files_from=source).requests})
    bare = await _bare(bench, files)
    async with _place(bench, "crm_embedded") as place, embedded(place) as story:
        in_one = await _seconds(story, source)
    async with _place(bench, "crm_distributed") as place, distributed(place, bench.broker) as story:
        in_four = await _seconds(story, source)
    return [
        Finding("load of crm-sales, one process", in_one, "s", bare),
        Finding("load of crm-sales, four processes", in_four, "s", bare),
    ]


@asynccontextmanager
async def _place(bench: Bench, name: str) -> AsyncIterator[Place]:
    directory = bench.directory / name
    await asyncio.to_thread(directory.mkdir)
    async with bench.database(name) as url:
        yield Place.make(directory, database_url=url, rules=RULES, at=AS_OF)


async def _seconds(story: Story, source: Path) -> float:
    requests = read_load_file(LOAD, files_from=source).requests
    started = time.monotonic()
    await story.import_all(requests)
    return time.monotonic() - started


async def _bare(bench: Bench, files: Sequence[Path]) -> float:
    async with bench.database("crm_bare") as url:
        plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        connection = await asyncpg.connect(plain)
        started = time.monotonic()
        for number, path in enumerate(files):
            await _insert(connection, f"bare_{number}", path)
        seconds = time.monotonic() - started
        await connection.close()
    return seconds


async def _insert(connection: "asyncpg.Connection[asyncpg.Record]", table: str, path: Path) -> None:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file)
        width = len(next(rows))
        columns = ", ".join(f"c{number} text" for number in range(width))
        values = ", ".join(f"${number + 1}" for number in range(width))
        await connection.execute(f"create table {table} ({columns})")
        while batch := list(islice(rows, ROWS_AT_ONCE)):
            async with connection.transaction():
                await connection.executemany(f"insert into {table} values ({values})", batch)
