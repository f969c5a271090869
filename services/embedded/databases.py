"""The databases of all services: on a server of our own, or on the one that GENJIN_DATABASE_URL names."""

from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager

from services.hosting.databases import connected
from services.shared.data_directory import DataDirectory
from services.shared.database import Database
from services.shared.embedded_postgres import EmbeddedPostgres
from services.shared.settings import Settings


@asynccontextmanager
async def databases(settings: Settings, services: Iterable[str]) -> AsyncIterator[dict[str, Database]]:
    """Hold the data directory and give each service its database, at the newest version.

    Raises the errors of DataDirectory, those of EmbeddedPostgres, DatabaseServerAwayError.
    """
    async with AsyncExitStack() as stack:
        held = stack.enter_context(DataDirectory.hold(settings.data_dir))
        admin_url = settings.database_url
        if admin_url is None:
            admin_url = await stack.enter_async_context(EmbeddedPostgres(held.path))
        yield await stack.enter_async_context(connected(admin_url, services, settings))
