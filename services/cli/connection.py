"""Finds whom a command speaks to: the running instance of the data directory, else one opened here."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx

from services.cli.instances import running_instance
from services.client import Client, http_client
from services.embedded import Embedded
from services.hosting.instance import token_of
from services.shared.auth import LOOPBACK
from services.shared.clock import RunningClock
from services.shared.settings import SERVICES, Settings


@asynccontextmanager
async def connect(settings: Settings, *, is_working: bool) -> AsyncIterator[Client]:
    """Give a client of the services whose addresses are set, else of the data directory's instance.

    Without a running one it is opened here for as long. `is_working`: it then also delivers events and
    evaluates what is due; a command that only looks leaves everything as it is.
    Raises DataDirectoryInUseError while another process opens it.
    """
    if settings.service_urls:
        async with distributed(settings) as client:
            yield client
        return
    running = await running_instance(settings.data_dir)
    if running:
        token = token_of(settings.data_dir)
        async with http_client(running.url, locale=settings.locale, token=token) as http:
            yield Client(dict.fromkeys(SERVICES, http))
        return
    async with (
        Embedded.open(settings, clock=RunningClock(), is_working=is_working) as embedded,
        attached(embedded) as client,
    ):
        yield client


@asynccontextmanager
async def attached(embedded: Embedded) -> AsyncIterator[Client]:
    """Give a client of an instance in this process."""
    # What breaks inside comes out as over a socket: as a problem document, after it was logged.
    transport = httpx.ASGITransport(app=embedded.app, raise_app_exceptions=False)
    locale = embedded.settings.locale
    address = f"http://{LOOPBACK}"
    async with http_client(address, locale=locale, token=embedded.token, transport=transport) as http:
        yield Client(dict.fromkeys(SERVICES, http))


@asynccontextmanager
async def distributed(settings: Settings) -> AsyncIterator[Client]:
    """Give a client of services that run by themselves; MissingSettingError when one has no address."""
    async with AsyncExitStack() as stack:
        doors = {}
        for name in SERVICES:
            url = settings.require(f"{name}_url", purpose=f"the address of the {name} service")
            doors[name] = await stack.enter_async_context(http_client(url, locale=settings.locale))
        yield Client(doors)
