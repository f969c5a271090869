"""The four services as processes of their own, on a database, a broker and a clock that the test moves."""

import multiprocessing
import os
import signal
import socket
import sys
import time
from collections import ChainMap
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import aio_pika
import httpx
import pytest
from cryptography.fernet import Fernet

from services import cli
from services.client import UnknownRouteError, owner_of
from services.shared.settings import SERVICES

PATIENCE_SECONDS = 120.0

# What takes long is importing: one process does it, and the services are forked from that.
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["services.cli.operation"])


_KINDS = ("", ".commands", ".dead")
"""Of queues that each service has."""


class ClockFile:
    """Business time in a file, which all processes read."""

    def __init__(self, path: Path, instant: datetime) -> None:
        self.path = path
        self.instant = instant

    @property
    def instant(self) -> datetime:
        """The instant it is."""
        return datetime.fromisoformat(self.path.read_text("utf-8"))

    @instant.setter
    def instant(self, instant: datetime) -> None:
        aside = self.path.with_suffix(".new")
        aside.write_text(instant.isoformat(), "utf-8")
        aside.replace(self.path)


class Replica:
    """One process of a service, on a port of its own."""

    def __init__(self, service: str, settings: Mapping[str, str], said: Path) -> None:
        self.service = service
        self.said = said
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self._settings = settings
        self._process: Any = None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """The id of its process."""
        return int(self._process.pid)

    def start(self) -> None:
        """Start it and return at once."""
        arguments = ["genjin", "serve", self.service, "--port", str(self.port)]
        self._process = _PROCESSES.Process(
            target=_run, args=(arguments, dict(self._settings), self.said), daemon=True
        )
        self._process.start()

    def kill(self) -> None:
        """End it with SIGKILL."""
        self._process.kill()
        self._process.join()

    def freeze(self) -> None:
        """Let it stand still where it is, connections open."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        os.kill(self.pid, signal.SIGCONT)

    def stop(self) -> int:
        """End it in good order and return its exit status."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)
        self._process.join(PATIENCE_SECONDS)
        return int(self._process.exitcode)

    def is_running(self) -> bool:
        """Whether its process is there."""
        return self._process is not None and self._process.is_alive()

    def wait_until_it_answers(self) -> None:
        """Return when it serves; what it said when it ends instead fails the test."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self._answers():
            if not self.is_running() or time.monotonic() > deadline:
                pytest.fail(f"{self.service} does not serve: {self.said.read_text('utf-8')[-3000:]}")
            self._process.join(0.02)

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/healthz", trust_env=False).is_success
        except httpx.TransportError:
            return False


class Deployment:
    """Replicas of all services; the first of each is the one that clients speak to.

    `settings` are those of all services, `own` what a service has beside them or instead, by its name.
    """

    def __init__(
        self,
        directory: Path,
        *,
        settings: Mapping[str, str],
        counts: Mapping[str, int] | None = None,
        own: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        self.settings = {
            **settings,
            "GENJIN_DATA_DIR": str(directory / "data"),
            "GENJIN_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
            "GENJIN_LOCALE": "en",
            "GENJIN_LOG_LEVEL": "info",
        }
        replicas = counts or {}
        self._own = own or {}
        self.replicas = {
            name: [
                Replica(name, self._settings_of(name), directory / f"{name}-{number}.log")
                for number in range(replicas.get(name, 1))
            ]
            for name in SERVICES
        }
        self.urls = {name: self.replicas[name][0].url for name in SERVICES}
        self.settings |= {f"GENJIN_{name.upper()}_URL": url for name, url in self.urls.items()}

    def _settings_of(self, service: str) -> Mapping[str, str]:
        return ChainMap(dict(self._own.get(service, {})), self.settings)

    @property
    def all(self) -> list[Replica]:
        """All replicas."""
        return [replica for replicas in self.replicas.values() for replica in replicas]

    @contextmanager
    def running(self) -> Iterator["Deployment"]:
        """Run all replicas for as long as the context lasts; each has to end in good order."""
        try:
            for replica in self.all:
                replica.start()
            for replica in self.all:
                replica.wait_until_it_answers()
            yield self
        except BaseException:
            for replica in self.all:
                replica.kill()
            raise
        statuses = {replica.service: replica.stop() for replica in self.all}
        assert set(statuses.values()) == {0}, statuses


class ToOwners(httpx.AsyncBaseTransport):
    """Leads every request to the service that owns its path."""

    def __init__(self, urls: Mapping[str, str]) -> None:
        self._urls = {name: httpx.URL(url) for name, url in urls.items()}
        self._transport = httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send it where its path belongs."""
        try:
            there = self._urls[owner_of(request.url.path)]
        except UnknownRouteError:  # one that every service has, or none
            there = next(iter(self._urls.values()))
        request.url = request.url.copy_with(scheme=there.scheme, host=there.host, port=there.port)
        return await self._transport.handle_async_request(request)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._transport.aclose()


async def forget_messages(amqp_url: str) -> None:
    """Empty all queues: what waits there is of another database, whose logs have the same positions."""
    async with await aio_pika.connect(amqp_url) as connection:
        for name in [
            f"genjin.{service}{kind}" for service in SERVICES for kind in ("", ".commands", ".dead")
        ]:
            channel = await connection.channel()
            with suppress(aio_pika.exceptions.ChannelClosed):
                await (await channel.get_queue(name)).purge()
            await channel.close()


def _run(arguments: list[str], settings: Mapping[str, str], said: Path) -> None:
    """Be a command, in the process that was made for it."""
    for name in [name for name in os.environ if name.startswith("GENJIN_")]:
        del os.environ[name]
    os.environ.update(settings)
    with said.open("a", encoding="utf-8", buffering=1) as output:
        sys.argv = arguments
        sys.stdout = sys.stderr = output
        cli.main()
