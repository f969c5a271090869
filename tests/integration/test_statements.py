"""Statements that every service needs, on a real database."""

import asyncio

import pytest
from sqlalchemy import text

from services.shared.database import Database
from services.shared.statements import LEAVES_NOTHING, take_turns

TAKEN = text("select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()")


async def test_a_name_is_kept_until_the_transaction_ends(fresh_database: Database) -> None:
    async with fresh_database.session() as first, fresh_database.session() as second:
        await take_turns(first, ["乙", "甲", "甲"])
        assert await first.scalar(TAKEN) == 2
        await second.execute(text("set local lock_timeout = '50ms'"))
        with pytest.raises(Exception, match="lock timeout"):
            await take_turns(second, ["丙", "乙"])
        await second.rollback()
        waiting = asyncio.create_task(take_turns(second, ["丙", "乙"]))
        await first.rollback()
        await waiting
        assert await second.scalar(TAKEN) == 2


async def test_who_leaves_nothing_takes_no_turns(fresh_database: Database) -> None:
    """A trial run of a long file would need more locks than PostgreSQL has."""
    async with fresh_database.session() as session:
        session.info[LEAVES_NOTHING] = True
        await take_turns(session, [str(n) for n in range(10_000)])
        assert await session.scalar(TAKEN) == 0


async def test_nothing_is_taken_for_no_names(fresh_database: Database) -> None:
    async with fresh_database.session() as session:
        await take_turns(session, [])
        assert await session.scalar(TAKEN) == 0
