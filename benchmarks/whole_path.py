"""From a change that its owner committed to the work item: four processes, a broker, a database."""

import asyncio
import time
from collections.abc import Iterator
from datetime import timedelta

from benchmarks.places import Bench, Place, client_of
from benchmarks.population import NOW
from benchmarks.table import Finding
from services.client import Client
from services.loading import import_file, load
from services.shared.imports.requests import ImportRequest
from tests.acceptance.deployment import Deployment
from tests.acceptance.story import Quiet

OPPORTUNITIES = 4_000
PEOPLE = 20
PATIENCE_SECONDS = 600

KNOWN = "changes per second through the whole path"
"""What later measurements find of this one."""

WORK_ITEMS = "tasks where state->>'rule' = 'opportunity_stalled'"

COMMITTED = "extract(epoch from pg_xact_commit_timestamp(xmin))::float8"


async def measure(bench: Bench) -> list[Finding]:
    """Stalled opportunities per second, from the first owner's commit to the last work item's."""
    count = bench.sized(OPPORTUNITIES)
    async with bench.place("whole_path") as place:
        deployment = place.deployment()
        with deployment.running():
            seconds = await _import(place, deployment, count)
        events = await _said(place)
    bench.known[KNOWN] = count / seconds
    return [
        Finding(f"whole path, {count:,} changes", count / seconds, "changes/s"),
        Finding("events said on it, by all services", events / seconds, "events/s"),
    ]


async def _import(place: Place, deployment: Deployment, count: int) -> float:
    async with client_of(deployment) as client:
        await _enter_customers(client, count)
        await place.execute("rules", "analyze")
        wanted = ImportRequest(
            what="opportunities", file="opportunities.csv", content="\n".join(_opportunities(count)).encode()
        )
        imported = await import_file(client, wanted, Quiet())
    if (created := imported.report["counts"]["created"]) != count:
        message = f"{created} opportunities were made, not {count}"
        raise RuntimeError(message)
    await _worked_off(place, count)
    first = await place.scalar("opportunities", f"select min({COMMITTED}) from opportunities")
    last = await place.scalar("followups", f"select max({COMMITTED}) from {WORK_ITEMS}")
    return last - first


async def _enter_customers(client: Client, count: int) -> None:
    people = ["name,manager", *(f"Person {n},{f'Person {n // 4}' if n else ''}" for n in range(PEOPLE))]
    day = f"{NOW - timedelta(days=1):%Y-%m-%d %H:%M}"
    customers = ["name,owner,intent", *(f"Customer {n},Person {n % PEOPLE},mid" for n in range(count))]
    follow_ups = [
        "customer,person,occurred_at,channel",
        *(f"Customer {n},Person {n % PEOPLE},{day},call" for n in range(count)),
    ]
    files = {"people": people, "customers": customers, "follow_ups": follow_ups}
    requests = [
        ImportRequest(what=what, file=f"{what}.csv", content="\n".join(lines).encode())
        for what, lines in files.items()
    ]
    await load(client, requests, Quiet())


def _opportunities(count: int) -> Iterator[str]:
    """One for each customer, in its stage for 30 days."""
    yield "customer,name,owner,stage,stage_entered_at"
    entered = f"{NOW - timedelta(days=30):%Y-%m-%d}"
    for number in range(count):
        yield f"Customer {number},Deal {number},Person {number % PEOPLE},proposal,{entered}"


async def _worked_off(place: Place, count: int) -> None:
    """Wait until there is a work item for each opportunity."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    seen = 0.0
    while seen < count:
        if time.monotonic() > deadline:
            message = f"there are work items for {seen:.0f} of {count} opportunities"
            raise TimeoutError(message)
        await asyncio.sleep(0.1)
        seen = await place.scalar("followups", f"select count(*) from {WORK_ITEMS}")


async def _said(place: Place) -> float:
    """Events from the first opportunity on."""
    begun = await place.scalar("opportunities", f"select min({COMMITTED}) from event_log")
    later = f"select count(*) from event_log where {COMMITTED} >= {begun!r}"
    return sum([await place.scalar(name, later) for name in place.databases])
