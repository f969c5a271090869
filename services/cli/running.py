"""Runs what a command does: signals end it in good order, and a failure comes out as itself."""

import asyncio
import signal
from collections.abc import Coroutine, Iterator
from typing import Any, TypeVar

import typer

from services.shared.errors import GenjinError

T = TypeVar("T")

INTERRUPTED = 130
"""The exit status of what a signal ended, as shells have it."""


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end; SIGINT or SIGTERM cancels it once, and what it had opened is closed before we leave."""
    try:
        return asyncio.run(_cancellable(work))
    except asyncio.CancelledError:
        raise typer.Exit(INTERRUPTED) from None
    except BaseExceptionGroup as group:
        raise _worded(group) from group


async def _cancellable(work: Coroutine[Any, Any, T]) -> T:
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()

    def stop() -> None:
        # Once: an impatient second signal must not interrupt the database while it stops.
        if not task.cancelling():
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    return await task


def _worded(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the first failure that has words for the user, else the first."""
    failures = list(_leaves(group))
    return next((failure for failure in failures if isinstance(failure, GenjinError)), failures[0])


def _leaves(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for each in group.exceptions:
        if isinstance(each, BaseExceptionGroup):
            yield from _leaves(each)
        else:
            yield each
