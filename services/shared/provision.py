"""Makes the database of a deployment: one schema and one role for each service, closed to the others."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager

from sqlalchemy import URL, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

DATABASE = "genjin"
_ALREADY_THERE = frozenset({"42P04", "23505"})


async def provision(
    admin_url: str,
    *,
    services: Iterable[str],
    passwords: Mapping[str, str] | None = None,
    database: str = DATABASE,
) -> dict[str, str]:
    """Make what is missing and return each service's URL; doing it again changes nothing.

    `admin_url` names a role that may create roles and databases. Without `passwords` (service to password)
    the roles have none, which is for a server whose socket only its owner reaches.
    """
    admin = make_url(admin_url).set(drivername="postgresql+asyncpg")
    names = list(services)
    given = passwords or {}
    await _create_database(admin, database)
    async with _connected(admin.set(database=database)) as connection, connection.begin():
        # Two starts at once make one after the other; the lock ends with the transaction.
        await connection.execute(text("select pg_advisory_xact_lock(hashtext('genjin.provision'))"))
        await connection.exec_driver_sql(f'revoke all on database "{database}" from public')
        await connection.exec_driver_sql("revoke all on schema public from public")
        for name in names:
            await _create_role(connection, role_of(name), given.get(name))
            await _create_schema(connection, name, database)
    return {name: _service_url(admin, name, given.get(name), database) for name in names}


def role_of(service: str) -> str:
    """Return the role a service logs in with."""
    return f"genjin_{service}"


@asynccontextmanager
async def _connected(url: URL) -> AsyncIterator[AsyncConnection]:
    engine = create_async_engine(url, poolclass=NullPool, hide_parameters=True)  # one is a password
    try:
        async with engine.connect() as connection:
            yield connection
    finally:
        await engine.dispose()


async def _create_database(admin: URL, database: str) -> None:
    async with _connected(admin) as connection:
        # Databases are made outside of transactions only.
        _ = await connection.execution_options(isolation_level="AUTOCOMMIT")
        known = text("select 1 from pg_database where datname = :name")
        if await connection.scalar(known, {"name": database}):
            return
        try:
            await connection.exec_driver_sql(f'create database "{database}"')
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in _ALREADY_THERE:  # else another start was faster
                raise


async def _create_role(connection: AsyncConnection, role: str, password: str | None) -> None:
    if not await connection.scalar(text("select 1 from pg_roles where rolname = :role"), {"role": role}):
        await connection.exec_driver_sql(f'create role "{role}" login')
    if not await connection.scalar(text("select rolsuper from pg_roles where rolname = current_user")):
        # Only a member may hand a schema to a role.
        await connection.exec_driver_sql(f'grant "{role}" to current_user')
    if password is not None:
        quoted = await connection.scalar(text("select quote_literal(:word)"), {"word": password})
        await connection.exec_driver_sql(f'alter role "{role}" password {quoted}')


async def _create_schema(connection: AsyncConnection, service: str, database: str) -> None:
    role = role_of(service)
    for statement in (
        f'create schema if not exists "{service}" authorization "{role}"',
        f'revoke all on schema "{service}" from public',
        f'grant connect on database "{database}" to "{role}"',
        f'alter role "{role}" in database "{database}" set search_path = "{service}"',
    ):
        await connection.exec_driver_sql(statement)


def _service_url(admin: URL, service: str, password: str | None, database: str) -> str:
    url = admin.set(username=role_of(service), database=database)
    # A URL cannot be `set` to having no password; the admin's own must never be handed on.
    return URL.create(
        url.drivername, url.username, password, url.host, url.port, url.database, url.query
    ).render_as_string(hide_password=False)
