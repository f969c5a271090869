"""Serves the API on one local port."""

import asyncio
import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from services.embedded import instance
from services.shared.errors import RefusedError, SystemCause

HOST = "127.0.0.1"
"""Embedded mode has no authentication, so nobody outside this machine may reach it."""

STOP_SECONDS = 5


class PortInUseError(RefusedError):
    """Port {port} on {host} is already in use; choose another one with --port."""

    slug = "port-in-use"
    zh = "{host} 的端口 {port} 已被占用;请用 --port 另选一个端口。"


class PortNotAllowedError(RefusedError):
    """Port {port} on {host} cannot be opened: {reason}."""

    slug = "port-not-allowed"
    zh = "无法在 {host} 打开端口 {port}:{reason}。"


class _Server(uvicorn.Server):
    """Leaves signals to the command line, which has more to close than a server."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


def bind(port: int) -> socket.socket:
    """Take the port before any work is done; 0 takes a free one. PortInUseError, PortNotAllowedError."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen()
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise PortInUseError(host=HOST, port=port) from error
        raise PortNotAllowedError(host=HOST, port=port, reason=SystemCause(error.errno)) from error
    return listener


def address(listener: socket.socket) -> str:
    """Return the address at which a bound socket is reached."""
    host, port = listener.getsockname()
    return f"http://{host}:{port}"


@contextmanager
def announced(data_dir: Path, listener: socket.socket) -> Iterator[None]:
    """Tell other commands where this data directory is served, for as long as it is."""
    instance.announce(data_dir, address(listener))
    try:
        yield
    finally:
        instance.withdraw(data_dir)


async def serve(app: FastAPI, listener: socket.socket) -> None:
    """Serve until cancelled, then finish the requests under way and return."""
    config = uvicorn.Config(
        app, lifespan="off", log_config=None, access_log=False, timeout_graceful_shutdown=STOP_SECONDS
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        await asyncio.shield(serving)
    except asyncio.CancelledError:
        server.should_exit = True
        await serving
