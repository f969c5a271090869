"""How long the event loop keeps others waiting: what blocks it, blocks everything in the process."""

import asyncio
from time import perf_counter
from typing import NoReturn

from services.shared.metrics import loop_lag_seconds

EVERY_SECONDS = 0.5


async def measure_loop_lag() -> NoReturn:
    """Ask to be woken, and note by how much it was too late, for ever."""
    while True:
        asked = perf_counter()
        await asyncio.sleep(EVERY_SECONDS)
        loop_lag_seconds.observe(max(0.0, perf_counter() - asked - EVERY_SECONDS))
