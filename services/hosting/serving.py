"""Serves the API on one port."""

import asyncio
import errno
import gc
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from services.shared.errors import RefusedError, SystemCause

HOST = "127.0.0.1"
"""There is no authentication, so nobody outside this machine may reach it unless asked to."""

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


def bind(port: int, *, host: str = HOST) -> socket.socket:
    """Take the port before any work is done; 0 takes a free one. PortInUseError, PortNotAllowedError."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise PortInUseError(host=host, port=port) from error
        raise PortNotAllowedError(host=host, port=port, reason=SystemCause(error.errno)) from error
    return listener


def address(listener: socket.socket) -> str:
    """Return the address at which a bound socket is reached."""
    host, port = listener.getsockname()
    return f"http://{host}:{port}"


async def serve(app: FastAPI, listener: socket.socket) -> None:
    """Serve until cancelled, then finish the requests under way and return."""
    # What is there by now stays: looking for garbage in it would cost a tenth of a second again and again.
    gc.collect()
    gc.freeze()
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
