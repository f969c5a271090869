"""Asks the running instance of a data directory to check rule files."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import httpx

from services.cli.console import locale
from services.cli.instances import running_instance
from services.client import Client, Json, http_client
from services.shared.errors import UnreachableError
from services.shared.settings import SERVICES


def ask(data_dir: Path, files: Mapping[str, str]) -> Json | None:
    """Return its check of the files; None when no instance runs, or none can be sent these files."""
    return asyncio.run(_ask(data_dir, files))


async def _ask(data_dir: Path, files: Mapping[str, str]) -> Json | None:
    instance = await running_instance(data_dir)
    if instance is None:
        return None
    async with http_client(instance.url, locale=locale()) as http:
        try:
            return await Client(dict.fromkeys(SERVICES, http)).post(
                "/v1/rulesets/check", body={"files": dict(files)}
            )
        except UnicodeEncodeError:
            # A file that is not UTF-8 cannot be sent as JSON; the check of this program names its place.
            return None
        except (UnreachableError, httpx.HTTPError):
            return None
