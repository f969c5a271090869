"""Publishes the rules directory when it is edited: one process of all does, the others stand by (A13)."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from watchfiles import awatch

from services.rules.handlers.publishing import Publisher
from services.rules.ruleset.loader import digest_of
from services.rules.ruleset.loader.directory import read_directory
from services.shared.database import is_transient
from services.shared.errors import GenjinError

DEBOUNCE_MILLISECONDS = 100
"""Saving several files at once is one edit."""

STAND_BY_SECONDS = 1.0
"""How often the lock is tried for, and by whom has it, looked at."""

_TAKE = text("select pg_try_advisory_lock(hashtext('genjin.rules_directory'))")
_ALIVE = text("select 1")

log = structlog.stdlib.get_logger()


async def run(directory: Path, publisher: Publisher) -> NoReturn:
    """Publish every edit of the directory, for ever; a broken one changes nothing and says what is wrong.

    The lock is held by a connection of its own, and lost with it: then it is taken anew, here or elsewhere.
    """
    while True:
        try:
            async with publisher.database.engine.connect() as connection:
                _ = await connection.execution_options(isolation_level="AUTOCOMMIT")
                if (await connection.execute(_TAKE)).scalar_one():
                    await _watch(directory, publisher, connection)
        except Exception as error:
            if not is_transient(error) and not isinstance(error, OSError):
                log.exception("watching_failed")
        await asyncio.sleep(STAND_BY_SECONDS)


async def _watch(directory: Path, publisher: Publisher, connection: AsyncConnection) -> None:
    """Watch for as long as the connection lives; raises when it does not."""
    log.info("rules_watched", directory=str(directory))
    changes = awatch(
        directory,
        debounce=DEBOUNCE_MILLISECONDS,
        step=20,
        rust_timeout=int(STAND_BY_SECONDS * 1000),
        yield_on_timeout=True,
    )
    files = _read(directory)
    if files is not None:
        await publisher.offer(files)
    published = files and digest_of(files)
    is_first = True
    async for changed in changes:
        await connection.execute(_ALIVE)
        files = _read(directory) if changed or is_first else None
        is_first = False  # what changed before the watching began is not told
        if files is not None and digest_of(files) != published:
            await publisher.publish(files)
            published = digest_of(files)


def _read(directory: Path) -> Mapping[str, str] | None:
    try:
        return read_directory(directory)
    except GenjinError as error:
        log.error("rules_unreadable", problem=error.message("zh"))  # noqa: TRY400 -- a user's mistake
        return None
