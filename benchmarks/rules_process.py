"""Messages through the rules service as a process, beside a bare loop that only consumes and publishes."""

import asyncio
import time
from collections.abc import Iterable, Sequence

from benchmarks.bare_loop import through_bare_loop
from benchmarks.places import Bench, Place, started
from benchmarks.population import Population, populate
from benchmarks.table import Finding
from services.shared.cloud_events import binary_mode
from services.shared.event_log import Stored
from services.shared.messaging import queue_of
from tests.acceptance.deployment import Replica

MESSAGES = 6_000
CUSTOMERS = 20_000
PATIENCE_SECONDS = 600
POLL_SECONDS = 0.05

_HANDLED = """
select coalesce((select sum(position) from inbox_watermark), 0) + (select count(*) from inbox_ahead)
"""


async def measure(bench: Bench) -> list[Finding]:
    """Messages per second: one rules process and two, against the bare loop with the same messages."""
    count = bench.sized(MESSAGES)
    async with bench.place("rules_process") as place:
        population = await populate(place, bench.sized(CUSTOMERS))
        bare = await _bare(place, population, count)
        quiet = await through_rules(population, replicas=1, first=1, stalled=False, count=count)
        two = await through_rules(population, replicas=2, first=2, stalled=False, count=count)
        raising = await through_rules(population, replicas=1, first=3, stalled=True, count=count)
        again = await _bare(place, population, count)
    baseline, goal = (bare + again) / 2, ">= 0.8"
    return [
        Finding("one rules process, nothing to say", quiet, "messages/s", baseline, goal),
        Finding("one rules process, each raises a task", raising, "messages/s", baseline, goal),
        Finding("two rules processes against one", two, "messages/s", quiet),
    ]


async def through_rules(
    population: Population, *, replicas: int, first: int, stalled: bool, count: int = MESSAGES
) -> float:
    """Messages per second that rules processes handle; the queue is full when they start.

    `first` is another number each time, so that the messages are news.
    """
    place = population.place
    await place.execute("rules", "truncate inbox_watermark, inbox_ahead")
    await send(place, population.messages(count, stalled=stalled, first=first), to=queue_of("rules"))
    deployment = place.deployment(rules=replicas)
    with started(*deployment.replicas["rules"]) as processes:
        return await _rate(place, count, processes)


async def send(place: Place, events: Iterable[Stored], *, to: str) -> None:
    """Put events into a queue as they are published."""
    async with place.channel() as channel:
        underlay = await channel.get_underlay_channel()
        for batch in _batches(list(events), 500):
            await asyncio.gather(
                *(
                    underlay.basic_publish(each.body, routing_key=to, properties=each.properties)
                    for each in map(binary_mode, batch)
                )
            )


async def _rate(place: Place, count: int, processes: Sequence[Replica]) -> float:
    """The slope between the first tenth and the end, without the start of the processes."""
    begun: tuple[float, float] | None = None
    deadline = time.monotonic() + PATIENCE_SECONDS
    handled = 0.0
    while time.monotonic() < deadline and all(process.is_running() for process in processes):
        handled = await place.scalar("rules", _HANDLED)
        now = time.monotonic()
        if handled >= count and begun:
            return (count - begun[1]) / (now - begun[0])
        if begun is None and handled >= count // 10:
            begun = now, handled
        await asyncio.sleep(POLL_SECONDS)
    message = f"only {handled:.0f} of {count} messages were handled"
    raise TimeoutError(message)


async def _bare(place: Place, population: Population, count: int) -> float:
    events = list(population.messages(count, stalled=False, first=9))
    return await through_bare_loop(place, count, lambda queue: send(place, events, to=queue))


def _batches(events: Sequence[Stored], size: int) -> Iterable[Sequence[Stored]]:
    return (events[start : start + size] for start in range(0, len(events), size))
