"""Publishes the rules directory when it is edited."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import structlog
from watchfiles import awatch

from services.rules.handlers.publishing import Publisher
from services.rules.ruleset.loader.directory import read_directory
from services.shared.database import is_transient
from services.shared.errors import GenjinError

DEBOUNCE_MILLISECONDS = 100
"""Saving several files at once is one edit."""

AWAY_SECONDS = 1.0

log = structlog.stdlib.get_logger()


async def run(directory: Path, publisher: Publisher) -> None:
    """Publish every edit of the directory, for ever; a broken one changes nothing and says what is wrong."""
    async for _ in awatch(directory, debounce=DEBOUNCE_MILLISECONDS, step=20):
        try:
            files = read_directory(directory)
        except GenjinError as error:
            log.error("rules_unreadable", problem=error.message("zh"))  # noqa: TRY400 -- a user's mistake
            continue
        await _publish(publisher, files)


async def _publish(publisher: Publisher, files: Mapping[str, str]) -> None:
    while True:
        try:
            await publisher.publish(files)
        except Exception as error:
            if not is_transient(error):
                log.exception("publishing_failed")
                return
            await asyncio.sleep(AWAY_SECONDS)
        else:
            return
