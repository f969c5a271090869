"""Publishes the rules directory when it is edited: one process of all does, the others stand by (A13)."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic
from typing import NoReturn

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.rules.handlers import offering
from services.rules.handlers.publishing import Outcome, Publisher
from services.rules.ruleset.loader import digest_of
from services.rules.ruleset.loader.directory import read_directory
from services.shared.database import is_transient
from services.shared.errors import RefusedError

READ_SECONDS = 0.3
"""Two equal readings so far apart are a directory that is not being written at this moment."""

PATIENCE_SECONDS = 6.0
"""For how long a directory that lacks something of what is in force may still be in the middle of a save."""

STAND_BY_SECONDS = 1.0
"""How often the lock is tried for, and the connection of the process that has it looked at."""

_TAKE = text("select pg_try_advisory_lock(hashtext('genjin.rules_directory'))")
_ALIVE = text("select 1")

log = structlog.stdlib.get_logger()


@dataclass(frozen=True)
class Reading:
    """The directory at one moment: its files, or why it cannot be read."""

    files: Mapping[str, str]
    error: RefusedError | None = None

    @property
    def name(self) -> str:
        """What tells it from other readings."""
        return str(self.error) if self.error else digest_of(self.files)


@dataclass
class Patience:
    """Decides when a directory is looked at; instants are seconds of a clock that only goes forward.

    `answered` names the reading that was dealt with last.
    """

    answered: str | None = None
    _last: str | None = None
    _since: float = 0.0

    def seen(self, name: str, at: float) -> float | None:
        """Return for how long an unanswered reading has been the same; None while it is not stable yet."""
        if name != self._last:
            self._last, self._since = name, at
        age = at - self._since
        return None if name == self.answered or age < READ_SECONDS else age


async def run(publisher: Publisher) -> NoReturn:
    """Publish every edit of the directory, for ever; a broken one changes nothing and is answered.

    The lock is held by a connection of its own, and lost with it: then it is taken anew, here or elsewhere.
    """
    while True:
        try:
            async with publisher.database.engine.connect() as connection:
                _ = await connection.execution_options(isolation_level="AUTOCOMMIT")
                if (await connection.execute(_TAKE)).scalar_one():
                    await _watch(publisher, connection)
        except Exception as error:
            if not is_transient(error) and not isinstance(error, OSError):
                log.exception("watching_failed")
        finally:
            publisher.is_watching = False
        await asyncio.sleep(STAND_BY_SECONDS)


async def _watch(publisher: Publisher, connection: AsyncConnection) -> NoReturn:
    """Watch for as long as the connection lives; raises when it does not."""
    log.info("rules_watched", directory=str(publisher.directory))
    patience = Patience()
    first = await _read(publisher)
    if first.error is None:
        _ = await offering.offer(publisher, first.files)
        patience.answered = first.name
    publisher.is_watching = True
    settled, alive_at = 0, monotonic()
    while True:
        await asyncio.sleep(READ_SECONDS)
        now = monotonic()
        reading = await _read(publisher)
        age = patience.seen(reading.name, now)
        if age is not None and await _answer(publisher, reading, is_over=age >= PATIENCE_SECONDS):
            patience.answered = reading.name
        if now - alive_at >= STAND_BY_SECONDS:
            alive_at = now
            _ = await connection.execute(_ALIVE)
            version = publisher.active.current.version
            if settled != version and await publisher.settle():
                settled = version


async def _read(publisher: Publisher) -> Reading:
    try:
        return Reading(await asyncio.to_thread(read_directory, publisher.directory))
    except RefusedError as error:
        return Reading({}, error)


async def _answer(publisher: Publisher, reading: Reading, *, is_over: bool) -> bool:
    """Deal with a stable reading; False when it may be in the middle of a save: then it is read again."""
    if reading.error:
        if is_over:
            await publisher.refuse_unreadable(reading.error)
        return is_over
    answer = await publisher.publish(reading.files, is_whole=is_over)
    return answer.outcome is not Outcome.UNFINISHED
