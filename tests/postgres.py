"""Databases for the tests: one server per run, templates migrated once, a fresh copy for each test."""

import asyncio
import json
import os
import secrets
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from services.shared.database import Database, shared_metadata
from services.shared.embedded_postgres import EmbeddedPostgres
from services.shared.event_log import seed_heads
from services.shared.migrations import migrate
from services.shared.provision import provision

SERVICES = ("customers", "followups", "opportunities", "rules")


@contextmanager
def reachable_directory() -> Iterator[Path]:
    """Give an empty directory that every account may enter, and leave neither files nor servers behind.

    pytest's own directories are closed to all but us, and as root we do not run PostgreSQL ourselves.
    """
    directory = Path(tempfile.mkdtemp(prefix="genjin-test-", dir="/tmp"))  # made by mkdtemp
    directory.chmod(0o711)
    try:
        yield directory
    finally:
        for pid_file in directory.rglob("postmaster.pid"):
            _end_server(pid_file)
        for record in directory.rglob("postgres.json"):
            _remove_socket(record)
        shutil.rmtree(directory)


@contextmanager
def running_server() -> Iterator[str]:
    """Give the superuser's URL of the server to test on: the one named in the environment, or our own."""
    if named := os.environ.get("GENJIN_TEST_DATABASE_URL"):
        yield make_url(named).set(drivername="postgresql+asyncpg").render_as_string(hide_password=False)
        return
    with reachable_directory() as directory:
        server = EmbeddedPostgres(directory)
        url = asyncio.run(server.start())
        # Nothing in here outlives the run, so nobody waits for the disk.
        asyncio.run(execute(url, "alter system set fsync = off", "select pg_reload_conf()"))
        try:
            yield url
        finally:
            asyncio.run(server.stop())


@dataclass(frozen=True)
class Template:
    """A database with schemas and tables, of which copies are made, and who may use them: service to URL."""

    admin_url: str
    name: str
    service_urls: Mapping[str, str]

    @classmethod
    async def make(cls, admin_url: str, *, services: tuple[str, ...], migrated: bool) -> "Template":
        """Make a template whose services are migrated, or have only the tables that every service has."""
        name = f"genjin_template_{secrets.token_hex(6)}"
        async with _taking_turns(admin_url):
            urls = await provision(admin_url, services=services, database=name)
        for service, url in urls.items():
            database = Database.connect(url, schema=service)
            await (migrate(database) if migrated else _create_shared_tables(database))
            await database.dispose()
        return cls(admin_url, name, urls)

    @asynccontextmanager
    async def copy(self) -> AsyncIterator[dict[str, Database]]:
        """Give the services' databases in a fresh copy, which is dropped afterwards."""
        name = f"genjin_test_{secrets.token_hex(6)}"
        await execute(self.admin_url, f'create database "{name}" template "{self.name}" strategy file_copy')
        databases = {
            service: Database.connect(_at(url, name), schema=service)
            for service, url in self.service_urls.items()
        }
        try:
            yield databases
        finally:
            for database in databases.values():
                await database.dispose()
            await execute(self.admin_url, f'drop database "{name}" with (force)')

    async def drop(self) -> None:
        """Remove the template."""
        await execute(self.admin_url, f'drop database "{self.name}" with (force)')


async def execute(url: str, *statements: str) -> None:
    """Run statements one by one, each for itself, as making and dropping databases needs."""
    engine = create_async_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        for statement in statements:
            await connection.exec_driver_sql(statement)
    await engine.dispose()


def _at(url: str, database: str) -> str:
    return make_url(url).set(database=database).render_as_string(hide_password=False)


async def _create_shared_tables(database: Database) -> None:
    async with database.engine.begin() as connection:
        await connection.run_sync(shared_metadata.create_all)
        await seed_heads(connection)


@asynccontextmanager
async def _taking_turns(admin_url: str) -> AsyncIterator[None]:
    # Roles belong to the whole server, and parallel workers may share one.
    engine = create_async_engine(admin_url, poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.execute(text("select pg_advisory_lock(hashtext('genjin.tests'))"))
        yield
    await engine.dispose()


def _end_server(pid_file: Path) -> None:
    cluster = pid_file.parent
    pid = int(pid_file.read_text(encoding="utf-8").partition("\n")[0])
    deadline = time.monotonic() + 30
    with suppress(OSError):
        while Path(f"/proc/{pid}/cwd").readlink() == cluster and time.monotonic() < deadline:
            os.kill(pid, signal.SIGQUIT)
            threading.Event().wait(0.05)


def _remove_socket(record: Path) -> None:
    # It lies elsewhere where the path of the data directory is too long for one.
    with suppress(ValueError, OSError):
        socket = Path(json.loads(record.read_text(encoding="utf-8"))["socket"])
        if socket.name.startswith("genjin-"):
            socket.rmdir()
