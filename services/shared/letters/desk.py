"""Dead letters of one service: read, rehearsed, replayed, given up."""

from collections.abc import Awaitable, Callable, Iterable
from uuid import UUID

import structlog

from services.shared import dead_letters
from services.shared.clock import Clock
from services.shared.commands import Commands
from services.shared.database import Database
from services.shared.delivery import Subscriptions
from services.shared.errors import NotFoundError
from services.shared.failures import Failure
from services.shared.letters import queries
from services.shared.letters.order import Standing
from services.shared.letters.queries import COMMAND_QUEUE
from services.shared.letters.views import Chosen, GroupView, LetterDetail, LetterFilter, LetterView, Selection
from services.shared.retrying import Outcome, Result, Retrier, events_for, orders_for

log = structlog.stdlib.get_logger()


class UnknownLetterError(NotFoundError):
    """There is no dead letter {letter_id}."""

    slug = "unknown-dead-letter"
    zh = "没有编号为 {letter_id} 的死信。"


class Desk:
    """The dead letters of the service whose database this is; `retriers` are by consumer."""

    def __init__(self, database: Database, retriers: Iterable[Retrier]) -> None:
        self.service = database.name
        self.database = database
        self.retriers = {retrier.consumer: retrier for retrier in retriers}

    async def page(self, wanted: LetterFilter) -> list[LetterView]:
        """Return a page and the first letter of the next one."""
        async with self.database.session() as session:
            return await queries.list_letters(session, self.service, wanted)

    async def groups(self, wanted: Chosen) -> list[GroupView]:
        """Return the largest groups."""
        async with self.database.session() as session:
            return await queries.group_letters(session, self.service, wanted)

    async def find(self, key: UUID) -> LetterDetail | None:
        """Return all of a letter; None when it is not here."""
        async with self.database.session() as session:
            row = await dead_letters.find(session, key)
        return queries.detail(row, self.service) if row else None

    async def select(self, selection: Selection) -> list[Standing]:
        """Return where the letters that are meant stand, oldest first, at most one more than asked for."""
        async with self.database.session() as session:
            return await queries.select_standings(session, selection)

    async def rehearse(self, key: UUID) -> Outcome:
        """Say what would happen if a letter were tried now."""
        return await self._by_its_consumer(key, Retrier.rehearse)

    async def replay(self, key: UUID) -> Outcome:
        """Try a letter now."""
        return await self._by_its_consumer(key, Retrier.retry)

    async def discard(self, key: UUID, because: str) -> Outcome:
        """Give a letter up; it stays for the record, and its position stays handled."""
        async with self.database.session() as session:
            is_done = await dead_letters.discard(session, key, because=because)
            await session.commit()
            row = await dead_letters.find(session, key)
        if is_done:
            log.info("dead_letter_discarded", service=self.service, letter=str(key), reason=because)
        if row is None:
            return Outcome(Result.GONE)
        return Outcome(Result.DISCARDED if row["discarded_at"] else Result.BUSY)

    async def _by_its_consumer(
        self, key: UUID, act: Callable[[Retrier, UUID], Awaitable[Outcome]]
    ) -> Outcome:
        async with self.database.session() as session:
            row = await dead_letters.find(session, key)
        if row is None:
            return Outcome(Result.GONE)
        retrier = self.retriers.get(row["consumer"])
        if retrier is None:
            reason = f"nobody here hears as {row['consumer']}"
            return Outcome(Result.FAILED, Failure(reason, "UnknownConsumer", lasting=True))
        return await act(retrier, key)


def desk_of(database: Database, *, subscriptions: Subscriptions, commands: Commands, clock: Clock) -> Desk:
    """Return the desk of a service that hears these events and carries out these commands."""
    consumer = subscriptions.consumer
    ways = {consumer: events_for(subscriptions), consumer + COMMAND_QUEUE: orders_for(commands)}
    return Desk(
        database,
        [Retrier(database, consumer=name, apply_letter=way, clock=clock) for name, way in ways.items()],
    )
