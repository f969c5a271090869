"""How far logs go and what consumers have made of them: what an audit subtracts (A6)."""

from collections.abc import Iterable

from fastapi import APIRouter
from pydantic import BaseModel

from services.shared import dead_letters, event_log, inbox
from services.shared.database import Database
from services.shared.service import Service


class Heads(BaseModel):
    """How many events each service has said."""

    heads: dict[str, int]


class Handled(BaseModel):
    """What one consumer has made of one service's log, in numbers of events.

    A dead letter that was discarded or came back to life counts as applied.
    """

    consumer: str
    source: str
    applied: int
    dead: int


class AllHandled(BaseModel):
    """What the consumers here have made of the logs they hear."""

    handled: list[Handled]


def audit_router(services: Iterable[Service]) -> APIRouter:
    """Return the routes that an audit reads, over one service or several.

    It reads what is handled first: what is said meanwhile shows as missing, never the reverse.
    """
    router = APIRouter(prefix="/v1/audit", tags=["operation"])
    audited = tuple(services)

    @router.get("/handled")
    async def read_handled() -> AllHandled:
        """What the consumers here have made of the logs they hear; read it before the heads."""
        return AllHandled(handled=[line for service in audited for line in await _handled(service)])

    @router.get("/heads")
    async def read_heads() -> Heads:
        """How far the logs of the services here go."""
        return Heads(heads={service.name: await _head(service.database) for service in audited})

    return router


async def _handled(service: Service) -> list[Handled]:
    consumer, sources = service.subscriptions.consumer, sorted(service.subscriptions.sources)
    async with service.database.session() as session:
        handled = await inbox.handled(session, consumer)
        dead = await dead_letters.counts(session, consumer)
    return [_line(consumer, source, _of(handled, source), dead=_of(dead, source)) for source in sources]


def _line(consumer: str, source: str, handled: int, *, dead: int) -> Handled:
    return Handled(consumer=consumer, source=source, applied=handled - dead, dead=dead)


def _of(counts: dict[tuple[str, int], int], source: str) -> int:
    return sum(count for (name, _), count in counts.items() if name == source)


async def _head(database: Database) -> int:
    async with database.session() as session:
        return sum((await event_log.heads(session)).values())
