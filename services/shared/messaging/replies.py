"""Answers to commands, sent to where the sender wished; nothing waits for one, or fails for want of it."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from faststream.rabbit import RabbitMessage
from pydantic import ValidationError
from pydantic_core import to_json
from sqlalchemy.exc import DBAPIError

from contracts.commands import CommandDone
from services.shared.cloud_events import JSON
from services.shared.database import is_about_values
from services.shared.errors import GenjinError, Locale
from services.shared.http import (
    InternalError,
    InvalidRequestError,
    UnusableValueError,
    liked_best,
    problem_members,
)
from services.shared.http.documents import PROBLEM_TYPE
from services.shared.messaging.connections import publishing_broker

REPLY_SECONDS = 10.0
MOST_REPLIES = 1000
"""On their way at once; when the broker takes none, more are dropped."""

log = structlog.stdlib.get_logger()


@dataclass(frozen=True)
class Asked:
    """Where an answer is wished for, if at all, the id that it repeats, and the languages liked."""

    reply_to: str | None
    correlation_id: str | None
    accept_language: str

    @classmethod
    def by(cls, message: RabbitMessage) -> "Asked":
        """Return what a message asks for."""
        raw, liked = message.raw_message, message.headers.get("accept-language")
        return cls(raw.reply_to or None, raw.correlation_id, liked if isinstance(liked, str) else "")


class Replies:
    """Answers commands over a connection of its own, made when first needed."""

    def __init__(self, url: str, *, service: str, locale: Locale) -> None:
        self._broker = publishing_broker(url, service)
        self._locale = locale
        self._under_way: set[asyncio.Task[None]] = set()
        self._connecting = asyncio.Lock()

    def confirm(self, asked: Asked, record: UUID) -> None:
        """Answer that a command was carried out."""
        self._soon(asked, CommandDone(id=record).model_dump_json().encode(), JSON)

    def refuse(self, asked: Asked, error: Exception) -> str:
        """Answer why a command was not carried out; returns the code of the reason."""
        reason, more = _reason(error)
        locale = liked_best(asked.accept_language, default=self._locale)
        self._soon(asked, to_json(problem_members(reason, locale, **more)), PROBLEM_TYPE)
        return reason.slug

    async def close(self) -> None:
        """Send what is under way, for a while, and close the connection."""
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=REPLY_SECONDS)
        with suppress(Exception):
            await self._broker.stop()

    def _soon(self, asked: Asked, body: bytes, content_type: str) -> None:
        if asked.reply_to and len(self._under_way) < MOST_REPLIES:
            task = asyncio.create_task(self._send(asked.reply_to, asked.correlation_id, body, content_type))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

    async def _send(self, queue: str, correlation_id: str | None, body: bytes, content_type: str) -> None:
        try:
            async with asyncio.timeout(REPLY_SECONDS):
                async with self._connecting:
                    await self._broker.connect()
                # By the default exchange, whatever the sender wrote: a queue, or nobody.
                await self._broker.publish(
                    body,
                    routing_key=queue,
                    mandatory=False,
                    content_type=content_type,
                    correlation_id=correlation_id,
                    persist=True,
                )
        except Exception as error:  # noqa: BLE001 -- the command is done, whatever becomes of its answer
            log.warning("reply_lost", reason=str(error) or type(error).__name__)


def _reason(error: Exception) -> tuple[GenjinError, dict[str, Any]]:
    if isinstance(error, GenjinError):
        return error, {}
    if isinstance(error, ValidationError):
        places = [
            {"field": ".".join(map(str, each["loc"])), "message": each["msg"], "code": each["type"]}
            for each in error.errors(include_url=False, include_input=False, include_context=False)
        ]
        return InvalidRequestError(count=len(places)), {"errors": places}
    if isinstance(error, DBAPIError) and is_about_values(error):
        return UnusableValueError(), {}
    return InternalError(), {}
