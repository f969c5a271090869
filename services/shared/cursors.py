"""Readers of an event log that hand it on in order: to handlers in this process, or to a broker."""

import asyncio
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from time import monotonic, perf_counter

import structlog
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.envelope import SHARDS
from services.shared import event_log, inbox, metrics
from services.shared.batching import Batcher
from services.shared.database import Database, delivery_cursor, is_transient
from services.shared.delivery import Delivered
from services.shared.event_log import Logged, Stored
from services.shared.readiness import Pause
from services.shared.telemetry import is_tracing, publishing

POLL_SECONDS = 1.0
"""The backstop, for what another process has appended; what this one appends wakes the cursor at once."""

SHARED_SECONDS = 0.05
"""Until it looks again when what waits is in another replica's hands, who may not know of the last of it."""

PAUSES_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)
"""Between tries while the database or the broker is away; the last is repeated."""

BATCH = 200

Publish = Callable[[Stored], Awaitable[None]]
"""Publishes one event and returns when it is confirmed; any exception means that it may not be."""

_TAKE = text(
    """
    with taken as (
        select c.shard, c.position
          from delivery_cursor c
          join log_head h on h.shard = c.shard
         where c.destination = :destination and c.position < h.next_pos - 1
         order by h.next_pos - c.position desc
         limit :shards
           for update of c skip locked
    )
    select e.*
      from taken t
     cross join lateral (
           select l.shard, l.position, l.event_id, l.type, l.slot, l.envelope
             from event_log l
            where l.shard = t.shard and l.position > t.position
            order by l.position
            limit :events / (select count(*) from taken)) e
     order by e.shard, e.position
    """
)
_BEHIND = text(
    """
    select exists (
        select from delivery_cursor c join log_head h on h.shard = c.shard
         where c.destination = :destination and c.position < h.next_pos - 1)
    """
)
_ADVANCE = text(
    """
    update delivery_cursor c set position = w.position
      from unnest(cast(:shards as smallint[]), cast(:positions as bigint[])) as w(shard, position)
     where c.destination = :destination and c.shard = w.shard
    """
)

log = structlog.stdlib.get_logger()


class Cursor(ABC):
    """Hands on the log of one service, woken when this process appends to it."""

    def __init__(self, source: Database, *, poll_seconds: float = POLL_SECONDS) -> None:
        self.source = source
        self._poll_seconds = poll_seconds
        self._lock = asyncio.Lock()
        self._paused: tuple[float, str] | None = None

    def paused(self) -> Pause | None:
        """Return for how long nothing could be handed on, and why; None when all is well."""
        return Pause(monotonic() - self._paused[0], self._paused[1]) if self._paused else None

    async def drain(self) -> int:
        """Hand on all there is and return how many events that was; TransientError when something is away."""
        total = 0
        while (moved := await self._step()).count:
            total += moved.count
        return total

    async def run(self) -> None:
        """Hand on events until cancelled; outages are waited out."""
        failures = 0
        while True:
            seen = self.source.appended.count
            try:
                moved = await self._step()
            except Exception as error:
                if not is_transient(error):
                    raise
                pause = PAUSES_SECONDS[min(failures, len(PAUSES_SECONDS) - 1)]
                failures += 1
                self._paused = (self._paused[0] if self._paused else monotonic(), str(error))
                log.warning("cursor_paused", source=self.source.name, seconds=pause, reason=str(error))
                await asyncio.sleep(pause)
                continue
            failures, self._paused = 0, None
            if moved.is_all:
                await self.source.appended.wait_beyond(seen, seconds=self._poll_seconds)
            elif not moved.count:
                await asyncio.sleep(SHARED_SECONDS)

    async def _step(self) -> "Moved":
        async with self._lock:
            return await self._hand_on()

    @abstractmethod
    async def _hand_on(self) -> "Moved":
        """Hand on a batch and return what it was."""


@dataclass(frozen=True)
class Moved:
    """How many events were handed on; `is_all`: nothing else waited then that this process knew of."""

    count: int
    is_all: bool


class InProcessCursor(Cursor):
    """Hands a service's log to a consumer's batcher; the consumer's inbox watermark is its position."""

    def __init__(self, source: Database, source_name: str, batcher: Batcher) -> None:
        super().__init__(source)
        self._source_name = source_name
        self._batcher = batcher
        self._after: dict[int, int] | None = None
        self._limit = max(1, batcher.size // SHARDS)

    async def _hand_on(self) -> Moved:
        after = self._after if self._after is not None else await self._watermarks()
        # Read again from the inbox after any failure: it alone knows what was committed.
        self._after = None
        logged = await self._read(after)
        if logged:
            await self._batcher.handle([self._delivered(event) for event in logged])
        self._after = after | {event.shard: event.position for event in logged}
        return Moved(len(logged), is_all=_most_of_a_shard(logged) < self._limit)

    async def _watermarks(self) -> dict[int, int]:
        async with self._batcher.database.session() as session:
            marks = await inbox.watermarks(session, self._batcher.subscriptions.consumer)
        return dict.fromkeys(range(SHARDS), 0) | marks.get(self._source_name, {})

    async def _read(self, after: dict[int, int]) -> list[Logged]:
        async with self.source.session() as session:
            return await event_log.read_shards(session, after, limit=self._limit)

    def _delivered(self, event: Logged) -> Delivered:
        return Delivered(self._source_name, event.shard, event.position, event.envelope)


class BrokerCursor(Cursor):
    """Publishes a service's log; any number of replicas share the work.

    While little waits, all shards are taken together, as a step costs the same for one event as for many;
    while whole batches wait, one shard at a time, so that others have the others. A crash releases them; what
    was published and not noted is published again, which inboxes recognise.
    """

    def __init__(
        self,
        source: Database,
        publish: Publish,
        *,
        destination: str = "rabbitmq",
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        super().__init__(source, poll_seconds=poll_seconds)
        self._publish = publish
        self._destination = destination
        self._prepared = False
        self._shards = SHARDS

    async def _hand_on(self) -> Moved:
        async with self.source.session() as session:
            if not self._prepared:
                await self._prepare(session)
            events = await self._take(session)
            if not events:
                is_behind = await session.scalar(_BEHIND, {"destination": self._destination})
                return Moved(0, is_all=not is_behind)
            outcomes = await self._deliver(events)
            await self._advance(session, _confirmed(events, outcomes))
        is_all = self._shards == SHARDS and _most_of_a_shard(events) < BATCH // SHARDS
        # As many as each of the shards could give, up to what the division left.
        self._shards = 1 if len(events) > BATCH - SHARDS else SHARDS
        failures = [outcome for outcome in outcomes if outcome is not None]
        log.debug(
            "events_published",
            destination=self._destination,
            shards=len({event.shard for event in events}),
            confirmed=len(events) - len(failures),
        )
        if failures:
            raise failures[0]
        return Moved(len(events), is_all)

    async def _deliver(self, events: list[Stored]) -> list[BaseException | None]:
        """Publish all at the same time and return how each of them ended."""
        started = perf_counter()
        publish = self._traced_publish if is_tracing() else self._publish
        outcomes = await asyncio.gather(*map(publish, events), return_exceptions=True)
        service, failed = self.source.name, sum(outcome is not None for outcome in outcomes)
        metrics.publish_seconds.labels(service).observe(perf_counter() - started)
        metrics.events_published.labels(service, "confirmed").inc(len(events) - failed)
        metrics.events_published.labels(service, "failed").inc(failed)
        return outcomes

    async def _traced_publish(self, event: Stored) -> None:
        with publishing(event.envelope):
            await self._publish(event)

    async def _prepare(self, session: AsyncSession) -> None:
        rows = [{"destination": self._destination, "shard": shard, "position": 0} for shard in range(SHARDS)]
        await session.execute(insert(delivery_cursor).on_conflict_do_nothing(), rows)
        await session.commit()
        self._prepared = True

    async def _take(self, session: AsyncSession) -> list[Stored]:
        """Lock shards in which something waits, and return what comes next in each, in order."""
        parameters = {"destination": self._destination, "shards": self._shards, "events": BATCH}
        return [Stored(*row) for row in await session.execute(_TAKE, parameters)]

    async def _advance(self, session: AsyncSession, confirmed: dict[int, int]) -> None:
        if confirmed:
            parameters = {"shards": list(confirmed), "positions": list(confirmed.values())}
            await session.execute(_ADVANCE, {"destination": self._destination, **parameters})
            await session.commit()


def _most_of_a_shard(events: Sequence[Stored] | Sequence[Logged]) -> int:
    return max(Counter(event.shard for event in events).values(), default=0)


def _confirmed(events: Sequence[Stored], outcomes: Sequence[BaseException | None]) -> dict[int, int]:
    """The position in each shard before which, and at which, all is confirmed; events of a shard in order."""
    reached: dict[int, int] = {}
    failed = set()
    for event, outcome in zip(events, outcomes, strict=True):
        if outcome is not None:
            failed.add(event.shard)
        elif event.shard not in failed:
            reached[event.shard] = event.position
    return reached
