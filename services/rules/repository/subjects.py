"""Subjects: who is due, what they were last found to be."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, bindparam, false, func, or_, select, text, true, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.rules.ruleset.definition import SubjectKind
from services.rules.tables import customers, subjects


@dataclass(frozen=True)
class SubjectRow:
    """A subject as it was last evaluated; instants in business time, UTC."""

    subject_id: UUID
    kind: SubjectKind
    customer_id: UUID
    next_check_at: datetime | None
    touched_at: datetime | None
    next_touch_at: datetime | None
    facts: Mapping[str, Any]
    values: Mapping[str, Any]
    evaluated_version: int | None
    said: int


async def add(session: AsyncSession, rows: Sequence[Mapping[str, object]]) -> None:
    """Store whose subjects (`subject_id`, `kind`, `customer_id`, `owner_id`) are."""
    if not rows:
        return
    statement = insert(subjects)
    statement = statement.on_conflict_do_update(
        index_elements=["subject_id"],
        set_={name: statement.excluded[name] for name in ("customer_id", "owner_id")},
    )
    await session.execute(statement, list(rows))


async def share(session: AsyncSession) -> None:
    """Evaluate beside others until the end of the transaction, by the same rules and people."""
    await session.execute(text("select pg_advisory_xact_lock_shared(hashtext('genjin.evaluations'))"))


async def exclude(session: AsyncSession) -> None:
    """Let nobody else evaluate until the end of the transaction: what every evaluation reads changes."""
    await session.execute(text("select pg_advisory_xact_lock(hashtext('genjin.evaluations'))"))


async def lock(session: AsyncSession, customer_ids: Collection[UUID]) -> None:
    """Lock customers, known or not yet, in order: one changes or evaluates a customer at a time (A4)."""
    if not customer_ids:
        return
    rows = [{"customer_id": customer_id} for customer_id in sorted(customer_ids, key=str)]
    await session.execute(insert(customers).on_conflict_do_nothing(), rows)
    query = select(customers.c.customer_id).where(customers.c.customer_id.in_(customer_ids))
    await session.execute(query.order_by(customers.c.customer_id).with_for_update())


async def read(
    session: AsyncSession, *, of_customers: Collection[UUID], ids: Collection[UUID] = ()
) -> list[SubjectRow]:
    """All subjects of some customers, and some by their ids."""
    columns = [subjects.c[name] for name in SubjectRow.__dataclass_fields__]
    wanted = subjects.c.customer_id.in_(of_customers) | subjects.c.subject_id.in_(ids)
    return [SubjectRow(*row) for row in await session.execute(select(*columns).where(wanted))]


async def mark_due(session: AsyncSession, subject_ids: Collection[UUID], now: datetime) -> None:
    """Let the scheduler evaluate these subjects."""
    if subject_ids:
        await session.execute(
            update(subjects)
            .where(subjects.c.subject_id.in_(subject_ids))
            .values(next_check_at=now, touched_at=now)
        )


async def mark_everyone_due(session: AsyncSession, now: datetime) -> None:
    """Let the scheduler evaluate all there is."""
    await session.execute(update(subjects).values(next_check_at=now, touched_at=now))


async def postpone(session: AsyncSession, subject_ids: Collection[UUID], until: datetime | None) -> None:
    """Look at these subjects again at an instant; None: when something arrives about them."""
    if subject_ids:
        await session.execute(
            update(subjects).where(subjects.c.subject_id.in_(subject_ids)).values(next_check_at=until)
        )


async def owned_by(session: AsyncSession, person_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """The subjects that these people look after, each with its customer.

    A subject without an owner of its own is looked after by the owner of its customer.
    """
    owned = select(subjects.c.subject_id).where(subjects.c.owner_id.in_(person_ids))
    return await _customers_of(
        session,
        subjects.c.owner_id.in_(person_ids)
        | (subjects.c.owner_id.is_(None) & subjects.c.customer_id.in_(owned)),
    )


async def customers_of(session: AsyncSession, subject_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """These subjects, each with its customer."""
    return await _customers_of(session, subjects.c.subject_id.in_(subject_ids))


async def _customers_of(session: AsyncSession, condition: ColumnElement[bool]) -> dict[UUID, UUID]:
    rows = await session.execute(select(subjects.c.subject_id, subjects.c.customer_id).where(condition))
    return {row.subject_id: row.customer_id for row in rows}


async def take_due(session: AsyncSession, now: datetime, limit: int) -> dict[UUID, set[UUID]]:
    """Lock customers that have due subjects, those due longest first; return their due subjects.

    What another replica has locked is left to it.
    """
    due = (
        select(subjects.c.customer_id, func.min(subjects.c.next_check_at).label("since"))
        .where(subjects.c.next_check_at <= now)
        .group_by(subjects.c.customer_id)
        .order_by("since")
        .limit(limit)
        .subquery()
    )
    query = (
        select(customers.c.customer_id)
        .join(due, due.c.customer_id == customers.c.customer_id)
        .order_by(due.c.since)
        .with_for_update(of=customers, skip_locked=True)
    )
    taken = list((await session.execute(query)).scalars())
    rows = await session.execute(
        select(subjects.c.customer_id, subjects.c.subject_id).where(
            subjects.c.customer_id.in_(taken), subjects.c.next_check_at <= now
        )
    )
    found: dict[UUID, set[UUID]] = {customer_id: set() for customer_id in taken}
    for customer_id, subject_id in rows:
        found[customer_id].add(subject_id)
    return found


async def count_due(session: AsyncSession, now: datetime) -> int:
    """How many subjects are due."""
    query = select(func.count()).select_from(subjects).where(subjects.c.next_check_at <= now)
    return int((await session.execute(query)).scalar_one())


async def save(session: AsyncSession, rows: Sequence[Mapping[str, object]]) -> None:
    """Store what evaluations found; each row names its subject as `key`."""
    if rows:
        names = [name for name in rows[0] if name != "key"]
        statement = (
            update(subjects)
            .where(subjects.c.subject_id == bindparam("key"))
            .values({name: bindparam(name) for name in names})
        )
        connection = await session.connection()
        await connection.execute(statement, list(rows))


async def concerned(
    session: AsyncSession, kind: str, *, alternatives: Sequence[Mapping[str, Sequence[object]]]
) -> list[UUID]:
    """The subjects of a kind whose facts, as last evaluated, fit one of the alternatives.

    An alternative lists the allowed values of some facts; an empty one fits every subject.
    """
    query = select(subjects.c.subject_id).where(subjects.c.kind == kind)
    fits = [
        and_(true(), *(_is_one_of(name, values) for name, values in alternative.items()))
        for alternative in alternatives
    ]
    return list((await session.execute(query.where(or_(false(), *fits)))).scalars())


def _is_one_of(name: str, values: Sequence[object]) -> ColumnElement[bool]:
    return or_(false(), *(subjects.c.facts.contains({name: value}) for value in values))
