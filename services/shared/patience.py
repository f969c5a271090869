"""Work that meets a passing trouble, or names what is on its way, is done again soon, a few times."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import TypeVar

import structlog
from sqlalchemy.exc import SQLAlchemyError

from services.shared.database import DatabaseAwayError, is_transient
from services.shared.errors import AwaitedError, TransientError

QUICK_RETRIES = (0.05, 0.2, 0.8)
"""Seconds before each further try of work that met a passing trouble."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 0.25
_WAITS_IN_RESERVE = 5

T = TypeVar("T")
log = structlog.stdlib.get_logger()


async def patiently(work: Callable[[], Awaitable[T]], *, service: str, consumer: str) -> T:
    """Do the work, trying again soon after a passing trouble; DatabaseAwayError when it stays."""
    for pause in QUICK_RETRIES:
        try:
            return await work()
        except (TransientError, SQLAlchemyError, ConnectionError) as error:
            if not is_transient(error):
                raise
            log.info("work_retried", consumer=consumer, reason=str(error))
        await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 -- jitter guards no secret
    try:
        return await work()
    except (SQLAlchemyError, ConnectionError) as error:
        if not is_transient(error):
            raise
        raise DatabaseAwayError(service=service, reason=str(error)) from error


async def until_known(work: Callable[[], Awaitable[T]], *, seconds: float) -> T:
    """Do the work until all that it names is known, for at most so many seconds; then an AwaitedError.

    Each time is a transaction of its own, so that no lock and no connection is held in between.
    """
    deadline = monotonic() + seconds
    pause = _FIRST_PAUSE
    while True:
        try:
            return await work()
        except AwaitedError:
            left = deadline - monotonic()
            if left <= 0:
                raise
        await asyncio.sleep(min(pause, left))
        pause = min(2 * pause, _LONGEST_PAUSE)


class SharedPatience:
    """How long work that others queue behind may wait for what it names: `seconds` each time.

    Waits in vain use up a reserve that fills again at half the pace of time, so that names of what does not
    exist hold the others up half of the time at most.
    """

    def __init__(self, seconds: float, *, elapsed: Callable[[], float] = monotonic) -> None:
        self._seconds = seconds
        self._elapsed = elapsed
        self._full = self._reserve = seconds * _WAITS_IN_RESERVE
        self._filled_at = elapsed()

    @property
    def seconds(self) -> float:
        """How long the next work may wait."""
        now = self._elapsed()
        self._reserve = min(self._full, self._reserve + (now - self._filled_at) / 2)
        self._filled_at = now
        return min(self._seconds, self._reserve)

    async def until_known(self, work: Callable[[], Awaitable[T]]) -> T:
        """Do the work until all that it names is known, or patience ends; then an AwaitedError."""
        seconds = self.seconds
        try:
            return await until_known(work, seconds=seconds)
        except AwaitedError:
            self.waited_in_vain(seconds)
            raise

    def waited_in_vain(self, seconds: float) -> None:
        """Take a wait off the reserve."""
        self._reserve -= seconds
