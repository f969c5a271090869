"""Finds records by what people call them: by natural key, or by the ids that other systems gave."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Select, Table, and_, literal, null, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.events import SourceRef
from services.shared.foreign_ids import foreign_ids, is_any_of
from services.shared.statements import is_one_of, take_turns


@dataclass(frozen=True)
class Match:
    """A record that was found, the customer it belongs to, and its natural key."""

    record_id: UUID
    customer_id: UUID | None
    natural_key: str


class Lookup:
    """Looks for records of one kind in a table, and for their ids in `ids`.

    `key` is the column with the record's id, by default the primary key; a column `customer_id`, if any,
    names the customer. Without a column `natural_key` records are found by their ids only.
    """

    def __init__(
        self,
        kind: str,
        table: Table,
        *,
        key: Column[Any] | None = None,
        ids: Table = foreign_ids,
        where: ColumnElement[bool] | None = None,
    ) -> None:
        self._kind = kind
        self._ids = ids
        self._table = table
        self._key: Column[Any] = next(iter(table.primary_key)) if key is None else key
        self._where = true() if where is None else where
        self._columns = (
            self._key,
            table.c.customer_id if "customer_id" in table.c else null(),
            table.c.natural_key if "natural_key" in table.c else literal(""),
        )

    async def by_record_id(self, session: AsyncSession, record_id: UUID) -> Match | None:
        """Return the record with this id of ours."""
        row = (await session.execute(self._select().where(self._key == record_id))).first()
        return Match(*row) if row else None

    async def by_keys(self, session: AsyncSession, keys: Collection[str]) -> list[Match]:
        """All records with one of these natural keys."""
        statement = self._select().where(is_one_of(self._table.c.natural_key, sorted(set(keys))))
        return [Match(*row) for row in await session.execute(statement)]

    async def claim_names(self, session: AsyncSession, natural_keys: Collection[str]) -> None:
        """Until the transaction ends, let nobody else who claims one of these names make a record of it."""
        await take_turns(session, (f"{self._kind}|{natural_key}" for natural_key in natural_keys))

    async def by_refs(
        self, session: AsyncSession, refs: Collection[SourceRef]
    ) -> list[tuple[SourceRef, Match]]:
        """All records that have one of these ids, each with that id."""
        ids = self._ids.c
        statement = self._select(ids.source_system, ids.external_id).join(
            self._ids, and_(ids.record_id == self._key, is_any_of(self._ids, self._kind, refs))
        )
        return [
            (SourceRef(source_system=system, external_id=external_id), Match(*row))
            for *row, system, external_id in await session.execute(statement)
        ]

    async def names(self, session: AsyncSession, record_ids: Collection[UUID]) -> dict[UUID, str]:
        """What people call the records with these ids of ours, as far as the table has names."""
        if "name" not in self._table.c:
            return {}
        rows = select(self._key, self._table.c.name).where(is_one_of(self._key, record_ids))
        return {row[0]: row[1] for row in await session.execute(rows)}

    def _select(self, *more: Column[Any]) -> Select[Any]:
        statement = select(*self._columns, *more).select_from(self._table)
        return statement.where(self._where).order_by(self._key)
