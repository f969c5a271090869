"""Every live path with very many customers: seconds, and the peak memory of the process that does it."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from benchmarks.places import Bench
from benchmarks.table import Failed, Finding, Findings
from services.client import Client, http_client
from services.hosting.instance import announced
from services.loading import settled
from services.shared.clock import RunningClock
from services.shared.settings import SERVICES
from tests.acceptance.process import GENJIN, environment
from tests.acceptance.story import Quiet

CUSTOMERS = 100_000
PEOPLE = 50
ONE_IN = 100
"""One customer in so many has bought something already; the others are prospects."""

TIME_SECONDS = 1500.0
"""What does not fit into this time, all together, is shown as failed."""

POLL_SECONDS = 0.2
MEGABYTE = 1024.0
LATER = timedelta(days=44)
"""By then everyone is to be contacted."""

_BARE = (
    "create table bare (id uuid primary key, next_check_at timestamptz, facts jsonb)",
    "create index on bare (next_check_at)",
    """insert into bare select gen_random_uuid(), null, '{"lifecycle": "prospect", "grade": "C"}'
         from generate_series(1, {count})""",
)


@dataclass(frozen=True)
class Edit:
    """One place in a rule file of the shipped rules, and what is written there instead."""

    file: str
    before: str
    after: str


ALL = Edit("cadence.yaml", 'at: "{every} + 5wd"', 'at: "{every} + 6wd"')
FEW = Edit("silence.yaml", "at: 3mo + 5wd", "at: 3mo + 4wd")
CALENDAR = Edit("calendar.yaml", "extra_holidays: []", 'extra_holidays: ["2027-03-08"]')

Taken = tuple[float, float]
"""Seconds and megabytes."""


async def measure(bench: Bench) -> Findings:
    """Each path in turn on one data directory, whose customers come from one file.

    What concerns everyone is held against one bare update of as many rows.
    """
    count = bench.size or bench.sized(CUSTOMERS)
    bare = await _bare_update(bench, count)
    place = Directory(bench.directory / "scale", count)
    deadline = time.monotonic() + TIME_SECONDS
    found: list[Finding | Failed] = [Finding(f"update of {count:,} rows, bare", bare, "s")]
    for name, concerned, path in PATHS:
        title = f"{name}, {count:,} customers"
        try:
            async with asyncio.timeout(deadline - time.monotonic()):
                seconds, memory = await path(place)
        except (TimeoutError, RuntimeError) as error:
            found.append(Failed(title, str(error) or "there was no time left"))
            continue
        found.append(Finding(title, seconds, "s", bare if concerned else None))
        if concerned:
            found.append(Finding("... for 1,000 customers", 1000 * seconds / count, "s"))
        found.append(Finding("... peak memory", memory, "MB"))
    await place.stop()
    return found


@dataclass
class Directory:
    """A data directory with rules of its own, on which commands are run and one instance is kept up."""

    path: Path
    customers: int
    process: asyncio.subprocess.Process | None = None

    async def run(self, *arguments: str) -> Taken:
        """Run a command to its end."""
        await self.stop()
        return await self._to_the_end(await self._start(*arguments))

    async def ask(self, *arguments: str) -> Taken:
        """Run a command beside the instance that is up."""
        return await self._to_the_end(await self._start(*arguments))

    async def up(self, *arguments: str) -> Taken:
        """Keep an instance up from here on; taken is what it took until all was settled and it served."""
        await self.stop()
        started = time.monotonic()
        self.process = await self._start("up", "--port", "0", *arguments)
        while not self._is_announced():
            self._require_running()
            await asyncio.sleep(POLL_SECONDS)
        return time.monotonic() - started, _peak(self.process.pid)

    async def stop(self) -> None:
        """End the instance, if one is up."""
        if self.process and self.process.returncode is None:
            self.process.terminate()
            await self.process.wait()
        self.process = None

    @asynccontextmanager
    async def client(self) -> AsyncIterator[Client]:
        """Give a client of an instance, which is made to be up."""
        if self.process is None:
            await self.up()
        instance = announced(self.path)
        if instance is None:
            message = "the instance has gone"
            raise RuntimeError(message)
        async with http_client(instance.url, locale="en") as http:
            yield Client(dict.fromkeys(SERVICES, http))

    async def settled_after(self, change: Callable[[Client], Awaitable[object]]) -> Taken:
        """Change something in the instance that is up, and wait until all that follows from it is done."""
        async with self.client() as client:
            assert self.process  # noqa: S101 -- by the client
            _forget_peak(self.process.pid)
            started = time.monotonic()
            await change(client)
            await settled(client, Quiet(), patience=TIME_SECONDS)
            return time.monotonic() - started, _peak(self.process.pid)

    async def edit(self, edit: Edit) -> Taken:
        """Edit a rule file as in an editor, and wait until it is in force and has taken effect."""
        path = self.path / "rules" / edit.file

        async def save(client: Client) -> None:
            """Save the file, and return when another version is in force."""
            version = (await client.get("/v1/rulesets/active"))["version"]
            words = path.read_text("utf-8")
            if edit.before not in words:
                message = f"{edit.before!r} is not in {edit.file}"
                raise RuntimeError(message)
            path.write_text(words.replace(edit.before, edit.after), "utf-8")
            while (await client.get("/v1/rulesets/active"))["version"] == version:
                self._require_running()
                await asyncio.sleep(POLL_SECONDS)

        return await self.settled_after(save)

    async def _start(self, *arguments: str) -> asyncio.subprocess.Process:
        with (self.path.parent / "scale.log").open("ab") as log:
            return await asyncio.create_subprocess_exec(
                *(str(GENJIN), *arguments, "--data", str(self.path)),
                env=environment(GENJIN_LOCALE="en", GENJIN_LOG_LEVEL="error"),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=log,
            )

    async def _to_the_end(self, process: asyncio.subprocess.Process) -> Taken:
        started, peak = time.monotonic(), 0.0
        try:
            while process.returncode is None:
                peak = max(peak, _peak(process.pid))
                with suppress(TimeoutError):
                    async with asyncio.timeout(POLL_SECONDS / 4):
                        await process.wait()
        finally:
            if process.returncode is None:
                process.terminate()
                await process.wait()
        if process.returncode:
            raise RuntimeError((self.path.parent / "scale.log").read_text("utf-8")[-300:])
        return time.monotonic() - started, peak

    def _is_announced(self) -> bool:
        instance = announced(self.path)
        return instance is not None and self.process is not None and instance.pid == self.process.pid

    def _require_running(self) -> None:
        if self.process is None or self.process.returncode is not None:
            raise RuntimeError((self.path.parent / "scale.log").read_text("utf-8")[-300:])


async def _import(place: Directory) -> Taken:
    people = ["name,manager", *(f"Person {n},{f'Person {n // 7}' if n else ''}" for n in range(PEOPLE))]
    customers = ["name,owner,intent,need_urgent,lifecycle", *map(_customer, range(place.customers))]
    for name, lines in (("people", people), ("customers", customers)):
        (place.path.parent / f"{name}.csv").write_text("\n".join(lines), "utf-8")
    await place.run("import", "people", str(place.path.parent / "people.csv"))
    return await place.run("import", "customers", str(place.path.parent / "customers.csv"))


def _customer(number: int) -> str:
    intent = ("high", "mid", "low")[number % 3]
    lifecycle = "prospect" if number % ONE_IN else "customer"
    return f"Customer {number},Person {number % PEOPLE},{intent},{number % 2 == 0},{lifecycle}"


async def _all(place: Directory) -> Taken:
    return await place.edit(ALL)


async def _few(place: Directory) -> Taken:
    return await place.edit(FEW)


async def _manager(place: Directory) -> Taken:
    async def change(client: Client) -> None:
        """Let someone else be the manager of a person who has customers."""
        people: list[dict[str, Any]] = [each async for each in client.items("/v1/people")]
        by_name = {person["name"]: person["person_id"] for person in people}
        async with http_client(_url(place), locale="en") as http:
            path = f"/v1/people/{by_name[f'Person {PEOPLE - 1}']}"
            answer = await http.patch(path, json={"manager_id": by_name["Person 1"]})
            _ = answer.raise_for_status()

    return await place.settled_after(change)


async def _calendar(place: Directory) -> Taken:
    return await place.edit(CALENDAR)


async def _downtime(place: Directory) -> Taken:
    return await place.up("--as-of", _after(timedelta(days=1)))


async def _everybody(place: Directory) -> Taken:
    return await place.run("up", "--once", "--as-of", _after(LATER))


async def _tasks(place: Directory) -> Taken:
    return await place.ask("tasks")


async def _tasks_json(place: Directory) -> Taken:
    return await place.ask("tasks", "--json")


async def _why(place: Directory) -> Taken:
    return await place.ask("why", "Customer 7")


async def _audit(place: Directory) -> Taken:
    return await place.ask("audit")


PATHS: tuple[tuple[str, bool, Callable[[Directory], Awaitable[Taken]]], ...] = (
    ("import of one file until settled", True, _import),
    ("an edit that concerns all", True, _all),
    ("an edit that concerns few", False, _few),
    ("another manager", False, _manager),
    ("a changed calendar", True, _calendar),
    ("start after a day of downtime", False, _downtime),
    ("genjin up --once, everyone due", True, _everybody),
    ("genjin tasks", False, _tasks),
    ("genjin tasks --json", False, _tasks_json),
    ("genjin why", False, _why),
    ("genjin audit", False, _audit),
)
"""Each path, and whether it concerns everyone."""


def _after(time_: timedelta) -> str:
    return (RunningClock().now() + time_).isoformat(timespec="seconds")


def _url(place: Directory) -> str:
    instance = announced(place.path)
    return instance.url if instance else ""


async def _bare_update(bench: Bench, count: int) -> float:
    async with bench.database("scale_bare") as url:
        engine = create_async_engine(url)
        async with engine.begin() as connection:
            for statement in _BARE:
                await connection.execute(text(statement.replace("{count}", str(count)).replace(":", r"\:")))
        started = time.monotonic()
        async with engine.begin() as connection:
            await connection.execute(text("update bare set next_check_at = now()"))
        seconds = time.monotonic() - started
        await engine.dispose()
    return seconds


def _peak(pid: int) -> float:
    """The most memory that a process had, in megabytes; 0 when it has gone."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text("utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / MEGABYTE
    return 0.0


def _forget_peak(pid: int) -> None:
    with suppress(OSError), os.fdopen(os.open(f"/proc/{pid}/clear_refs", os.O_WRONLY), "w") as file:
        file.write("5")
