"""Messages that could not be handled: kept one by one, so that nothing queues up behind them."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import ColumnElement, RowMapping, delete, func, null, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.envelope import Envelope
from contracts.identity import new_id
from services.shared.database import dead_letters
from services.shared.inbox import Position

_UNPLACED = UUID("3c1b0c0e-6a5b-5d53-8f0c-1d7f5f5d3d11")

NEXT_TRIES = tuple(timedelta(seconds=seconds) for seconds in (10, 30, 2 * 60, 10 * 60, 60 * 60, 6 * 60 * 60))
"""How long after each attempt a message is tried again; after the last only an operator does."""


@dataclass(frozen=True)
class Failure:
    """Why a message could not be handled; `lasting` when trying again unchanged cannot help."""

    reason: str
    error_class: str
    lasting: bool


@dataclass(frozen=True)
class DeadLetter:
    """A message that could not be handled, as it came; `place` is None when it names none."""

    place: Position | None
    body: bytes
    envelope: Envelope | None = None


async def bury(session: AsyncSession, consumer: str, letter: DeadLetter, failure: Failure) -> UUID:
    """Keep a message after its first attempt; the caller marks its place as handled.

    The same bytes without a place are kept once, however often they come.
    """
    key = new_id() if letter.place else uuid5(_UNPLACED, f"{consumer}|{letter.body.hex()}")
    row = {
        "id": key,
        "consumer": consumer,
        **(letter.place._asdict() if letter.place else {}),
        "event_id": letter.envelope.id if letter.envelope else None,
        "type": letter.envelope.type if letter.envelope else None,
        "body": letter.body,
        **_attempted(1, failure),
    }
    await session.execute(insert(dead_letters).values(row).on_conflict_do_nothing())
    return key


async def take_due(session: AsyncSession, consumer: str) -> RowMapping | None:
    """Lock and return the message that waits longest for its next try; None when none is due."""
    table = dead_letters.c
    due = (
        select(table.id, table.body, table.attempts)
        .where(table.consumer == consumer, table.next_try_at <= func.now())
        .order_by(table.next_try_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return (await session.execute(due)).mappings().one_or_none()


async def revive(session: AsyncSession, key: UUID) -> None:
    """Forget a message, because it has been handled after all."""
    await session.execute(delete(dead_letters).where(dead_letters.c.id == key))


async def failed_again(session: AsyncSession, key: UUID, attempts: int, failure: Failure) -> None:
    """Note another failure, after `attempts` in all."""
    await session.execute(
        update(dead_letters).where(dead_letters.c.id == key).values(_attempted(attempts, failure))
    )


async def counts(session: AsyncSession, consumer: str) -> dict[tuple[str, int], int]:
    """Return how many messages of each source and shard are dead for a consumer."""
    table = dead_letters.c
    rows = await session.execute(
        select(table.source, table.shard, func.count())
        .where(table.consumer == consumer, table.source.is_not(None))
        .group_by(table.source, table.shard)
    )
    return {(source, shard): count for source, shard, count in rows}


def _attempted(attempts: int, failure: Failure) -> dict[str, object]:
    return {
        "reason": failure.reason,
        "error_class": failure.error_class,
        "attempts": attempts,
        "next_try_at": _next_try(attempts, lasting=failure.lasting),
    }


def _next_try(attempts: int, *, lasting: bool) -> ColumnElement[Any]:
    if lasting or attempts > len(NEXT_TRIES):
        return null()
    return func.now() + NEXT_TRIES[attempts - 1]
