"""Beginning changes at a steady rate."""

import asyncio
import time
from collections.abc import Callable, Coroutine


async def paced(count: int, rate: float, change: Callable[[int], Coroutine[None, None, None]]) -> None:
    """Begin so many changes at so many per second, whether or not those before have ended."""
    started = time.monotonic()
    async with asyncio.TaskGroup() as group:
        for number in range(count):
            await asyncio.sleep(max(0.0, started + number / rate - time.monotonic()))
            group.create_task(change(number))
