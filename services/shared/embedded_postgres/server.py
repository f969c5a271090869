"""A real PostgreSQL inside a data directory, without container, network or root."""

import asyncio
import os
import threading
from pathlib import Path
from types import TracebackType

from sqlalchemy import URL

from services.shared.data_directory import hold_lock
from services.shared.embedded_postgres.account import Account
from services.shared.embedded_postgres.binaries import programs
from services.shared.embedded_postgres.cluster import SUPERUSER, Cluster
from services.shared.embedded_postgres.errors import DatabaseInUseError, NoPlaceForDatabaseError
from services.shared.embedded_postgres.home import REFUGE, Home, find_home
from services.shared.errors import SystemCause

PATIENCE_SECONDS = 120
"""How long a start may take: recovery after a crash reads again all that was not yet in its place."""


class EmbeddedPostgres:
    """The database of one data directory, which the caller holds (`DataDirectory`).

    `refuge` is where root keeps cluster and programs that the server's account could not reach otherwise.
    Used as an asynchronous context manager it starts, gives its URL and stops.
    """

    def __init__(self, data_dir: Path, *, refuge: Path = REFUGE) -> None:
        self._data_dir = data_dir.absolute()
        self._refuge = refuge
        self._cluster: Cluster | None = None
        self._lock = -1
        self._one_at_a_time = threading.Lock()

    async def start(self) -> str:
        """Start the server, or take over one that outlived its process; return the superuser's URL.

        The first start makes the cluster. Raises RefusedError subclasses, each with its reason.
        """
        try:
            return await asyncio.to_thread(self._start)
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Stop the server; returns when everything is on disk. Twice does no harm."""
        await asyncio.to_thread(self._stop)

    async def __aenter__(self) -> str:
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def _start(self) -> str:
        with self._one_at_a_time:
            home, account = find_home(self._data_dir, refuge=self._refuge)
            self._hold(home)
            self._cluster = self._whole_cluster(home, account)
            self._cluster.start()
            return _url(home)

    def _stop(self) -> None:
        with self._one_at_a_time:
            if self._cluster:
                self._cluster.stop()
                self._cluster = None
            if self._lock >= 0:
                os.close(self._lock)
                self._lock = -1

    def _whole_cluster(self, home: Home, account: Account) -> Cluster:
        try:
            cluster = Cluster(home, account, programs(account, self._refuge), PATIENCE_SECONDS)
            if not home.cluster.is_dir():
                cluster.create()
            home.made_ready()
        except OSError as error:
            raise NoPlaceForDatabaseError(path=home.directory, reason=SystemCause(error.errno)) from error
        return cluster

    def _hold(self, home: Home) -> None:
        # A copied data directory names the same cluster as the original.
        if self._lock >= 0:
            return
        try:
            self._lock = hold_lock(home.directory / "lock")
        except BlockingIOError as error:
            raise DatabaseInUseError(home=home.directory) from error


def _url(home: Home) -> str:
    # The port is named because PGPORT would be believed otherwise.
    url = URL.create(
        "postgresql+asyncpg",
        username=SUPERUSER,
        database="postgres",
        query={"host": str(home.socket), "port": "5432"},
    )
    return url.render_as_string(hide_password=False)
