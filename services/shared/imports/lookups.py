"""Finds records by what people call them: by natural key, or by the id that another system gave."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Select, Table, literal, null, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.shared.directory import directory
from services.shared.records import is_one_of


@dataclass(frozen=True)
class Match:
    """A record that was found, the customer it belongs to, and its own key and id."""

    record_id: UUID
    customer_id: UUID | None
    natural_key: str
    source_system: str | None
    external_id: str | None


class Lookup:
    """Looks in a table that has the columns `source_system` and `external_id`.

    `key` is the column with the record's id; a column `customer_id`, if any, names the customer. Without a
    column `natural_key` records are found by their ids only.
    """

    def __init__(self, table: Table, key: Column[Any], *, where: ColumnElement[bool] | None = None) -> None:
        self._columns = table.c
        self._key = key
        customer = table.c.customer_id if "customer_id" in table.c else null()
        natural_key = table.c.natural_key if "natural_key" in table.c else literal("")
        statement = select(key, customer, natural_key, table.c.source_system, table.c.external_id)
        statement = statement.order_by(key)
        self._all: Select[Any] = statement if where is None else statement.where(where)

    async def by_keys(self, session: AsyncSession, keys: Collection[str]) -> list[Match]:
        """All records with one of these natural keys."""
        return await self._find(session, self._columns.natural_key, keys)

    async def by_ids(self, session: AsyncSession, system: str, ids: Collection[str]) -> list[Match]:
        """All records to which a system gave one of these ids."""
        found = await self._find(session, self._columns.external_id, ids)
        return [match for match in found if match.source_system == system]

    async def names(self, session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, str]:
        """What people call the records with these ids, as far as the table has names."""
        if "name" not in self._columns:
            return {}
        rows = select(self._key, self._columns.name).where(is_one_of(self._key, ids))
        return {row[0]: row[1] for row in await session.execute(rows)}

    async def _find(
        self, session: AsyncSession, column: ColumnElement[str], words: Iterable[str]
    ) -> list[Match]:
        rows = await session.execute(self._all.where(is_one_of(column, sorted(set(words)))))
        return [Match(*row) for row in rows]


def directory_lookup(kind: str) -> Lookup:
    """Look for records of another service, of one kind, in the directory."""
    return Lookup(directory, directory.c.record_id, where=directory.c.kind == kind)
