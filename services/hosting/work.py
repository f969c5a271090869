"""What runs in the background for as long as a process is open."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager

Work = Callable[[], Awaitable[None]]
"""Runs until cancelled."""


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


async def _run(work: Work) -> None:
    await work()
