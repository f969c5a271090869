"""Messages that could not be handled: kept one by one, so that nothing queues up behind them.

A letter's position counts as handled from the moment it is buried. It leaves by being applied, in the
transaction that removes it; one that an operator gives up, or that a later command has overtaken, stays for
the record.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import (
    ColumnElement,
    RowMapping,
    Select,
    and_,
    case,
    delete,
    func,
    literal,
    null,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, Insert, insert
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.envelope import Envelope
from contracts.identity import new_id
from services.shared import inbox
from services.shared.database import dead_letters
from services.shared.failures import Failure, storable, storable_json
from services.shared.inbox import Position

_UNPLACED = UUID("3c1b0c0e-6a5b-5d53-8f0c-1d7f5f5d3d11")

NEXT_TRIES = tuple(timedelta(seconds=seconds) for seconds in (10, 30, 2 * 60, 10 * 60, 60 * 60, 6 * 60 * 60))
"""How long after each attempt a message is tried again; after the last only an operator does."""

RECORD_HEADER = "genjin-record"
"""Under this name the headers of a command's letter say whose record it is about, and its id there."""

SUPERSEDED = "superseded by a later command"

_is_kept = dead_letters.c.discarded_at.is_(None)


@dataclass(frozen=True)
class DeadLetter:
    """A message that could not be handled, as it came; `place` is None when it names none.

    `type` where there is no envelope to say it; `headers`, where they are kept, of whatever shape; `record`
    of a command: the name of the system whose record it is about, and its id there.
    """

    place: Position | None
    body: bytes
    envelope: Envelope | None = None
    type: str | None = None
    headers: Mapping[str, Any] | None = None
    record: tuple[str, str] | None = None


@dataclass(frozen=True)
class Claimed:
    """A letter that is to be tried now, as the attempt of this number; it was due at `due_at`."""

    id: UUID
    type: str | None
    body: bytes
    attempts: int
    due_at: datetime | None


async def bury(session: AsyncSession, consumer: str, letter: DeadLetter, failure: Failure) -> None:
    """Keep a message after its first attempt; the caller marks its place as handled.

    The same bytes without a place are kept once: what comes again stands where the last of them came, and
    what was given up is alive again.
    """
    await _keep(session, consumer, letter, failure, attempts=1, next_try_at=_next_try(1, failure=failure))


async def bury_tried_out(session: AsyncSession, consumer: str, letter: DeadLetter, failure: Failure) -> bool:
    """Keep a message that others have tried often enough: one more attempt at once, then only by an operator.

    Claims its place and marks it as handled; False when that was handled before, and nothing is kept then.
    """
    places = [letter.place] if letter.place else []
    if places and not await inbox.claim(session, consumer, places):
        return False
    await _keep(session, consumer, letter, failure, attempts=len(NEXT_TRIES), next_try_at=func.now())
    if places:
        await inbox.mark(session, consumer, places)
    return True


async def claim_due(session: AsyncSession, consumer: str) -> Claimed | None:
    """Claim the letter that waits longest for its next try; None when none is due."""
    table = dead_letters.c
    due = _lockable().where(table.consumer == consumer, table.next_try_at <= func.now())
    return await _claim(session, due.order_by(table.next_try_at).limit(1))


async def claim(session: AsyncSession, key: UUID) -> Claimed | None:
    """Count an attempt before it is made; None when the letter is gone or somebody is trying it."""
    return await _claim(session, _lockable().where(dead_letters.c.id == key))


async def is_locked_here(session: AsyncSession, key: UUID) -> bool:
    """Lock a letter to the end of the transaction; False when it is gone or somebody else has it."""
    locked = await session.execute(_lockable().where(dead_letters.c.id == key))
    return locked.one_or_none() is not None


async def find(session: AsyncSession, key: UUID) -> RowMapping | None:
    """Return a whole letter, also one in somebody's hands; None when there is none."""
    rows = await session.execute(select(dead_letters).where(dead_letters.c.id == key))
    return rows.mappings().one_or_none()


async def revive(session: AsyncSession, key: UUID) -> None:
    """Forget a message, because it has been handled after all."""
    await session.execute(delete(dead_letters).where(dead_letters.c.id == key))


async def failed_again(session: AsyncSession, claimed: Claimed, failure: Failure) -> None:
    """Note why the attempt that was claimed has failed; a lasting failure waits for an operator."""
    values = _told(failure, claimed.type)
    if failure.lasting:
        values["next_try_at"] = null()
    await session.execute(
        update(dead_letters).where(dead_letters.c.id == claimed.id, _is_kept).values(values)
    )


async def give_back(session: AsyncSession, claimed: Claimed) -> None:
    """Undo a claim whose attempt was not made, because something was away."""
    table = dead_letters.c
    await session.execute(
        update(dead_letters)
        .where(table.id == claimed.id, table.attempts == claimed.attempts)
        .values(attempts=claimed.attempts - 1, next_try_at=claimed.due_at)
    )


async def discard(session: AsyncSession, key: UUID, *, because: str) -> bool:
    """Give a letter up, for this reason; False when it is gone, given up before, or being tried."""
    if not await is_locked_here(session, key):
        return False
    await session.execute(
        update(dead_letters)
        .where(dead_letters.c.id == key)
        .values(discarded_at=func.now(), discarded_because=because, next_try_at=null())
    )
    return True


async def supersede(
    session: AsyncSession, consumer: str, command_type: str | None, record: tuple[str, str] | None
) -> None:
    """Give up the letters of all commands of this type about a record, because a later one is carried out."""
    table = dead_letters.c
    if record is not None:
        about = table.headers[RECORD_HEADER] == literal(storable_json(record), JSONB)
        await _supersede(session, and_(table.consumer == consumer, table.type == command_type, about))


async def supersede_before(session: AsyncSession, key: UUID) -> None:
    """Give up the letters of commands that the command of this letter, carried out now, has overtaken."""
    table, later = dead_letters.c, dead_letters.alias("later").c
    earlier = and_(
        later.id == key,
        table.consumer == later.consumer,
        table.type == later.type,
        table.headers[RECORD_HEADER] == later.headers[RECORD_HEADER],
        tuple_(table.created_at, table.id) < tuple_(later.created_at, later.id),
    )
    await _supersede(session, earlier)


async def counts(session: AsyncSession, consumer: str) -> dict[tuple[str, int], int]:
    """Return how many messages of each source and shard are dead for a consumer, and not given up."""
    table = dead_letters.c
    rows = await session.execute(
        select(table.source, table.shard, func.count())
        .where(table.consumer == consumer, table.source.is_not(None), _is_kept)
        .group_by(table.source, table.shard)
    )
    return {(source, shard): count for source, shard, count in rows}


def _lockable() -> Select[Any]:
    """Letters that may be tried: not given up, and not in anybody's hands."""
    table = dead_letters.c
    columns = select(table.id, table.type, table.body, table.attempts, table.next_try_at)
    return columns.where(_is_kept).with_for_update(skip_locked=True)


async def _claim(session: AsyncSession, one: Select[Any]) -> Claimed | None:
    row = (await session.execute(one)).mappings().one_or_none()
    if row is None:
        return None
    attempts = row["attempts"] + 1
    await session.execute(
        update(dead_letters)
        .where(dead_letters.c.id == row["id"])
        .values(attempts=attempts, next_try_at=_next_try(attempts))
    )
    return Claimed(row["id"], row["type"], row["body"], attempts, row["next_try_at"])


async def _supersede(session: AsyncSession, which: ColumnElement[bool]) -> None:
    table = dead_letters.c
    # The last first: who tries a letter has locked it, and then wants the earlier ones.
    locked = select(table.id).where(_is_kept, which).with_for_update(of=dead_letters).correlate(None)
    latest_first = locked.order_by(table.created_at.desc(), table.id.desc())
    await session.execute(
        update(dead_letters)
        .where(table.id.in_(latest_first))
        .values(discarded_at=func.now(), discarded_because=SUPERSEDED, next_try_at=null())
    )


async def _keep(
    session: AsyncSession,
    consumer: str,
    letter: DeadLetter,
    failure: Failure,
    *,
    attempts: int,
    next_try_at: ColumnElement[Any],
) -> None:
    named = letter.envelope.type if letter.envelope else letter.type
    message_type = None if named is None else storable(named)
    row = {
        "id": new_id()
        if letter.place
        else uuid5(_UNPLACED, f"{consumer}|{message_type}|{letter.body.hex()}"),
        "consumer": consumer,
        **(letter.place._asdict() if letter.place else {}),
        "event_id": letter.envelope.id if letter.envelope else None,
        "type": message_type,
        "body": letter.body,
        "headers": _headers(letter),
        "attempts": attempts,
        "next_try_at": next_try_at,
        **_told(failure, message_type),
    }
    await session.execute(_once(insert(dead_letters).values(row)))


def _once(kept: Insert) -> Insert:
    """Keep what comes again in place of the first; its next try stays, so that tries stay bounded."""
    table, new = dead_letters.c, kept.excluded
    told = ("reason", "error_class", "fingerprint", "headers", "failed_at")
    return kept.on_conflict_do_update(
        index_elements=[table.id],
        set_={
            **{name: new[name] for name in told},
            "created_at": func.now(),
            "attempts": case((_is_kept, table.attempts + 1), else_=new.attempts),
            "next_try_at": case((_is_kept, table.next_try_at), else_=new.next_try_at),
            "discarded_at": null(),
            "discarded_because": null(),
        },
    )


def _headers(letter: DeadLetter) -> Any:  # noqa: ANN401 -- JSON, or the null of SQL
    if letter.headers is None and letter.record is None:
        return null()
    headers = storable_json(letter.headers or {})
    headers.pop(RECORD_HEADER, None)  # nobody else says whose letter it is
    return {**headers, RECORD_HEADER: storable_json(letter.record)} if letter.record else headers


def _told(failure: Failure, message_type: str | None) -> dict[str, Any]:
    return {
        "reason": storable(failure.reason),
        "error_class": failure.error_class,
        "fingerprint": storable(failure.fingerprint(message_type)),
        "failed_at": func.now(),
    }


def _next_try(attempts: int, *, failure: Failure | None = None) -> ColumnElement[Any]:
    if (failure and failure.lasting) or attempts > len(NEXT_TRIES):
        return null()
    return func.now() + NEXT_TRIES[attempts - 1]
