"""The databases of all services: a server of our own, or the one that GENJIN_DATABASE_URL names."""

import hmac
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager

from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from services.shared.data_directory import DataDirectory
from services.shared.database import Database
from services.shared.embedded_postgres import EmbeddedPostgres
from services.shared.errors import UnreachableError
from services.shared.migrations import migrate
from services.shared.provision import DATABASE, provision
from services.shared.settings import Settings


class DatabaseServerAwayError(UnreachableError):
    """The database server of GENJIN_DATABASE_URL cannot be used: {reason}."""

    slug = "database-server-away"
    zh = "GENJIN_DATABASE_URL 指定的数据库服务器无法使用:{reason}。"


@asynccontextmanager
async def databases(settings: Settings, services: Iterable[str]) -> AsyncIterator[dict[str, Database]]:
    """Hold the data directory and give each service its database, at the newest version.

    Raises the errors of DataDirectory, those of EmbeddedPostgres, DatabaseServerAwayError.
    """
    async with AsyncExitStack() as stack:
        held = stack.enter_context(DataDirectory.hold(settings.data_dir))
        if settings.database_url is None:
            admin_url = await stack.enter_async_context(EmbeddedPostgres(held.path))
        else:
            admin_url = settings.database_url
        yield await stack.enter_async_context(connected(admin_url, services))


@asynccontextmanager
async def connected(admin_url: str, services: Iterable[str]) -> AsyncIterator[dict[str, Database]]:
    """Give some services their databases on a server that is there; DatabaseServerAwayError."""
    async with AsyncExitStack() as stack:
        opened = {}
        for name, url in (await _urls(admin_url, list(services))).items():
            opened[name] = Database.connect(url, schema=name)
            stack.push_async_callback(opened[name].dispose)
            await migrate(opened[name])
        yield opened


async def _urls(admin_url: str, names: list[str]) -> dict[str, str]:
    named = make_url(admin_url).database
    # The server's own database is not ours to fill.
    database = named if named and named != "postgres" else DATABASE
    try:
        return await provision(
            admin_url, services=names, passwords=_passwords(admin_url, names), database=database
        )
    except (OSError, SQLAlchemyError) as error:
        raise DatabaseServerAwayError(reason=_innermost(error)) from error


def _innermost(error: BaseException) -> str:
    """Return the server's own words, without those of the libraries between."""
    while error.__cause__ is not None:
        error = error.__cause__
    return (str(error) or type(error).__name__).splitlines()[0]


def _passwords(admin_url: str, names: list[str]) -> dict[str, str] | None:
    """Derive the roles' passwords from the administrator's: who has the one may have the others.

    Every process that is given the same URL comes to the same passwords, and none is stored.
    """
    secret = make_url(admin_url).password
    if secret is None:
        return None
    return {
        name: hmac.digest(str(secret).encode(), f"genjin/{name}".encode(), "sha256").hex() for name in names
    }
