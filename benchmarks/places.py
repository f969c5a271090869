"""Where it is measured: a PostgreSQL that keeps its promises, a broker of our own, services as processes."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import make_url, text

from services.hosting.databases import connected
from services.hosting.shipped import RULES
from services.hosting.wiring import BUILDS
from services.shared.database import Database
from services.shared.embedded_postgres import EmbeddedPostgres
from services.shared.settings import Settings
from tests.acceptance.deployment import ClockFile, Deployment, Replica
from tests.acceptance.story import local
from tests.postgres import execute, reachable_directory
from tests.rabbitmq import PrivateNode

AS_OF = "2025-06-30T18:00"


@dataclass(frozen=True)
class Bench:
    """A server and a broker on which everything is measured."""

    directory: Path
    admin_url: str
    broker: PrivateNode

    @asynccontextmanager
    async def place(self, name: str) -> AsyncIterator["Place"]:
        """Make a database of its own with all services' tables, and an address at the broker."""
        await execute(self.admin_url, f'create database "{name}"')
        url = make_url(self.admin_url).set(database=name).render_as_string(hide_password=False)
        settings = Settings.load({"database_url": url})
        try:
            with self.broker.apart() as amqp_url:
                async with connected(url, BUILDS, settings) as databases:
                    directory = self.directory / name
                    directory.mkdir()
                    yield Place(directory, url, amqp_url, databases)
        finally:
            await execute(self.admin_url, f'drop database "{name}" with (force)')


@dataclass(frozen=True)
class Place:
    """Databases of all services, by name, and a virtual host at the broker, both empty."""

    directory: Path
    database_url: str
    amqp_url: str
    databases: Mapping[str, Database]

    @property
    def clock(self) -> ClockFile:
        """Business time, which stands still."""
        return ClockFile(self.directory / "clock", local(AS_OF))

    def deployment(self, **counts: int) -> Deployment:
        """Processes of the services on this place; only those are made of which there is a number."""
        settings = {
            "GENJIN_DATABASE_URL": self.database_url,
            "GENJIN_AMQP_URL": self.amqp_url,
            "GENJIN_RULES_DIR": str(RULES),
            "GENJIN_CLOCK_FILE": str(self.clock.path),
            "GENJIN_LOG_LEVEL": "warning",
        }
        return Deployment(self.directory, settings=settings, counts={**dict.fromkeys(BUILDS, 0), **counts})

    async def scalar(self, service: str, statement: str) -> int:
        """Run a query of one number in a service's schema."""
        async with self.databases[service].session() as session:
            return int(await session.scalar(text(statement)) or 0)


@asynccontextmanager
async def bench() -> AsyncIterator[Bench]:
    """Start a server and a broker, and put both away afterwards."""
    with reachable_directory() as directory:
        (directory / "server").mkdir()
        async with EmbeddedPostgres(directory / "server") as url:
            # So that the instant of every commit can be read afterwards.
            await execute(url, "alter system set track_commit_timestamp = on")
        async with EmbeddedPostgres(directory / "server") as url:
            with _broker() as broker:
                yield Bench(directory, url, broker)


@contextmanager
def _broker() -> Iterator[PrivateNode]:
    node = PrivateNode()
    node.start()
    try:
        yield node
    finally:
        node.stop()


@contextmanager
def running(*replicas: Replica) -> Iterator[None]:
    """Run some processes for as long as the context lasts."""
    try:
        for replica in replicas:
            replica.start()
        for replica in replicas:
            replica.wait_until_it_answers()
        yield
    finally:
        for replica in replicas:
            replica.stop()
