"""Fixtures for all tests: real PostgreSQL and a real broker, got where they are missing, never skipped."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings

from services.shared.database import Database
from tests.postgres import SERVICES, Template, reachable_directory, running_server
from tests.rabbitmq import PrivateNode

# Speed is measured by the benchmarks: a machine that is busy breaks no law.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@dataclass(frozen=True)
class Broker:
    """A broker that somebody else runs."""

    url: str


LONG = {"acceptance", "deploy"}
"""Where tests take long: they begin first, so that no worker is left with one of them at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long tests first; the order is otherwise as it comes."""
    items.sort(key=lambda item: LONG.isdisjoint(item.path.parts))


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The superuser's URL of a PostgreSQL server: GENJIN_TEST_DATABASE_URL, or our own embedded one."""
    with running_server() as url:
        yield url


@pytest.fixture(scope="session")
def migrated_template(postgres_url: str) -> Iterator[Template]:
    """A database in which every service is migrated to its newest version."""
    template = asyncio.run(Template.make(postgres_url, services=SERVICES, migrated=True))
    yield template
    asyncio.run(template.drop())


@pytest.fixture(scope="session")
def plain_template(postgres_url: str) -> Iterator[Template]:
    """A database of two services, `here` and `there`, that have only the tables every service has."""
    template = asyncio.run(Template.make(postgres_url, services=("here", "there"), migrated=False))
    yield template
    asyncio.run(template.drop())


@pytest.fixture
async def databases(migrated_template: Template) -> AsyncIterator[dict[str, Database]]:
    """Every service's database, by the service's name, empty and for this test alone."""
    async with migrated_template.copy() as databases:
        yield databases


@pytest.fixture
async def fresh_databases(plain_template: Template) -> AsyncIterator[dict[str, Database]]:
    """Two services' databases, `here` and `there`, with only the tables that every service has."""
    async with plain_template.copy() as databases:
        yield databases


@pytest.fixture
async def fresh_database(fresh_databases: dict[str, Database]) -> Database:
    """A service's database with only the tables that every service has."""
    return fresh_databases["here"]


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A path for a data directory, not there yet, that the embedded database can use also as root."""
    with reachable_directory() as directory:
        yield directory / "data"


@pytest.fixture(scope="session")
def private_broker() -> Iterator[PrivateNode]:
    """The node behind `private_rabbitmq`; ask for that one."""
    node = PrivateNode()
    node.start()
    yield node
    node.stop()


@pytest.fixture
def private_rabbitmq(private_broker: PrivateNode) -> PrivateNode:
    """A running broker of our own, which a test may `kill()` and `restart()`."""
    private_broker.start()
    return private_broker


@pytest.fixture
def rabbitmq(request: pytest.FixtureRequest) -> Broker | PrivateNode:
    """A broker to publish and subscribe on, by its `url`: GENJIN_TEST_AMQP_URL, or our own node."""
    if named := os.environ.get("GENJIN_TEST_AMQP_URL"):
        return Broker(named)
    node = request.getfixturevalue("private_rabbitmq")
    assert isinstance(node, PrivateNode)
    return node
