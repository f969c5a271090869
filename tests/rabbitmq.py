"""A private RabbitMQ node for the tests: its own name, ports, files and port mapper, all thrown away.

Nothing of the machine's own broker is touched, and only processes started here are ended, by id.
"""

import base64
import fcntl
import hashlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
"""Debian's own script, behind a wrapper that would switch to the user of the machine's broker."""
_POLICY = Path("/usr/sbin/policy-rc.d")
_START_SECONDS = 90
_HOW_TO_GET_IT = (
    "These tests need RabbitMQ: install the package rabbitmq-server, "
    "or name a broker for the tests in GENJIN_TEST_AMQP_URL."
)
_CONFIGURATION = """\
listeners.tcp.1 = 127.0.0.1:{port}
disk_free_limit.absolute = 50MB
log.file.level = warning
load_definitions = {definitions}
"""
_VIRTUAL_HOSTS = ("/", *(f"apart-{number}" for number in range(4)))


class PrivateNode:
    """One broker under a directory of its own; its messages survive `kill` as durability promises."""

    def __init__(self) -> None:
        self._home = Path(tempfile.mkdtemp(prefix="genjin-rabbitmq-"))
        self._port, self._distribution_port, self._mapper_port = _free_ports(3)
        self._environment = self._prepare()
        self._free = [name for name in _VIRTUAL_HOSTS if name != "/"]
        self._mapper: subprocess.Popen[bytes] | None = None
        self._server: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address for clients."""
        return f"amqp://guest:guest@127.0.0.1:{self._port}/"

    @contextmanager
    def apart(self) -> Iterator[str]:
        """Give an address at which nobody else of this run speaks, for as long as the context lasts."""
        name = self._free.pop()
        try:
            yield self.url + name
        finally:
            self._free.append(name)

    def start(self) -> None:
        """Start the node unless it runs; returns when it speaks AMQP."""
        program = server_program()
        if self._mapper is None:
            self._mapper = self._run("epmd", "-port", str(self._mapper_port))
        if self._server is None:
            self._server = self._run(str(program))
            self._wait_until_it_speaks()

    def kill(self) -> None:
        """End the node as a power failure would, with SIGKILL; its files stay."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Kill the node where it still runs and start it again on the same files and port."""
        self.kill()
        self.start()

    def stop(self) -> None:
        """End the node in good order, then its port mapper, and remove its files."""
        self._end(signal.SIGTERM)
        if self._mapper:
            self._mapper.kill()
            self._mapper.wait()
            self._mapper = None
        shutil.rmtree(self._home, ignore_errors=True)

    def control(self, *arguments: object) -> str:
        """Run `rabbitmqctl` on the node and return what it says."""
        command = [str(server_program().with_name("rabbitmqctl")), "--quiet", *map(str, arguments)]
        done = subprocess.run(  # noqa: S603  # the broker's own program
            command, cwd=self._home, env=self._environment, check=False, capture_output=True, text=True
        )
        if done.returncode:
            raise RuntimeError(done.stdout + done.stderr)
        return done.stdout

    def _prepare(self) -> dict[str, str]:
        definitions = self._home / "definitions.json"
        definitions.write_text(json.dumps(_definitions()))
        configuration = _CONFIGURATION.format(port=self._port, definitions=definitions)
        (self._home / "rabbitmq.conf").write_text(configuration)
        (self._home / "enabled_plugins").write_text("[].\n")
        (self._home / "env.conf").touch()
        cookie = self._home / ".erlang.cookie"
        cookie.write_text(secrets.token_hex(16))
        cookie.chmod(0o400)
        return {
            "PATH": f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": str(self._home),
            "LC_ALL": "C.UTF-8",
            "ERL_EPMD_PORT": str(self._mapper_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": f"genjin-{self._port}@localhost",
            "RABBITMQ_NODE_PORT": str(self._port),
            "RABBITMQ_DIST_PORT": str(self._distribution_port),
            "RABBITMQ_CONFIG_FILE": str(self._home / "rabbitmq.conf"),
            "RABBITMQ_CONF_ENV_FILE": str(self._home / "env.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self._home / "enabled_plugins"),
            "RABBITMQ_MNESIA_BASE": str(self._home / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self._home / "log"),
            "RABBITMQ_PID_FILE": str(self._home / "pid"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        }

    def _run(self, *command: str) -> subprocess.Popen[bytes]:
        with (self._home / "output").open("ab") as output:
            return subprocess.Popen(  # noqa: S603  # the broker's own programs
                command,
                cwd=self._home,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # a group of its own, so that it can be ended as a whole
            )

    def _end(self, how: signal.Signals) -> None:
        if self._server is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self._server.pid, how)
        try:
            self._server.wait(_START_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self._server.pid, signal.SIGKILL)
            self._server.wait()
        self._server = None

    def _wait_until_it_speaks(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not _speaks_amqp(self._port):
            if self._server is None or self._server.poll() is not None or time.monotonic() > deadline:
                said = (self._home / "output").read_text(errors="replace")[-2000:]
                message = f"The private RabbitMQ node did not start; it said: {said}"
                raise RuntimeError(message)
            threading.Event().wait(0.1)


def _definitions() -> dict[str, object]:
    """The virtual hosts, and guest, who may do everything in all of them."""
    salt = secrets.token_bytes(4)
    secret = base64.b64encode(salt + hashlib.sha256(salt + b"guest").digest()).decode()
    algorithm = "rabbit_password_hashing_sha256"
    user = {"name": "guest", "password_hash": secret, "hashing_algorithm": algorithm, "tags": "administrator"}
    everything = {"user": "guest", "configure": ".*", "write": ".*", "read": ".*"}
    return {
        "vhosts": [{"name": name} for name in _VIRTUAL_HOSTS],
        "users": [user],
        "permissions": [{"vhost": name, **everything} for name in _VIRTUAL_HOSTS],
    }


def server_program() -> Path:
    """Return the program of RabbitMQ, installed first where we may do that; else fail and say what to do."""
    if (program := _installed()) is not None:
        return program
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise RuntimeError(_HOW_TO_GET_IT)
    with alone():
        if _installed() is None:
            _install()
    if (program := _installed()) is None:
        raise RuntimeError(_HOW_TO_GET_IT)
    return program


def _installed() -> Path | None:
    if _SERVER.exists():
        return _SERVER
    found = shutil.which("rabbitmq-server")
    return Path(found) if found else None


def _install() -> None:
    apt = ("apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=300")
    with _no_services_started():
        for command in ((*apt, "update"), (*apt, "install", "--no-install-recommends", "rabbitmq-server")):
            done = subprocess.run(  # noqa: S603  # apt-get with fixed arguments
                command,
                check=False,
                env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
            if done.returncode:
                said = done.stdout.decode(errors="replace")[-2000:]
                message = f"{_HOW_TO_GET_IT} Installing it here failed: {said}"
                raise RuntimeError(message)


@contextmanager
def _no_services_started() -> Iterator[None]:
    """Keep the package from starting the machine's broker: Debian asks this file before it starts any."""
    if _POLICY.exists():
        yield
        return
    _POLICY.write_text("#!/bin/sh\nexit 101\n")
    _POLICY.chmod(0o755)
    try:
        yield
    finally:
        _POLICY.unlink()


@contextmanager
def alone() -> Iterator[None]:
    """Be the only one on this machine who installs a package, for as long as the context lasts."""
    with Path(tempfile.gettempdir(), "genjin-install.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _free_ports(count: int) -> list[int]:
    # All are held at once, so that they differ.
    sockets = [socket.socket() for _ in range(count)]
    try:
        for held in sockets:
            held.bind(("127.0.0.1", 0))
        return [held.getsockname()[1] for held in sockets]
    finally:
        for held in sockets:
            held.close()


def _speaks_amqp(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(b"AMQP\x00\x00\x09\x01")
            return len(connection.recv(1)) == 1
    except OSError:
        return False
