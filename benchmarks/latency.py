"""How long a change takes from its owner's commit to the work item's, at half of what can be done."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from random import Random
from uuid import UUID

from benchmarks import whole_path
from benchmarks.bare_path import bare_seconds
from benchmarks.pacing import paced
from benchmarks.places import Bench, Place, running
from benchmarks.population import NOW, TEMPLATES, Population, copied, populate
from benchmarks.table import Finding, percentiles
from benchmarks.whole_path import COMMITTED, WORK_ITEMS
from contracts.vocabulary import OpportunityStage
from services.opportunities.handlers.opportunities import create_opportunity
from services.shared.cursors import BrokerCursor
from services.shared.messaging import Publisher
from services.shared.unit_of_work import unit_of_work

CUSTOMERS = 10_000
SECONDS = 30.0
QUIET = 10.0
"""Changes per second of an organisation at work; the processes have nothing else to do."""

WARM_UP = 100
"""Changes that come first and are not counted."""

PATIENCE_SECONDS = 120


async def measure(bench: Bench) -> list[Finding]:
    """Median and 99th percentile when little happens, and at half of what the whole path can do."""
    if whole_path.KNOWN not in bench.known:
        await whole_path.measure(bench)
    half = bench.known[whole_path.KNOWN] / 2
    return [*await _at(bench, QUIET, goal=""), *await _at(bench, half, goal="<= 2")]


async def _at(bench: Bench, rate: float, *, goal: str) -> list[Finding]:
    """Against the same hops and commits made bare at the same rate."""
    count = WARM_UP + int(rate * (SECONDS / 3 if bench.is_quick else SECONDS))
    async with bench.place(f"latency_{rate:.0f}") as place:
        population = await populate(place, max(bench.sized(CUSTOMERS), TEMPLATES * (count // TEMPLATES + 1)))
        seconds = await _through_services(population, rate, count)
        bare = await bare_seconds(place, rate, count)
    median, worst = percentiles(seconds)
    bare_median, bare_worst = percentiles(bare[WARM_UP:])
    at = f"at {rate:.0f} changes/s"
    return [
        Finding(f"commit to work item, median {at}", 1000 * median, "ms", 1000 * bare_median, goal),
        Finding(f"commit to work item, p99 {at}", 1000 * worst, "ms", 1000 * bare_worst, goal),
    ]


async def _through_services(population: Population, rate: float, count: int) -> list[float]:
    """The owner is this process; rules and followups are processes of their own."""
    place = population.place
    database = place.databases["opportunities"]
    deployment = place.deployment()
    customers = Random(1).sample(range(population.customers), count)

    async def change(number: int) -> None:
        async with unit_of_work(database, now=NOW) as unit:
            await create_opportunity(_stalled(population, customers[number]), unit)

    with running(*deployment.replicas["rules"], *deployment.replicas["followups"]):
        async with _publishing(place):
            await paced(count, rate, change)
            await _worked_off(place, count)
    return await _between_commits(place)


@asynccontextmanager
async def _publishing(place: Place) -> AsyncIterator[None]:
    publisher = Publisher(place.amqp_url, service="opportunities")
    cursor = BrokerCursor(place.databases["opportunities"], publisher.publish)
    publishing = asyncio.create_task(cursor.run())
    try:
        yield
    finally:
        publishing.cancel()
        await asyncio.gather(publishing, return_exceptions=True)
        await publisher.close()


def _stalled(population: Population, number: int) -> dict[str, object]:
    """An opportunity of a customer, in its stage for 30 days."""
    template = population.opportunities[number % TEMPLATES]
    customer_id: UUID = copied(template.customer_id, number // TEMPLATES)
    return {
        "customer_id": customer_id,
        "name": f"Deal {number}",
        "owner_id": template.owner_id,
        "stage": OpportunityStage.PROPOSAL,
        "stage_entered_at": NOW - timedelta(days=30),
    }


async def _worked_off(place: Place, count: int) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (seen := await place.scalar("followups", f"select count(*) from {WORK_ITEMS}")) < count:
        if time.monotonic() > deadline:
            message = f"there are {seen:.0f} work items for {count} opportunities"
            raise TimeoutError(message)
        await asyncio.sleep(0.1)


async def _between_commits(place: Place) -> list[float]:
    """Seconds from the commit of each opportunity to the commit of its work item, without the first ones."""
    begun = await _instants(place, "opportunities", "opportunity_id", "opportunities")
    ended = await _instants(place, "followups", "state->'subject'->>'id'", WORK_ITEMS)
    ordered = sorted((instant, key) for key, instant in begun.items())
    return [ended[key] - instant for instant, key in ordered[WARM_UP:]]


async def _instants(place: Place, service: str, key: str, table: str) -> dict[str, float]:
    rows = await place.rows(service, f"select ({key})::text, {COMMITTED} from {table}")
    return {row[0]: row[1] for row in rows}
