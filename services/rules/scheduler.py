"""Wakes up when subjects are due."""

import asyncio

import structlog

from services.rules.handlers.due import evaluate_due
from services.rules.handlers.standing import Standing
from services.shared.clock import Clock
from services.shared.database import Database, is_transient

IDLE_SECONDS = 0.25
AWAY_SECONDS = 1.0

log = structlog.stdlib.get_logger()


async def run(database: Database, clock: Clock, standing: Standing) -> None:
    """Evaluate what is due, for ever; while nothing is due, look again four times a second.

    An outage of the database is waited out: what fell due meanwhile is evaluated afterwards.
    """
    while True:
        try:
            pause = 0.0 if await evaluate_due(database, clock, standing) else IDLE_SECONDS
        except Exception as error:
            if not is_transient(error):
                log.exception("scheduler_failed")
            pause = AWAY_SECONDS
        await asyncio.sleep(pause)
