"""Each service has a schema and a role of its own, and a role cannot see another's schema."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.shared.database import Database
from services.shared.provision import provision, role_of
from tests.postgres import execute


@asynccontextmanager
async def connected(database: Database) -> AsyncIterator[AsyncConnection]:
    async with database.engine.connect() as connection:
        yield connection


async def refused(database: Database, statement: str) -> str:
    """Return why the database refuses a statement."""
    with pytest.raises(DBAPIError) as caught:
        async with connected(database) as connection:
            await connection.execute(text(statement))
    return str(caught.value)


async def test_a_role_is_its_own_and_lands_in_its_own_schema(fresh_databases: dict[str, Database]) -> None:
    async with connected(fresh_databases["here"]) as connection:
        row = (await connection.execute(text("select current_user, current_schema"))).one()
    assert tuple(row) == ("genjin_here", "here")


@pytest.mark.parametrize(
    "statement",
    [
        "select * from there.event_log",
        "insert into there.log_head values (9, 1)",
        "create table there.mine (id int)",
        "create table public.mine (id int)",
        "create schema mine",
        "set role genjin_there",
    ],
)
async def test_a_role_cannot_reach_beyond_its_schema(
    fresh_databases: dict[str, Database], statement: str
) -> None:
    assert "permission denied" in await refused(fresh_databases["here"], statement)


async def test_without_a_search_path_of_ours_the_role_still_lands_in_its_schema(
    fresh_databases: dict[str, Database],
) -> None:
    async with connected(fresh_databases["here"]) as connection:
        await connection.execute(text("reset search_path"))
        path = await connection.scalar(
            text(
                "select setconfig from pg_db_role_setting s join pg_roles r on r.oid = s.setrole "
                "where r.rolname = current_user limit 1"
            )
        )
    assert path == ["search_path=here"]


async def test_provisioning_again_keeps_what_is_there(postgres_url: str) -> None:
    name = "genjin_provision_again"
    urls = await provision(postgres_url, services=["here"], database=name)
    database = Database.connect(urls["here"], schema="here")
    async with database.engine.begin() as connection:
        await connection.execute(text("create table kept (id int)"))
    assert await provision(postgres_url, services=["here", "there"], database=name) == {
        "here": urls["here"],
        "there": urls["here"].replace("genjin_here", "genjin_there"),
    }
    async with connected(database) as connection:
        assert await connection.scalar(text("select count(*) from kept")) == 0
    await database.dispose()
    await execute(postgres_url, f"drop database {name} with (force)")


async def test_two_starts_at_once_both_succeed(postgres_url: str) -> None:
    name = "genjin_provision_twice"
    first, second = await asyncio.gather(
        provision(postgres_url, services=["here"], database=name),
        provision(postgres_url, services=["here"], database=name),
    )
    assert first == second
    await execute(postgres_url, f"drop database {name} with (force)")


async def test_a_password_is_set_and_goes_into_the_url(postgres_url: str) -> None:
    name, secret = "genjin_provision_password", "it's; --secret"
    # A role of its own: the others of this server have none.
    urls = await provision(postgres_url, services=["guarded"], passwords={"guarded": secret}, database=name)
    assert make_url(urls["guarded"]).password == secret
    database = Database.connect(urls["guarded"], schema="guarded")
    async with connected(database) as connection:
        assert await connection.scalar(text("select current_user")) == role_of("guarded")
    await database.dispose()
    await execute(postgres_url, f"drop database {name} with (force)", f"drop role {role_of('guarded')}")
