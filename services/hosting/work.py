"""What runs in the background for as long as a process is open."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from functools import partial
from typing import NoReturn

import structlog

from services.shared.batching import Batcher
from services.shared.errors import TransientError

Work = Callable[[], Awaitable[None]]
"""Runs until cancelled."""

DEAD_LETTER_SECONDS = 5.0
"""How often dead letters whose next try has come are looked for."""

log = structlog.stdlib.get_logger()


@asynccontextmanager
async def background(work: Iterable[Work]) -> AsyncIterator[None]:
    """Run all work until the context ends; the first that fails ends the context with its error."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_run(each)) for each in work]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()


def retrying(batchers: Iterable[Batcher]) -> list[Work]:
    """Return the work that tries dead letters again when their time has come."""
    return [partial(_retry_dead_letters, batcher) for batcher in batchers]


async def _run(work: Work) -> None:
    await work()


async def _retry_dead_letters(batcher: Batcher) -> NoReturn:
    while True:
        await asyncio.sleep(DEAD_LETTER_SECONDS)
        try:
            await batcher.retry_due()
        except TransientError as error:
            log.warning("dead_letters_paused", consumer=batcher.subscriptions.consumer, reason=str(error))
