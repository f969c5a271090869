"""The databases of services on a PostgreSQL server that is there."""

import hmac
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager

from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from services.shared.database import Database
from services.shared.errors import UnreachableError
from services.shared.migrations import migrate
from services.shared.provision import DATABASE, provision, role_of
from services.shared.settings import Settings


class DatabaseServerAwayError(UnreachableError):
    """The database server of GENJIN_DATABASE_URL cannot be used: {reason}."""

    slug = "database-server-away"
    zh = "GENJIN_DATABASE_URL 指定的数据库服务器无法使用:{reason}。"


@asynccontextmanager
async def connected(
    url: str, services: Iterable[str], settings: Settings
) -> AsyncIterator[dict[str, Database]]:
    """Give some services their databases, at the newest version; DatabaseServerAwayError.

    `url` names either a service's own role, which owns its schema and can see no other, or an administrator,
    who makes roles and schemas first.
    """
    async with AsyncExitStack() as stack:
        opened = {}
        try:
            for name, service_url in (await _urls(url, list(services), settings)).items():
                opened[name] = Database.connect(service_url, schema=name)
                stack.push_async_callback(opened[name].dispose)
                await migrate(opened[name])
        except (OSError, SQLAlchemyError) as error:
            raise DatabaseServerAwayError(reason=_innermost(error)) from error
        yield opened


async def _urls(url: str, names: list[str], settings: Settings) -> dict[str, str]:
    named = make_url(url)
    if [named.username] == [role_of(name) for name in names]:
        return {names[0]: url}
    # The server's own database is not ours to fill.
    database = named.database if named.database and named.database != "postgres" else DATABASE
    return await provision(url, services=names, passwords=_passwords(url, names, settings), database=database)


def _passwords(admin_url: str, names: list[str], settings: Settings) -> dict[str, str] | None:
    """The roles' passwords: those that are set, else derived from the administrator's.

    Who has the administrator's may have the others: every process that is given the same URL comes to the
    same passwords, and none is stored.
    """
    secret = make_url(admin_url).password
    if secret is None and not settings.role_passwords:
        return None
    derived = {
        name: hmac.digest(str(secret).encode(), f"genjin/{name}".encode(), "sha256").hex() for name in names
    }
    given = {name: word.get_secret_value() for name, word in settings.role_passwords.items()}
    return {name: given.get(name, derived[name]) for name in names}


def _innermost(error: BaseException) -> str:
    """Return the server's own words, without those of the libraries between."""
    while error.__cause__ is not None:
        error = error.__cause__
    return (str(error) or type(error).__name__).splitlines()[0]
