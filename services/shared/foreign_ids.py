"""The ids that other systems gave to the records of a service (A12).

A record has any number of ids, in the order in which it got them; an id has one record, and stays with it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    Dialect,
    Index,
    Integer,
    Table,
    Text,
    TypeDecorator,
    Uuid,
    and_,
    false,
    func,
    insert,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession
from typing_extensions import override

from contracts.events import SourceRef
from services.shared.database import shared_metadata
from services.shared.errors import ConflictError
from services.shared.statements import is_one_of, take_turns

foreign_ids = Table(
    "foreign_ids",
    shared_metadata,
    Column("record_kind", Text, primary_key=True),
    Column("source_system", Text, primary_key=True),
    Column("external_id", Text, primary_key=True),
    Column("record_id", Uuid, nullable=False),
    Column("number", Integer, nullable=False, comment="Its place among the ids of the record, from 0."),
    Index(None, "record_id", "number", unique=True),
    comment="The ids that other systems gave to the records of this service.",
)


class ForeignIdTakenError(ConflictError):
    """The id {external_id} of {source_system} belongs to another record ({record_id}) and stays with it."""

    slug = "foreign-id-taken"
    zh = "系统“{source_system}”的编号 {external_id} 已属于另一条记录（{record_id}），不能改属。"
    members = ("source_system", "external_id", "record_id")
    source_system: str
    external_id: str
    record_id: UUID


async def find(session: AsyncSession, kind: str, refs: Collection[SourceRef]) -> dict[SourceRef, UUID]:
    """Return the records of a kind that have these ids; ids that no record has are absent."""
    if not refs:
        return {}
    columns = foreign_ids.c
    statement = select(columns.source_system, columns.external_id, columns.record_id)
    rows = await session.execute(statement.where(is_any_of(foreign_ids, kind, refs)))
    return {SourceRef(source_system=row[0], external_id=row[1]): row[2] for row in rows}


async def claim(session: AsyncSession, kind: str, refs: Collection[SourceRef]) -> dict[SourceRef, UUID]:
    """Find as `find` does; until the transaction ends nobody else who claims these ids gets an answer.

    So of two who make a record for the same id at once, the second finds the record of the first.
    """
    await take_turns(session, (f"{kind}|{ref.source_system}|{ref.external_id}" for ref in refs))
    return await find(session, kind, refs)


async def give(session: AsyncSession, kind: str, ids: Mapping[UUID, Sequence[SourceRef]]) -> None:
    """Give records of a kind all these ids, in this order; those that they have already stay.

    Who gives ids has claimed them and locked the records. Raises ForeignIdTakenError, and gives nothing, when
    an id is to have two records.
    """
    given = [(ref, number, record_id) for record_id, refs in ids.items() for number, ref in enumerate(refs)]
    known = await find(session, kind, [ref for ref, _, _ in given])
    owners, new = dict(known), []
    for ref, number, record_id in given:
        owner = owners.setdefault(ref, record_id)
        if owner != record_id:
            raise ForeignIdTakenError(**ref.model_dump(), record_id=owner)
        if ref not in known:
            new.append({**ref.model_dump(), "record_kind": kind, "record_id": record_id, "number": number})
    if new:
        await session.execute(insert(foreign_ids), new)


async def systems_of(
    session: AsyncSession, kind: str, record_ids: Collection[UUID]
) -> defaultdict[UUID, set[str]]:
    """Return which systems gave ids to these records of a kind."""
    columns = foreign_ids.c
    statement = select(columns.record_id, columns.source_system).where(
        columns.record_kind == kind, is_one_of(columns.record_id, record_ids)
    )
    found: defaultdict[UUID, set[str]] = defaultdict(set)
    for record_id, system in await session.execute(statement):
        found[record_id].add(system)
    return found


def is_any_of(ids: Table, kind: str, refs: Iterable[SourceRef]) -> ColumnElement[bool]:
    """Return the test that a row of a table of ids holds one of these, of a kind of record."""
    by_system: defaultdict[str, list[str]] = defaultdict(list)
    for ref in refs:
        by_system[ref.source_system].append(ref.external_id)
    any_ref = (
        and_(ids.c.source_system == system, is_one_of(ids.c.external_id, external_ids))
        for system, external_ids in sorted(by_system.items())
    )
    return and_(ids.c.record_kind == kind, or_(false(), *any_ref))


def refs_of(kind: str, record_id: ColumnElement[UUID]) -> ColumnElement[tuple[SourceRef, ...]]:
    """Return the column `source_refs` of a statement: all ids of the record that `record_id` names."""
    columns = foreign_ids.c
    pair = func.jsonb_build_array(columns.source_system, columns.external_id)
    listed = select(func.jsonb_agg(aggregate_order_by(pair, columns.number))).where(
        columns.record_kind == kind, columns.record_id == record_id
    )
    return type_coerce(listed.scalar_subquery(), _SourceRefs()).label("source_refs")


class _SourceRefs(TypeDecorator[tuple[SourceRef, ...]]):
    """Ids as PostgreSQL lists them; none are null there."""

    impl = JSONB
    cache_ok = True

    @override
    def process_result_value(self, value: Any | None, dialect: Dialect) -> tuple[SourceRef, ...]:
        return tuple(SourceRef(source_system=pair[0], external_id=pair[1]) for pair in value or ())
