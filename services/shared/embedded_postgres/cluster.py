"""One PostgreSQL cluster: made, started, taken over and stopped with its own programs.

The server may outlive us (`kill -9`), may be half way up or down when we come, and its pid file may
name a process that is somebody else's by now. Every step looks at what there is and goes on from there.
"""

import os
import secrets
import shutil
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from services.shared.embedded_postgres.account import Account
from services.shared.embedded_postgres.errors import DatabaseNotStartedError
from services.shared.embedded_postgres.home import SOCKET_NAME, Home

SUPERUSER = "postgres"
_CONFIGURATION = """\
# Written anew at every start.
listen_addresses = ''
unix_socket_directories = '{socket}'
unix_socket_permissions = 0700
port = 5432
max_connections = 100
shared_buffers = 128MB
client_connection_check_interval = 1s   # work of a killed process ends with it
log_checkpoints = off
log_error_verbosity = terse             # details would quote rows, and rows hold personal data
"""
_LOG_BYTES = 10_000_000
_TAIL_BYTES = 4096
_PAUSE_SECONDS = 0.05
_SILENT = "it is running but does not answer"


@dataclass(frozen=True)
class Cluster:
    """The cluster of one home; `patience` is how many seconds a start or stop may take."""

    home: Home
    account: Account
    programs: Path
    patience: int

    @property
    def _pid_file(self) -> Path:
        return self.home.cluster / "postmaster.pid"

    def create(self) -> None:
        """Make the cluster aside and move it to its place when it is whole."""
        for leftover in self.home.directory.glob("cluster.new-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        aside = self.home.directory / f"cluster.new-{secrets.token_hex(4)}"
        done = self._run(
            "initdb",
            *("--pgdata", str(aside), "--username", SUPERUSER, "--auth", "trust", "--encoding", "UTF8"),
            *("--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"),
        )
        if done.returncode:
            raise self._failure(done.stdout.decode(errors="replace").strip().rpartition("\n")[2])
        with (aside / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write("include = 'genjin.conf'\n")
        aside.rename(self.home.cluster)
        _sync(self.home.directory)

    def start(self) -> None:
        """Bring the server up, or take over the one that is up; returns when it accepts connections.

        Raises DatabaseNotStartedError with the reason the server gave.
        """
        deadline = time.monotonic() + self.patience
        while not self._take_over(deadline):
            self._clear_remains()
            self._configure()
            if self._control("start", "--wait", "--log", str(self.home.log)):
                return
            # Somebody's start may have come before ours, or the last workers of a dead server have
            # not gone yet: both show as a process, and are waited for.
            if not self._processes() or time.monotonic() > deadline:
                raise self._failure(self._last_complaint())
            _pause()

    def stop(self) -> None:
        """End the server and its connections, and wait until it is down; one that is down already is fine."""
        if self._processes():
            self._control("stop", "--mode", "fast", "--wait")

    def _take_over(self, deadline: float) -> bool:
        while self._is_alive():
            if self._answers():
                return True
            if self._status() == "ready" and not (self.home.socket / SOCKET_NAME).exists():
                self.stop()  # a cleaner of /tmp took its socket away
            elif time.monotonic() > deadline:
                raise self._failure(_SILENT)
            else:
                _pause()
        return False

    def _is_alive(self) -> bool:
        try:
            pid = int(self._pid_file.read_text(encoding="utf-8").partition("\n")[0])
        except FileNotFoundError:
            return False
        except ValueError:  # caught between being created and being written
            return bool(self._processes())
        return pid in self._processes()

    def _clear_remains(self) -> None:
        # The ids in them may be a corpse's or somebody else's by now, which would keep the server from
        # starting. Workers that outlive their server look after themselves: then nothing is touched.
        if not self._processes():
            (self.home.socket / f"{SOCKET_NAME}.lock").unlink(missing_ok=True)
            self._pid_file.unlink(missing_ok=True)

    def _processes(self) -> set[int]:
        # All processes of a server have the cluster as their working directory.
        cluster = os.path.realpath(self.home.cluster)
        with os.scandir("/proc") as entries:
            numbers = [entry.name for entry in entries if entry.name.isdecimal()]
        return {int(number) for number in numbers if _working_directory(number) == cluster}

    def _answers(self) -> bool:
        asked = self._run("pg_isready", "--host", str(self.home.socket), "--port", "5432")
        return asked.returncode == 0

    def _status(self) -> str:
        # The last line of the pid file: starting, ready, stopping.
        with suppress(OSError):
            return self._pid_file.read_text(encoding="utf-8").rstrip().rpartition("\n")[2].strip()
        return ""

    def _configure(self) -> None:
        path = self.home.cluster / "genjin.conf"
        path.write_text(_CONFIGURATION.format(socket=self.home.socket), encoding="utf-8")
        self.account.own(path)
        if self.home.log.exists() and self.home.log.stat().st_size > _LOG_BYTES:
            os.truncate(self.home.log, 0)

    def _control(self, action: str, *options: str) -> bool:
        command = ("pg_ctl", action, "--pgdata", str(self.home.cluster), "--timeout", str(self.patience))
        return self._run(*command, *options).returncode == 0

    def _run(self, program: str, *options: str) -> subprocess.CompletedProcess[bytes]:
        return self.account.run(str(self.programs / program), *options)

    def _last_complaint(self) -> str:
        try:
            lines = self.home.log.read_bytes()[-_TAIL_BYTES:].decode(errors="replace").splitlines()
        except OSError:
            lines = []
        complaints = [line for line in lines if "FATAL:" in line or "PANIC:" in line]
        return next(reversed(complaints or lines), "it says nothing").rpartition(":  ")[2]

    def _failure(self, reason: str) -> DatabaseNotStartedError:
        return DatabaseNotStartedError(home=self.home.directory, reason=reason, log=self.home.log)


def _working_directory(process: str) -> str | None:
    try:
        return str(Path("/proc", process, "cwd").readlink())
    except OSError:  # it has ended, or is another user's
        return None


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _pause() -> None:
    threading.Event().wait(_PAUSE_SECONDS)
