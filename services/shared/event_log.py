"""The append-only log of a service's events: the outbox, the feed and the audit in one table.

Positions are contiguous per shard and become visible in order, because a shard's head is locked from the
moment positions are taken until the commit: a reader of `position > last` misses nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from contracts.envelope import SHARDS, Envelope, routing_key, shard_of
from services.shared.database import log_head

SOURCE_PREFIX = "/genjin/"
"""What the `source` of every event starts with, before the service's name."""

_READ = text(
    """
    select e.shard, e.position, e.envelope
      from unnest(cast(:shards as smallint[]), cast(:after as bigint[])) as w(shard, after)
     cross join lateral (
           select l.shard, l.position, l.envelope
             from event_log l
            where l.shard = w.shard and l.position > w.after
            order by l.position
            limit :limit) e
     order by e.shard, e.position
    """
)


# The heads of the shards concerned are locked in the order of shards, so that writers never deadlock, and are
# read as they are then, whatever was committed while the statement waited for them.
_APPEND = text(
    """
    with said as (
        select r.*, row_number() over (partition by r.shard order by r.n) as ordinal
          from unnest(
               cast(:shards as smallint[]), cast(:event_ids as uuid[]), cast(:types as text[]),
               cast(:subjects as text[]), cast(:customer_ids as uuid[]), cast(:slots as smallint[]),
               cast(:envelopes as text[])) with ordinality
               as r (shard, event_id, type, subject, customer_id, slot, envelope, n)
    ), heads as (
        select shard, next_pos
          from log_head
         where shard = any(cast(:shards as smallint[]))
         order by shard
           for no key update
    ), taken as (
        update log_head h
           set next_pos = heads.next_pos + (select count(*) from said where said.shard = heads.shard)
          from heads
         where h.shard = heads.shard
    )
    insert into event_log (shard, position, event_id, type, subject, customer_id, slot, envelope)
    select s.shard, heads.next_pos + s.ordinal - 1,
           s.event_id, s.type, s.subject, s.customer_id, s.slot, s.envelope
      from said s
      join heads on heads.shard = s.shard
    returning true
    """
)


@dataclass(frozen=True, slots=True)
class Logged:
    """An event and its place in the log of the service `source`; positions start at 1."""

    source: str
    shard: int
    position: int
    envelope: Envelope


@dataclass(frozen=True, slots=True)
class Stored:
    """An event as it stands in the log, unread: to be handed on, not understood. `body` is its envelope."""

    shard: int
    position: int
    id: UUID
    type: str
    slot: int
    body: str

    @property
    def envelope(self) -> Envelope:
        """The event, read."""
        return Envelope.model_validate_json(self.body)

    @property
    def routing_key(self) -> str:
        """The key under which it is published."""
        return routing_key(self.slot, self.type)


async def seed_heads(connection: AsyncConnection) -> None:
    """Give every shard its head, where it has none yet."""
    rows = [{"shard": shard, "next_pos": 1} for shard in range(SHARDS)]
    await connection.execute(upsert(log_head).on_conflict_do_nothing(), rows)


async def append(session: AsyncSession, envelopes: Sequence[Envelope]) -> None:
    """Append events, in their order; the last thing a transaction does before its commit.

    Raises LookupError when a shard has no head, which each has from the migration on.
    """
    if not envelopes:
        return
    slots = [envelope.slot for envelope in envelopes]
    appended = await session.execute(
        _APPEND,
        {
            "shards": [shard_of(slot) for slot in slots],
            "event_ids": [envelope.id for envelope in envelopes],
            "types": [envelope.type for envelope in envelopes],
            "subjects": [envelope.subject for envelope in envelopes],
            "customer_ids": [envelope.customerid for envelope in envelopes],
            "slots": slots,
            "envelopes": [envelope.model_dump_json(exclude_none=True) for envelope in envelopes],
        },
    )
    if len(appended.all()) != len(envelopes):
        message = "a shard of the event log has no head: migrate the database"
        raise LookupError(message)


async def read(session: AsyncSession, *, shard: int, after: int, limit: int) -> list[Logged]:
    """Read at most `limit` events of one shard that follow a position, in order."""
    return await read_shards(session, {shard: after}, limit=limit)


async def read_shards(session: AsyncSession, after: Mapping[int, int], *, limit: int) -> list[Logged]:
    """Read the events that follow a position in each of several shards, at most `limit` of each shard."""
    parameters = {"shards": list(after), "after": list(after.values()), "limit": limit}
    rows = await session.execute(_READ, parameters)
    return [_logged(shard, position, body) for shard, position, body in rows]


async def heads(session: AsyncSession) -> dict[int, int]:
    """Return the last position of each shard; 0 where nothing was said yet."""
    rows = await session.execute(select(log_head.c.shard, log_head.c.next_pos))
    return {shard: next_pos - 1 for shard, next_pos in rows}


def _logged(shard: int, position: int, body: str) -> Logged:
    envelope = Envelope.model_validate_json(body)
    return Logged(envelope.source.removeprefix(SOURCE_PREFIX), shard, position, envelope)
