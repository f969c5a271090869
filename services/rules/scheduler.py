"""Wakes up when subjects are due."""

import asyncio
from typing import NoReturn

import structlog

from services.rules.handlers.due import evaluate_due
from services.rules.handlers.standing import Standing
from services.shared.clock import Clock
from services.shared.database import Database, is_transient

WORKERS = 2
"""One evaluates while the database works for the other; what one has locked the other passes over."""

IDLE_SECONDS = 0.25
AWAY_SECONDS = 1.0

log = structlog.stdlib.get_logger()


async def run(database: Database, clock: Clock, standing: Standing) -> None:
    """Evaluate what is due, for ever; while nothing is due, look again four times a second.

    An outage of the database is waited out: what fell due meanwhile is evaluated afterwards.
    """
    async with asyncio.TaskGroup() as group:
        for _ in range(WORKERS):
            group.create_task(_work(database, clock, standing))


async def _work(database: Database, clock: Clock, standing: Standing) -> NoReturn:
    while True:
        try:
            pause = 0.0 if await evaluate_due(database, clock, standing) else IDLE_SECONDS
        except Exception as error:
            if not is_transient(error):
                log.exception("scheduler_failed")
            pause = AWAY_SECONDS
        await asyncio.sleep(pause)
