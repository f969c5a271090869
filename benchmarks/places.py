"""Where it is measured: a PostgreSQL that keeps its promises, a broker of our own, services as processes."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aio_pika
from sqlalchemy import make_url, text

from services.client import Client, http_client
from services.hosting.databases import connected
from services.hosting.shipped import RULES
from services.hosting.wiring import BUILDS, build_services
from services.shared.clock import FrozenClock
from services.shared.database import Database
from services.shared.embedded_postgres import EmbeddedPostgres
from services.shared.messaging import (
    LOG_STREAM,
    UNROUTED,
    command_queue_of,
    dead_queue_of,
    declare_topology,
    queue_of,
)
from services.shared.settings import SERVICES, Settings
from tests.acceptance.deployment import ClockFile, Deployment, Replica
from tests.acceptance.story import local
from tests.postgres import execute, reachable_directory
from tests.rabbitmq import PrivateNode

AS_OF = "2025-06-30T18:00"
_KEYS = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


@dataclass(frozen=True)
class Bench:
    """A server and a broker on which everything is measured; `known`: rates that later measurements need."""

    directory: Path
    admin_url: str
    broker: PrivateNode
    is_quick: bool = False
    size: int | None = None
    known: dict[str, float] = field(default_factory=dict)

    def sized(self, count: int, *, least: int = 400) -> int:
        """How many it is of something: a tenth where it is to be quick."""
        return max(count // 10, least) if self.is_quick else count

    @asynccontextmanager
    async def database(self, name: str) -> AsyncIterator[str]:
        """Make an empty database and give the superuser's URL of it."""
        await execute(self.admin_url, f'create database "{name}"')
        try:
            yield make_url(self.admin_url).set(database=name).render_as_string(hide_password=False)
        finally:
            await execute(self.admin_url, f'drop database "{name}" with (force)')

    @asynccontextmanager
    async def place(self, name: str) -> AsyncIterator["Place"]:
        """Make a database with all services' tables, and an address at the broker with all queues."""
        async with self.database(name) as url:
            settings = Settings.load({"database_url": url, "encryption_keys": _KEYS})
            with self.broker.apart() as amqp_url:
                async with connected(url, BUILDS, settings) as databases:
                    directory = self.directory / name
                    directory.mkdir()
                    place = Place(directory, url, amqp_url, databases)
                    await place.declare(settings)
                    yield place


class Place:
    """Databases of all services, by name, and a virtual host at the broker, both empty.

    Business time stands still.
    """

    def __init__(
        self, directory: Path, database_url: str, amqp_url: str, databases: Mapping[str, Database]
    ) -> None:
        self.directory = directory
        self.database_url = database_url
        self.amqp_url = amqp_url
        self.databases = databases
        self.clock = ClockFile(directory / "clock", local(AS_OF))

    async def declare(self, settings: Settings) -> None:
        """Make the queues of all consumers anew: nothing that is said is unrouted, and nothing waits."""
        services = build_services(
            self.databases, clock=FrozenClock(self.clock.instant), settings=settings, is_alone=True
        )
        async with self.channel() as channel:
            for name in SERVICES:
                for queue in (queue_of(name), command_queue_of(name), dead_queue_of(name)):
                    await channel.queue_delete(queue)
            for queue in (LOG_STREAM, UNROUTED):
                await channel.queue_delete(queue)
        await declare_topology(self.amqp_url, [service.subscriptions for service in services.values()])

    def deployment(self, **counts: int) -> Deployment:
        """Processes of the services on this place, of which none is started yet."""
        settings = {
            "GENJIN_DATABASE_URL": self.database_url,
            "GENJIN_AMQP_URL": self.amqp_url,
            "GENJIN_RULES_DIR": str(RULES),
            "GENJIN_CLOCK_FILE": str(self.clock.path),
        }
        return Deployment(self.directory, settings=settings, counts=counts)

    async def scalar(self, service: str, statement: str) -> float:
        """Run a query of one number in a service's schema."""
        async with self.databases[service].session() as session:
            return float(await session.scalar(text(statement)) or 0)

    async def rows(self, service: str, statement: str) -> Sequence[Any]:
        """Run a query in a service's schema and return its rows."""
        async with self.databases[service].session() as session:
            return (await session.execute(text(statement))).all()

    async def execute(self, service: str, *statements: str) -> None:
        """Run statements in a service's schema and commit them."""
        async with self.databases[service].session() as session:
            for statement in statements:
                await session.execute(text(statement))
            await session.commit()

    @asynccontextmanager
    async def channel(self) -> AsyncIterator[aio_pika.abc.AbstractChannel]:
        """Open a channel of a plain connection."""
        async with await aio_pika.connect(self.amqp_url) as connection:
            yield await connection.channel()

    @asynccontextmanager
    async def queues(self, *names: str) -> AsyncIterator[aio_pika.abc.AbstractChannel]:
        """Make quorum queues, which are there until the context ends, and give a channel."""
        async with self.channel() as channel:
            for name in names:
                await channel.declare_queue(name, durable=True, arguments={"x-queue-type": "quorum"})
            try:
                yield channel
            finally:
                for name in names:
                    await channel.queue_delete(name)


@asynccontextmanager
async def bench(*, is_quick: bool, size: int | None = None) -> AsyncIterator[Bench]:
    """Start a server and a broker, and put both away afterwards."""
    with reachable_directory() as directory:
        (directory / "server").mkdir(mode=0o755)
        async with EmbeddedPostgres(directory / "server") as url:
            # So that the instant of every commit can be read afterwards.
            await execute(url, "alter system set track_commit_timestamp = on")
        async with EmbeddedPostgres(directory / "server") as url:
            with _broker() as broker:
                yield Bench(directory, url, broker, is_quick, size)


@contextmanager
def _broker() -> Iterator[PrivateNode]:
    node = PrivateNode()
    node.start()
    try:
        yield node
    finally:
        node.stop()


@asynccontextmanager
async def client_of(deployment: Deployment) -> AsyncIterator[Client]:
    """Give a client that speaks to each service where it answers."""
    async with AsyncExitStack() as doors:
        yield Client(
            {
                name: await doors.enter_async_context(http_client(url, locale="en"))
                for name, url in deployment.urls.items()
            }
        )


@contextmanager
def started(*replicas: Replica) -> Iterator[tuple[Replica, ...]]:
    """Start some processes, and end them when the context ends."""
    try:
        for replica in replicas:
            replica.start()
        yield replicas
    finally:
        for replica in replicas:
            replica.stop()


@contextmanager
def running(*replicas: Replica) -> Iterator[None]:
    """Run some processes for as long as the context lasts, from when they answer."""
    with started(*replicas):
        for replica in replicas:
            replica.wait_until_it_answers()
        yield
