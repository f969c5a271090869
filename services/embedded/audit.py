"""Whether everything that was said has been heard: head of the log = applied + dead + missing (A6)."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.shared import dead_letters, event_log, inbox
from services.shared.database import Database
from services.shared.service import Service


@dataclass(frozen=True)
class Line:
    """What one consumer has made of one service's log, in numbers of events."""

    consumer: str
    source: str
    head: int
    applied: int
    dead: int
    missing: int


async def audit(services: Mapping[str, Service]) -> list[Line]:
    """Return a line for every consumer and every service it hears."""
    # What consumers have handled is read first: what is said meanwhile shows as missing, never the reverse.
    handled = {name: await _handled(service) for name, service in services.items()}
    heads = {name: await _head(service.database) for name, service in services.items()}
    return [
        _line(name, source, heads[source], *handled[name].get(source, (0, 0)))
        for name, service in services.items()
        for source in sorted(service.subscriptions.sources)
    ]


def _line(consumer: str, source: str, head: int, handled: int, dead: int) -> Line:
    # A dead letter that was discarded or revived counts as applied: its position is handled.
    return Line(consumer, source, head, applied=handled - dead, dead=dead, missing=head - handled)


async def _handled(service: Service) -> dict[str, tuple[int, int]]:
    """By source: how many positions are handled, and how many of them are dead."""
    consumer = service.subscriptions.consumer
    async with service.database.session() as session:
        handled = await inbox.handled(session, consumer)
        dead = await dead_letters.counts(session, consumer)
    totals: dict[str, tuple[int, int]] = {}
    for (source, shard), count in handled.items():
        before = totals.get(source, (0, 0))
        totals[source] = (before[0] + count, before[1] + dead.get((source, shard), 0))
    return totals


async def _head(database: Database) -> int:
    async with database.session() as session:
        return sum((await event_log.heads(session)).values())
