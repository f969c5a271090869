"""Rows of one table as records of the domain: read under a lock, written back many at a time.

A column has the name of the field it holds; a field with an amount of money takes two columns, the second
one named `<field>_currency`.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    Enum,
    Numeric,
    String,
    Table,
    any_,
    func,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.events import EventData, SourceRef
from contracts.money import AMOUNT_DIGITS, Money

R = TypeVar("R")
V = TypeVar("V")
E = TypeVar("E", bound=EventData)


def word_type(words: type[StrEnum]) -> Enum:
    """Return the type of a column that holds one of the words, by value and as text."""
    return Enum(words, native_enum=False, length=32, values_callable=lambda e: [word.value for word in e])


def money_columns(name: str, *, nullable: bool = True) -> tuple[Column[Any], Column[Any]]:
    """Return the two columns that hold an amount of money and its currency."""
    amount = Column(name, Numeric(AMOUNT_DIGITS, 2), nullable=nullable)
    return amount, Column(f"{name}_currency", String(3), nullable=nullable)


def is_one_of(column: ColumnElement[V], values: Collection[V]) -> ColumnElement[bool]:
    """Return the test that a column holds one of the values, however many: they are one argument."""
    return column == any_(literal(list(values), ARRAY(column.type)))


class Records(Generic[R]):
    """The records of one kind; `key` is the column with their id, which as all unique ones never changes."""

    def __init__(self, table: Table, kind: type[R], *, money: Sequence[str] = ()) -> None:
        self.table = table
        self.key: Column[UUID] = next(iter(table.primary_key))
        self._fixed = {column.name for column in table.c if column.primary_key or column.unique}
        self._kind = kind
        self._money = money
        self._fields = [field.name for field in fields(kind)]  # type: ignore[arg-type]  # R is a dataclass

    async def lock(self, session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, R]:
        """Read the records with these ids and lock them until the transaction ends, in the order of ids."""
        if not ids:
            return {}
        statement = select(self.table).where(is_one_of(self.key, ids)).order_by(self.key)
        # Without key changes, so that rows which only refer to a record do not wait for its lock.
        statement = statement.with_for_update(key_share=True)
        rows = (await session.execute(statement)).mappings()
        return {row[self.key]: self.read(row) for row in rows}

    async def find(self, session: AsyncSession, record_id: UUID) -> R | None:
        """Read one record, without a lock."""
        row = (await session.execute(select(self.table).where(self.key == record_id))).mappings().first()
        return self.read(row) if row else None

    async def find_told(self, session: AsyncSession, *, system: str, external_id: str) -> UUID | None:
        """Find the record to which a system gave an id, by the columns `source_system` and `external_id`.

        Until the transaction ends nobody else who asks this way makes a record for it.
        """
        name = f"{self.table.name}|{system}|{external_id}"
        await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))
        columns = self.table.c
        is_it = (columns.source_system == system) & (columns.external_id == external_id)
        found: UUID | None = await session.scalar(select(self.key).where(is_it).limit(1))
        return found

    async def find_named(
        self, session: AsyncSession, natural_key: str, *, system: str, customer_id: UUID | None = None
    ) -> UUID | None:
        """Find the one record of a name, of a customer if one is given, that a system knows by no id yet.

        Until the transaction ends nobody else who asks this way gets an answer for the name.
        """
        name = f"{self.table.name}|{natural_key}"
        await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))
        columns = self.table.c
        statement = select(self.key).where(columns.natural_key == natural_key).limit(2)
        statement = statement.where(columns.source_system.is_distinct_from(system))
        if customer_id is not None:
            statement = statement.where(columns.customer_id == customer_id)
        found = (await session.scalars(statement)).all()
        return found[0] if len(found) == 1 else None

    async def save(self, session: AsyncSession, records: Iterable[R]) -> None:
        """Write records, new ones and changed ones."""
        rows = sorted((self.write(record) for record in records), key=lambda row: row[self.key.name])
        if rows:
            statement = insert(self.table)
            # What identifies a record stays; setting it again would lock out rows that refer to the record.
            changing = {name: statement.excluded[name] for name in rows[0] if name not in self._fixed}
            statement = statement.on_conflict_do_update(index_elements=[self.key], set_=changing)
            await session.execute(statement, rows)

    def read(self, row: Mapping[Any, Any]) -> R:
        """Return the record that a row of the table holds."""
        values = {name: row[name] for name in self._fields}
        for name in self._money:
            amount = values[name]
            values[name] = None if amount is None else Money(amount=amount, currency=row[f"{name}_currency"])
        return self._kind(**values)

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
        state["source_ref"] = _source_ref(record)
    return event.model_validate({**state, **more})


def _source_ref(record: object) -> SourceRef | None:
    source_system, external_id = getattr(record, "source_system", None), getattr(record, "external_id", None)
    if source_system is None or external_id is None:
        return None
    return SourceRef(source_system=source_system, external_id=external_id)


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
