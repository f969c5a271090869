"""Work that meets a passing trouble is tried again soon, a few times."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog
from sqlalchemy.exc import SQLAlchemyError

from services.shared.database import DatabaseAwayError, is_transient
from services.shared.errors import TransientError

QUICK_RETRIES = (0.05, 0.2, 0.8)
"""Seconds before each further try of work that met a passing trouble."""

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
