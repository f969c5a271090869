"""Subjects: who is due, what they were last found to be."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic_core import from_json, to_json
from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.rules.ruleset.definition import SubjectKind
from services.rules.tables import subjects
from services.shared.statements import is_one_of


@dataclass(frozen=True)
class NewSubject:
    """A subject that was not known, or not as this customer's and this owner's."""

    subject_id: UUID
    kind: SubjectKind
    customer_id: UUID
    owner_id: UUID | None
    assignee_id: UUID | None = None


@dataclass(frozen=True)
class SubjectRow:
    """A subject as it was last evaluated; instants in business time, UTC.

    `decided` has the deciding row and the values of each decision.
    """

    subject_id: UUID
    kind: SubjectKind
    customer_id: UUID
    next_check_at: datetime | None
    touched_at: datetime | None
    next_touch_at: datetime | None
    facts: Mapping[str, Any]
    values: Mapping[str, Any]
    decided: Mapping[str, Any]
    evaluated_version: int | None
    said: int


_ADD = text(
    """
    insert into subjects (subject_id, kind, customer_id, owner_id, assignee_id)
    select subject_id, kind, customer_id, owner_id, assignee_id
      from unnest(cast(:subject_ids as uuid[]), cast(:kinds as text[]), cast(:customer_ids as uuid[]),
                  cast(:owner_ids as uuid[]), cast(:assignee_ids as uuid[]))
           as r (subject_id, kind, customer_id, owner_id, assignee_id)
     order by subject_id
        on conflict (subject_id) do update
       set customer_id = excluded.customer_id, owner_id = excluded.owner_id,
           assignee_id = excluded.assignee_id
     where (subjects.customer_id, subjects.owner_id, subjects.assignee_id)
           is distinct from (excluded.customer_id, excluded.owner_id, excluded.assignee_id)
    """
)


async def add(session: AsyncSession, added: Sequence[NewSubject]) -> None:
    """Store whose subjects are."""
    if added:
        columns = {
            "subject_ids": [subject.subject_id for subject in added],
            "kinds": [subject.kind for subject in added],
            "customer_ids": [subject.customer_id for subject in added],
            "owner_ids": [subject.owner_id for subject in added],
            "assignee_ids": [subject.assignee_id for subject in added],
        }
        await session.execute(_ADD, columns)


async def share(session: AsyncSession) -> None:
    """Evaluate beside others until the end of the transaction, by the same rules and people."""
    await session.execute(text("select pg_advisory_xact_lock_shared(hashtext('genjin.evaluations'))"))


async def exclude(session: AsyncSession) -> None:
    """Let nobody else evaluate until the end of the transaction: what every evaluation reads changes."""
    await session.execute(text("select pg_advisory_xact_lock(hashtext('genjin.evaluations'))"))


# All of them or, while one is not known yet, none, so that the order of locking is the same for everybody.
_LOCK = text(
    """
    select customer_id from customers
     where customer_id = any(cast(:ids as uuid[]))
       and :count = (select count(*) from customers where customer_id = any(cast(:ids as uuid[])))
     order by customer_id for no key update
    """
)
_KNOW = text(
    """
    insert into customers (customer_id)
    select customer_id from unnest(cast(:ids as uuid[])) as r (customer_id) order by customer_id
        on conflict do nothing
    """
)


async def lock(session: AsyncSession, customer_ids: Collection[UUID]) -> None:
    """Lock customers, known or not yet, in order: one changes or evaluates a customer at a time (A4)."""
    wanted = {"ids": list(customer_ids), "count": len(customer_ids)}
    if customer_ids and not (await session.execute(_LOCK, wanted)).all():
        await session.execute(_KNOW, {"ids": wanted["ids"]})
        await session.execute(_LOCK, wanted)


_COLUMNS = """
    select subject_id, kind, customer_id, next_check_at, touched_at, next_touch_at, cast(facts as text),
           cast("values" as text), cast(decided as text), evaluated_version, said
      from subjects
"""
_READ = text(f"{_COLUMNS} where customer_id = any(cast(:customers as uuid[]))")
_READ_SOME = text(
    f"""
    {_COLUMNS} where customer_id = any(cast(:customers as uuid[]))
    union all
    {_COLUMNS} where subject_id = any(cast(:ids as uuid[]))
                 and not customer_id = any(cast(:customers as uuid[]))
    """
)


async def read(
    session: AsyncSession, *, of_customers: Collection[UUID], ids: Collection[UUID] = ()
) -> list[SubjectRow]:
    """All subjects of some customers, and some by their ids."""
    parameters: dict[str, object] = {"customers": list(of_customers)}
    if ids:
        parameters["ids"] = list(ids)
    rows = await session.execute(_READ_SOME if ids else _READ, parameters)
    return [_row(row) for row in rows]


def _row(row: Sequence[Any]) -> SubjectRow:
    return SubjectRow(*[*row[:6], *map(from_json, row[6:9]), *row[9:]])


async def mark_due(session: AsyncSession, subject_ids: Collection[UUID], now: datetime) -> None:
    """Let the scheduler evaluate these subjects."""
    if subject_ids:
        await session.execute(
            update(subjects)
            .where(is_one_of(subjects.c.subject_id, subject_ids))
            .values(next_check_at=now, touched_at=now)
        )


async def postpone(session: AsyncSession, subject_ids: Collection[UUID], until: datetime | None) -> None:
    """Look at these subjects again at an instant; None: when something arrives about them."""
    if subject_ids:
        await session.execute(
            update(subjects).where(is_one_of(subjects.c.subject_id, subject_ids)).values(next_check_at=until)
        )


_MARK_LED = text(
    """
    with led as (
        select subject_id from subjects where owner_id = any(cast(:owners as uuid[]))
         union
        select subject_id from subjects where assignee_id = any(cast(:owners as uuid[]))
         union
        select below.subject_id
          from subjects customer join subjects below on below.customer_id = customer.subject_id
         where customer.owner_id = any(cast(:owners as uuid[])) and below.owner_id is null),
    asking as (
        select o.subject_id from obligations o join led on led.subject_id = o.subject_id
         where o.status = 'open'
         union
        select subject_id from obligations
         where status = 'open' and rule = any(cast(:rules as text[]))
         union
        select subject_id from obligations
         where :fallback and status = 'open'
           and jsonb_path_exists(
               (state->'watchers') || (state->'assignee'), '$[*].resolved_from ? (@ == "fallback")'))
    update subjects s set next_check_at = :now, touched_at = :now
      from asking where asking.subject_id = s.subject_id
    """
)


async def mark_led(
    session: AsyncSession, owners: Collection[UUID], *, rules: Collection[str], fallback: bool, now: datetime
) -> None:
    """Let the scheduler evaluate whose open tasks show these people; nobody else evaluates meanwhile.

    They are the subjects that these `owners` look after or carry out (one without an owner of its own is
    looked after by the owner of its customer), those with tasks of these `rules`, and those that ask the
    `fallback`.
    """
    parameters = {"owners": list(owners), "rules": list(rules), "fallback": fallback, "now": now}
    await session.execute(_MARK_LED, parameters)


# Locked in the order in which they are due; what a replica has locked is passed over, not waited for.
_TAKE = text(
    """
    select c.customer_id
      from subjects s join customers c on c.customer_id = s.customer_id
     where s.next_check_at <= :now
     order by s.next_check_at
     limit :limit
       for no key update of c skip locked
    """
)
_DUE_OF = text(
    """
    select customer_id, subject_id from subjects
     where customer_id = any(cast(:customers as uuid[])) and next_check_at <= :now
    """
)


async def take_due(session: AsyncSession, now: datetime, limit: int) -> dict[UUID, set[UUID]]:
    """Lock the customers of so many due subjects, those due longest first; return all their due subjects.

    What another replica has locked is left to it.
    """
    taken = (await session.execute(_TAKE, {"now": now, "limit": limit})).scalars()
    customer_ids = list(dict.fromkeys(taken))
    found: dict[UUID, set[UUID]] = {}
    # Asked again now that they are locked: a replica may have evaluated some while we looked.
    for customer_id, subject_id in await session.execute(_DUE_OF, {"customers": customer_ids, "now": now}):
        found.setdefault(customer_id, set()).add(subject_id)
    return found


async def due(session: AsyncSession, now: datetime) -> tuple[int, datetime | None]:
    """How many subjects are due, and since when the one that waits longest is (business time, UTC)."""
    columns = subjects.c
    query = select(func.count(), func.min(columns.next_check_at)).where(columns.next_check_at <= now)
    count, since = (await session.execute(query)).one()
    return int(count), since


_SAVE = text(
    """
    update subjects s
       set next_check_at = r.next_check_at, touched_at = null, next_touch_at = r.next_touch_at,
           facts = cast(r.facts as jsonb), "values" = cast(r.found as jsonb),
           decided = cast(r.decided as jsonb), evaluated_version = r.version, said = r.said
      from unnest(cast(:ids as uuid[]), cast(:next_checks as timestamptz[]),
                  cast(:next_touches as timestamptz[]), cast(:facts as text[]), cast(:values as text[]),
                  cast(:decided as text[]), cast(:versions as integer[]), cast(:said as integer[]))
           as r (subject_id, next_check_at, next_touch_at, facts, found, decided, version, said)
     where s.subject_id = r.subject_id
    """
)


async def save(session: AsyncSession, rows: Sequence[SubjectRow]) -> None:
    """Store what evaluations found; they are no longer due because of what touched them."""
    if rows:
        columns = {
            "ids": [row.subject_id for row in rows],
            "next_checks": [row.next_check_at for row in rows],
            "next_touches": [row.next_touch_at for row in rows],
            "facts": [to_json(row.facts).decode() for row in rows],
            "values": [to_json(row.values).decode() for row in rows],
            "decided": [to_json(row.decided).decode() for row in rows],
            "versions": [row.evaluated_version for row in rows],
            "said": [row.said for row in rows],
        }
        await session.execute(_SAVE, columns)
