"""Rows of one table as records of the domain: read under a lock, written back many at a time.

A column has the name of the field it holds; a field with an amount of money takes two columns, the second
one named `<field>_currency`.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

from sqlalchemy import Column, Enum, Numeric, Select, String, Table, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.events import EventData, SourceRef
from contracts.money import AMOUNT_DIGITS, Money
from services.shared import foreign_ids
from services.shared.changes import IDS
from services.shared.lookups import Lookup
from services.shared.statements import is_one_of

R = TypeVar("R", bound="Known")
E = TypeVar("E", bound=EventData)


def word_type(words: type[StrEnum]) -> Enum:
    """Return the type of a column that holds one of the words, by value and as text."""
    return Enum(words, native_enum=False, length=32, values_callable=lambda e: [word.value for word in e])


def money_columns(name: str, *, nullable: bool = True) -> tuple[Column[Any], Column[Any]]:
    """Return the two columns that hold an amount of money and its currency."""
    amount = Column(name, Numeric(AMOUNT_DIGITS, 2), nullable=nullable)
    return amount, Column(f"{name}_currency", String(3), nullable=nullable)


class Known(Protocol):
    """A record that other systems may know by ids of theirs, the first one first."""

    source_refs: tuple[SourceRef, ...]


class Records(Generic[R]):
    """The records of one kind, with their foreign ids.

    `key` is the column with their id, which as all unique ones never changes. `kind` is what references and
    events call them.
    """

    def __init__(self, table: Table, record_type: type[R], *, kind: str, money: Sequence[str] = ()) -> None:
        self.table = table
        self.kind = kind
        self.key: Column[UUID] = next(iter(table.primary_key))
        self.lookup = Lookup(kind, table)
        self._fixed = {column.name for column in table.c if column.primary_key or column.unique}
        self._type = record_type
        self._money = money
        names = [field.name for field in fields(record_type)]  # type: ignore[arg-type]  # R is a dataclass
        self._fields = [name for name in names if name != IDS]

    def select(self) -> Select[Any]:
        """Return the statement that selects all records, each with its column `source_refs`."""
        return select(self.table, foreign_ids.refs_of(self.kind, self.key))

    async def lock(self, session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, R]:
        """Read the records with these ids and lock them until the transaction ends, in the order of ids."""
        if not ids:
            return {}
        statement = select(self.key).where(is_one_of(self.key, ids)).order_by(self.key)
        # Without key changes, so that rows which only refer to a record do not wait for its lock.
        locked = (await session.scalars(statement.with_for_update(key_share=True))).all()
        # Read after the lock: what was waited for may have given a record another foreign id.
        statement = self.select().where(is_one_of(self.key, locked)).order_by(self.key)
        rows = (await session.execute(statement)).mappings()
        return {row[self.key]: self.read(row) for row in rows}

    async def find(self, session: AsyncSession, record_id: UUID) -> R | None:
        """Read one record, without a lock."""
        row = (await session.execute(self.select().where(self.key == record_id))).mappings().first()
        return self.read(row) if row else None

    async def find_meant(
        self,
        session: AsyncSession,
        ref: SourceRef,
        *,
        natural_key: str | None = None,
        customer_id: UUID | None = None,
    ) -> R | None:
        """Find the record that a system means: the one with this id, else by name, of a customer if given.

        By name it is the only record of that name, unless the system has given that one another id. Until the
        transaction ends nobody else who asks this way gets an answer.
        """
        known = await foreign_ids.claim(session, self.kind, [ref])
        if ref in known:
            return await self.find(session, known[ref])
        if natural_key is None:
            return None
        named = await self.take_name(session, natural_key, customer_id=customer_id)
        if len(named) != 1 or any(each.source_system == ref.source_system for each in named[0].source_refs):
            return None
        return named[0]

    async def take_name(
        self, session: AsyncSession, natural_key: str, *, customer_id: UUID | None = None
    ) -> list[R]:
        """Return the records with this natural key, of a customer if one is given.

        Until the transaction ends nobody else takes the name.
        """
        await self.lookup.claim_names(session, [natural_key])
        columns = self.table.c
        statement = self.select().where(columns.natural_key == natural_key).order_by(self.key)
        if customer_id is not None:
            statement = statement.where(columns.customer_id == customer_id)
        return [self.read(row) for row in (await session.execute(statement)).mappings()]

    async def save(self, session: AsyncSession, records: Iterable[R]) -> None:
        """Write records, new ones and changed ones, with their foreign ids. Raises ForeignIdTakenError."""
        records = list(records)
        rows = sorted((self.write(record) for record in records), key=lambda row: row[self.key.name])
        if rows:
            statement = insert(self.table)
            # What identifies a record stays; setting it again would lock out rows that refer to the record.
            changing = {name: statement.excluded[name] for name in rows[0] if name not in self._fixed}
            statement = statement.on_conflict_do_update(index_elements=[self.key], set_=changing)
            await session.execute(statement, rows)
        ids = {getattr(record, self.key.name): record.source_refs for record in records}
        await foreign_ids.give(session, self.kind, ids)

    def read(self, row: Mapping[Any, Any]) -> R:
        """Return the record that a row of `select` holds."""
        values = {name: row[name] for name in (*self._fields, IDS)}
        for name in self._money:
            amount = values[name]
            values[name] = None if amount is None else Money(amount=amount, currency=row[f"{name}_currency"])
        return self._type(**values)

    def write(self, record: R) -> dict[str, Any]:
        """Return the row of the table that holds a record."""
        row = {name: getattr(record, name) for name in self._fields}
        for name in self._money:
            money = row[name]
            row[name], row[f"{name}_currency"] = (money.amount, money.currency) if money else (None, None)
        return row


async def keep_newest(session: AsyncSession, table: Table, rows: Iterable[Mapping[str, Any]]) -> None:
    """Merge what was heard into a projection: per primary key the row with the highest `sequence` stays.

    So any order, and any repetition, ends in the same rows (A4).
    """
    keys = [column.name for column in table.primary_key]
    ordered = sorted((dict(row) for row in rows), key=lambda row: [row[key] for key in keys])
    if not ordered:
        return
    statement = insert(table)
    statement = statement.on_conflict_do_update(
        index_elements=keys,
        set_={name: statement.excluded[name] for name in ordered[0] if name not in keys},
        where=statement.excluded.sequence > table.c.sequence,
    )
    await session.execute(statement, ordered)


def event_from(event: type[E], record: object, **more: object) -> E:
    """Make an event of the fields that a record has under the same names, and of what else is given."""
    state = {name: getattr(record, name) for name in event.model_fields if hasattr(record, name)}
    if "source_ref" in event.model_fields:
        state["source_ref"] = next(iter(state[IDS]), None)
    return event.model_validate({**state, **more})


@dataclass(frozen=True, eq=False)
class Heard:
    """A row for a projection, as one message tells it; `merge_heard` merges all those of a batch at once."""

    table: Table
    row: Mapping[str, Any]


async def merge_heard(session: AsyncSession, heard: Iterable[Heard]) -> None:
    """Merge rows into their projections, each projection with one statement."""
    by_table: dict[str, list[Heard]] = {}
    for each in heard:
        by_table.setdefault(each.table.name, []).append(each)
    for name in sorted(by_table):
        same = by_table[name]
        await keep_newest(session, same[0].table, [each.row for each in same])
