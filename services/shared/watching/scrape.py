"""/metrics: what was counted as it happened, and the state of logs, inboxes and letters at this moment.

The state is read from the databases when it is asked for, so it is right also when nothing happens. A
service tells of its own log and of what its own consumer has handled. Lag is the difference, which
who asks makes: the source and the consumer may be two processes.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from fastapi import APIRouter, Response
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector
from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.pool import QueuePool

from contracts.envelope import SHARDS
from services.shared import event_log, inbox
from services.shared.database import Database, DatabaseAwayError, dead_letters, delivery_cursor
from services.shared.delivery import Subscriptions
from services.shared.metrics import REGISTRY
from services.shared.readiness import Check, find

SCRAPE_SECONDS = 5.0
"""After which the state of a service is left out of the answer."""

Measure = Callable[[], Awaitable[Iterable[Metric]]]
"""Asks for the state of something; raises TransientError, or nothing, when that is away."""

Samples = Mapping[tuple[str, ...], float]


class Watched(Protocol):
    """A service, as far as its state is told here; `measures` are what it has to tell of its own."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def database(self) -> Database:
        """Its database."""

    @property
    def subscriptions(self) -> Subscriptions:
        """What it hears."""

    @property
    def measures(self) -> Sequence[Measure]:
        """What it has to tell of its own."""


def gauge(name: str, meaning: str, labels: tuple[str, ...], samples: Samples) -> Metric:
    """Return a gauge with a sample for each set of labels."""
    family = GaugeMetricFamily(name, meaning, labels=labels)
    for values, value in samples.items():
        family.add_metric(values, value)
    return family


def metrics_router(
    services: Iterable[Watched], *, checks: Iterable[Check] = (), measures: Iterable[Measure] = ()
) -> APIRouter:
    """Return the route that Prometheus reads, over all services of a process.

    `checks` are those of /readyz; `measures` what is to be asked beside the services, like the broker.
    """
    router = APIRouter(tags=["health"])
    watched, asked, beside = tuple(services), tuple(checks), tuple(measures)

    @router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
    async def read_metrics() -> Response:
        """Everything that is counted and measured, in the text format of Prometheus."""
        now = _Now(await _state(watched, asked, beside))
        present = CollectorRegistry()
        present.register(now)
        content = generate_latest(REGISTRY) + generate_latest(present)
        return Response(content, media_type=CONTENT_TYPE_PLAIN_0_0_4)

    return router


class _Now(Collector):
    """What was found at this moment; samples of the same name from several services become one family."""

    def __init__(self, found: Iterable[Metric]) -> None:
        self._families: dict[str, Metric] = {}
        for metric in found:
            self._families.setdefault(metric.name, metric)
            if self._families[metric.name] is not metric:
                self._families[metric.name].samples += metric.samples

    def collect(self) -> Iterator[Metric]:
        """Give each family."""
        yield from self._families.values()


async def _state(
    services: Sequence[Watched], checks: Sequence[Check], measures: Sequence[Measure]
) -> list[Metric]:
    asked = [*(_service(service) for service in services), *map(_measured, measures), _readiness(checks)]
    return [metric for found in await asyncio.gather(*asked) for metric in found]


async def _readiness(checks: Sequence[Check]) -> list[Metric]:
    findings = await find(checks)
    samples: dict[tuple[str, ...], float] = {(f.name,): float(f.is_ok) for f in findings}
    return [gauge("genjin_ready", "Whether a check of /readyz is content.", ("check",), samples)]


async def _measured(measure: Measure) -> list[Metric]:
    async with asyncio.timeout(SCRAPE_SECONDS):
        return list(await measure())


async def _service(service: Watched) -> list[Metric]:
    found: list[Metric] = [_connections(service)]
    is_up = True
    try:
        async with asyncio.timeout(SCRAPE_SECONDS), service.database.session() as session:
            found += [
                *await _log(session, service.name),
                await _handled(session, service.subscriptions),
                *await _letters(session, service.subscriptions.consumer),
            ]
        for measure in service.measures:
            found += await _measured(measure)
    except (DatabaseAwayError, TimeoutError):
        is_up = False
    up = gauge("genjin_database_up", "Whether the database answers.", ("service",), {(service.name,): is_up})
    return [*found, up]


async def _log(session: AsyncSession, service: str) -> list[Metric]:
    heads = await event_log.heads(session)
    table = delivery_cursor.c
    rows = await session.execute(select(table.destination, table.shard, table.position))
    lag: dict[tuple[str, ...], float] = {}
    for destination, shard, position in rows:
        key = (service, destination)
        lag[key] = lag.get(key, 0.0) + heads.get(shard, 0) - position
    return [
        gauge(
            "genjin_log_head",
            "The last position of a service's log, by shard.",
            ("service", "shard"),
            {(service, str(shard)): float(head) for shard, head in heads.items()},
        ),
        gauge(
            "genjin_cursor_lag",
            "Events of a service's log that have not reached a destination.",
            ("service", "destination"),
            lag,
        ),
    ]


async def _handled(session: AsyncSession, subscriptions: Subscriptions) -> Metric:
    handled = await inbox.handled(session, subscriptions.consumer)
    return gauge(
        "genjin_consumer_handled",
        "How many positions of a source's log a consumer has handled, by shard.",
        ("consumer", "source", "shard"),
        {
            (subscriptions.consumer, source, str(shard)): float(handled.get((source, shard), 0))
            for source in subscriptions.sources
            for shard in range(SHARDS)
        },
    )


async def _letters(session: AsyncSession, consumer: str) -> list[Metric]:
    table = dead_letters.c
    state = case(
        (table.discarded_at.is_not(None), "discarded"),
        (table.next_try_at.is_not(None), "waiting"),
        else_="parked",
    )
    age = func.extract("epoch", func.now() - func.min(table.created_at))
    grouped = select(table.consumer, state, func.count(), age).group_by(table.consumer, state)
    rows = await session.execute(grouped)
    counts: dict[tuple[str, ...], float] = {(consumer, each): 0.0 for each in ("waiting", "parked")}
    oldest: dict[tuple[str, ...], float] = {(consumer,): 0.0}
    for name, found, count, seconds in rows:
        counts[name, found] = float(count)
        if found != "discarded":
            oldest[name,] = max(oldest.get((name,), 0.0), float(seconds))
    return [
        gauge(
            "genjin_dead_letters",
            "Messages that could not be handled: waiting for a try, parked for an operator, discarded.",
            ("consumer", "state"),
            counts,
        ),
        gauge(
            "genjin_dead_letters_oldest_seconds",
            "The age of the oldest one that is waiting or parked.",
            ("consumer",),
            oldest,
        ),
    ]


def _connections(service: Watched) -> Metric:
    pool = service.database.engine.pool
    samples: dict[tuple[str, ...], float] = {}
    if isinstance(pool, QueuePool):
        samples = {
            (service.name, "in_use"): float(pool.checkedout()),
            (service.name, "idle"): float(pool.checkedin()),
        }
    return gauge("genjin_database_connections", "Connections to the database.", ("service", "state"), samples)
