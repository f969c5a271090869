"""Finds the running instance of a data directory."""

import os
from pathlib import Path

import httpx

from services.client import http_client
from services.hosting.instance import Instance, announced


async def running_instance(data_dir: Path) -> Instance | None:
    """Return the instance that was announced, if it still answers and is the one it says."""
    instance = announced(data_dir)
    if instance is None or not _is_alive(instance.pid):
        return None
    async with http_client(instance.url, locale="en") as http:
        try:
            answer = await http.get("/v1/instance")
        except httpx.HTTPError:
            return None
    is_ours = answer.is_success and answer.json().get("pid") == instance.pid
    return instance if is_ours else None


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
