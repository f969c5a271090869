"""Asks a running instance what it says of rule files."""

import asyncio
from collections.abc import Mapping

import httpx

from services.cli.console import locale
from services.client import Client, Json, http_client
from services.hosting.instance import Instance
from services.shared.errors import UnreachableError
from services.shared.settings import SERVICES


def ask(instance: Instance, files: Mapping[str, str]) -> Json | None:
    """Return its check of the files; None when the instance does not answer any more."""
    return asyncio.run(_ask(instance, files))


async def _ask(instance: Instance, files: Mapping[str, str]) -> Json | None:
    async with http_client(instance.url, locale=locale()) as http:
        try:
            return await Client(dict.fromkeys(SERVICES, http)).post(
                "/v1/rulesets/check", body={"files": dict(files)}
            )
        except (UnreachableError, httpx.HTTPError):
            return None
