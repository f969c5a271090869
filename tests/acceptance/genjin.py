"""`genjin` on a data directory of its own: commands run to their end, and `genjin up` while it is needed."""

import json
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.hosting.instance import announced
from tests.acceptance import process

PATIENCE_SECONDS = 240


@dataclass(frozen=True)
class Genjin:
    """A data directory, and the settings under which commands are run on it."""

    data_dir: Path
    settings: Mapping[str, str] = field(default_factory=dict)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        started = self.start(*arguments)
        out, err = started.communicate(timeout=PATIENCE_SECONDS)
        return subprocess.CompletedProcess(started.args, started.returncode, out, err)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command and return at once."""
        return process.start(*arguments, **{"GENJIN_DATA_DIR": str(self.data_dir), **self.settings})

    def json(self, *arguments: str) -> Any:  # noqa: ANN401 -- whatever the command prints
        """Run a command that has to go well, and read what it prints."""
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    @contextmanager
    def up(self, *arguments: str) -> Iterator["Running"]:
        """Run `genjin up` on a free port until the context ends, then stop it as Ctrl-C does."""
        running = Running(self, self.start("up", "--port", "0", *arguments))
        try:
            running.wait_until_it_serves()
            yield running
        finally:
            running.stop()

    @contextmanager
    def serve(self, service: str) -> Iterator["Running"]:
        """Run one service until the context ends."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        started = self.start("serve", service, "--port", str(port))
        running = Running(self, started, url=f"http://127.0.0.1:{port}")
        try:
            running.wait_until_it_answers()
            yield running
        finally:
            running.stop()


@dataclass
class Running:
    """A process that serves; `errors` is what it said on standard error, once it has ended."""

    genjin: Genjin
    process: subprocess.Popen[str]
    url: str = ""
    errors: str = ""

    def wait_until_it_serves(self) -> None:
        """Return when it has said where it is; what it says when it ends instead fails the test."""
        self._wait_until(self._has_announced_itself)

    def wait_until_it_answers(self) -> None:
        """Return when its address answers."""
        self._wait_until(self._answers)

    def get(self, path: str, **parameters: str) -> Any:  # noqa: ANN401 -- whatever the route answers
        """Read a route."""
        answer = httpx.get(f"{self.url}{path}", params=parameters, timeout=60, trust_env=False)
        answer.raise_for_status()
        return answer.json()

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Send a signal, wait for the end, and return the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
            _, self.errors = self.process.communicate(timeout=PATIENCE_SECONDS)
        return self.process.returncode

    def _wait_until(self, is_so: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not is_so():
            if time.monotonic() > deadline:
                pytest.fail("it did not serve in time")
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=0.1)
                pytest.fail(self.process.communicate()[1])

    def _has_announced_itself(self) -> bool:
        instance = announced(self.genjin.data_dir)
        if instance is None or instance.pid != self.process.pid:
            return False
        self.url = instance.url
        return True

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/healthz", trust_env=False).is_success
        except httpx.TransportError:
            return False
