"""Which positions of which log a consumer has handled: redelivery is recognised for ever.

Per (consumer, source, shard) there is a watermark, up to which everything is handled, and the few positions
handled above it. Replicas of one consumer may work at the same time: a position is claimed by inserting it
above the watermark, so the second claimant waits for the first to commit and then finds it taken; or, where
the watermark has passed it meanwhile, when it marks it.
"""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.shared.database import inbox_watermark
from services.shared.errors import TransientError


class Position(NamedTuple):
    """A place in the event log of the service `source`; positions start at 1."""

    source: str
    shard: int
    position: int


class OvertakenError(TransientError):
    """A replica has handled a message of {source} meanwhile; what else came with it is done again."""

    slug = "overtaken"
    zh = "来自 {source} 的一条消息已由另一副本处理,同批其余消息将重新处理。"
    source: str


# Sorted, so that two claimants of the same positions wait for each other in one direction only.
_CLAIM = text(
    """
    with wanted as (
        select p.source, p.shard, p.position, w.position as handled
          from unnest(cast(:sources as text[]), cast(:shards as smallint[]), cast(:positions as bigint[]))
               as p(source, shard, position)
          left join inbox_watermark w
            on w.consumer = :consumer and w.source = p.source and w.shard = p.shard
    ), begun as (
        insert into inbox_watermark (consumer, source, shard, position)
        select distinct :consumer, source, shard, 0 from wanted where handled is null
         order by source, shard
            on conflict do nothing
    )
    insert into inbox_ahead (consumer, source, shard, position)
    select :consumer, source, shard, position
      from wanted
     where position > coalesce(handled, 0)
     order by source, shard, position
        on conflict do nothing
    returning source, shard, position
    """
)

_LOCK = text(
    """
    select w.source, w.shard, w.position
      from inbox_watermark w
      join unnest(cast(:sources as text[]), cast(:shards as smallint[])) as p(source, shard)
        on w.source = p.source and w.shard = p.shard
     where w.consumer = :consumer
     order by w.source, w.shard
       for update of w
    """
)

# To the last position of the unbroken run that starts right above the watermark, which is then forgotten.
_ADVANCE = text(
    """
    with moved as (
        update inbox_watermark w
           set position = (
               select a.position
                 from inbox_ahead a
                where a.consumer = w.consumer and a.source = w.source and a.shard = w.shard
                  and a.position > w.position
                  and not exists (
                      select from inbox_ahead b
                       where b.consumer = a.consumer and b.source = a.source and b.shard = a.shard
                         and b.position = a.position + 1)
                order by a.position
                limit 1)
          from unnest(cast(:sources as text[]), cast(:shards as smallint[])) as p(source, shard)
         where w.consumer = :consumer and w.source = p.source and w.shard = p.shard
           and exists (
               select from inbox_ahead a
                where a.consumer = w.consumer and a.source = w.source and a.shard = w.shard
                  and a.position = w.position + 1)
        returning w.source, w.shard, w.position
    )
    delete from inbox_ahead a
     using moved m
     where a.consumer = :consumer and a.source = m.source and a.shard = m.shard and a.position <= m.position
    """
)

_HANDLED = text(
    """
    select w.source, w.shard, w.position + (
           select count(*) from inbox_ahead a
            where a.consumer = w.consumer and a.source = w.source and a.shard = w.shard
              and a.position > w.position)
      from inbox_watermark w
     where w.consumer = :consumer
    """
)


async def claim(session: AsyncSession, consumer: str, positions: Iterable[Position]) -> set[Position]:
    """Take the positions that are to be handled in this transaction: those that never were.

    The first thing a transaction does; `mark` is its last.
    """
    wanted = _columns(consumer, sorted(set(positions)))
    return {Position(*row) for row in await session.execute(_CLAIM, wanted)}


async def mark(session: AsyncSession, consumer: str, positions: Collection[Position]) -> None:
    """Move the watermarks over what was claimed, as far as there is no gap.

    Positions above a gap are kept one by one. Ends the transaction: the watermarks stay locked to its end.
    Raises OvertakenError when a replica handled one of them, and moved the watermark over it, after the
    claim had looked where it stands.
    """
    if not positions:
        return
    places = _places(consumer, positions)
    marks = {(source, shard): mark for source, shard, mark in await session.execute(_LOCK, places)}
    for place in positions:
        if place.position <= marks[place.source, place.shard]:
            raise OvertakenError(source=place.source)
    await session.execute(_ADVANCE, places)


async def watermarks(session: AsyncSession, consumer: str) -> dict[str, dict[int, int]]:
    """Return, by source and shard, the position up to which everything is handled."""
    table = inbox_watermark.c
    rows = await session.execute(
        select(table.source, table.shard, table.position).where(table.consumer == consumer)
    )
    marks: dict[str, dict[int, int]] = {}
    for source, shard, position in rows:
        marks.setdefault(source, {})[shard] = position
    return marks


async def handled(session: AsyncSession, consumer: str) -> dict[tuple[str, int], int]:
    """Return, by source and shard, how many positions are handled, below and above the watermark."""
    rows = await session.execute(_HANDLED, {"consumer": consumer})
    return {(source, shard): count for source, shard, count in rows}


def _places(consumer: str, positions: Collection[Position]) -> dict[str, object]:
    places = sorted({(place.source, place.shard) for place in positions})
    return {"consumer": consumer, "sources": [p[0] for p in places], "shards": [p[1] for p in places]}


def _columns(consumer: str, positions: list[Position]) -> dict[str, object]:
    return {
        "consumer": consumer,
        "sources": [place.source for place in positions],
        "shards": [place.shard for place in positions],
        "positions": [place.position for place in positions],
    }
