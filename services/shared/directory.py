"""A projection of other services' records, by which references to them are resolved.

Each service keeps its own: names and foreign ids of customers, people and opportunities.
"""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, Index, Table, Text, Uuid, bindparam, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.customers import CustomerState
from contracts.envelope import Envelope
from contracts.events import EventData, SourceRef
from contracts.followups import PersonChanged
from contracts.opportunities import OpportunityState
from services.shared.database import shared_metadata
from services.shared.lookups import Lookup
from services.shared.records import keep_newest
from services.shared.statements import is_one_of
from services.shared.unit_of_work import UnitOfWork

directory = Table(
    "directory",
    shared_metadata,
    Column("kind", Text, primary_key=True),
    Column("record_id", Uuid, primary_key=True),
    Column("customer_id", Uuid),
    Column("name", Text, nullable=False),
    Column("natural_key", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Index(None, "kind", "natural_key"),
    comment="Records of other services, for resolving references to them.",
)

# Only who owns a record knows that an id has one: where it has moved, both may have it for a moment here.
directory_ids = Table(
    "directory_ids",
    shared_metadata,
    Column("record_id", Uuid, primary_key=True),
    Column("source_system", Text, primary_key=True),
    Column("external_id", Text, primary_key=True),
    Column("record_kind", Text, nullable=False),
    Index(None, "record_kind", "source_system", "external_id"),
    comment="The foreign ids of the records in the directory.",
)


@dataclass(frozen=True)
class Listing:
    """A record of another service in the version `sequence`, as one event carries it."""

    kind: str
    record_id: UUID
    customer_id: UUID | None
    name: str
    natural_key: str
    refs: tuple[SourceRef, ...]
    sequence: int

    @property
    def row(self) -> dict[str, Any]:
        """The row of the directory."""
        return {column.name: getattr(self, column.name) for column in directory.c}

    @property
    def ids(self) -> set[tuple[UUID, str, str, str]]:
        """The rows with its foreign ids."""
        return {(self.record_id, ref.source_system, ref.external_id, self.kind) for ref in self.refs}


async def note_in_directory(data: EventData, envelope: Envelope, _unit: UnitOfWork) -> Iterable[Hashable]:
    """Handle an event that carries the state of a customer, a person or an opportunity.

    Returns what `merge_directory` writes at the end of the batch. An event of any other kind is a mistake in
    the table of subscriptions and raises TypeError.
    """
    return [listing_of(data, envelope.sequence)]


def listing_of(data: EventData, sequence: int) -> Listing:
    """Return what the directory keeps of the state of a record, in the version `sequence`."""
    customer_id: UUID | None
    match data:
        case CustomerState():
            record_id, customer_id = data.customer_id, data.customer_id
        case PersonChanged():
            record_id, customer_id = data.person_id, None
        case OpportunityState():
            record_id, customer_id = data.opportunity_id, data.customer_id
        case _:
            reason = f"{type(data).__name__} is not the state of a record of the directory"
            raise TypeError(reason)
    # An event of an earlier release names the first id only.
    only_first = (data.source_ref,) if data.source_ref else ()
    return Listing(
        kind=data.record_kind,
        record_id=record_id,
        customer_id=customer_id,
        name=data.name,
        natural_key=data.natural_key,
        refs=data.source_refs or only_first,
        sequence=sequence,
    )


async def merge_directory(session: AsyncSession, touched: Iterable[Hashable]) -> None:
    """Merge the listings among what a batch touched: of each record the newest version stays, with its ids.

    So any order, and any repetition, ends in the same directory (A4).
    """
    listings = [each for each in touched if isinstance(each, Listing)]
    if not listings:
        return
    await keep_newest(session, directory, (each.row for each in listings))
    columns = directory.c
    # Each of these rows is locked now, also where it was newer: what is read here stays so.
    statement = select(columns.kind, columns.record_id, columns.sequence).where(
        is_one_of(columns.kind, sorted({each.kind for each in listings})),
        is_one_of(columns.record_id, [each.record_id for each in listings]),
    )
    stored = {tuple(row) for row in await session.execute(statement)}
    newest = {
        each.record_id: each for each in listings if (each.kind, each.record_id, each.sequence) in stored
    }
    await _replace_ids(session, newest)


async def _replace_ids(session: AsyncSession, listings: Mapping[UUID, Listing]) -> None:
    """Let these records have the ids of their listings, and no others."""
    columns = directory_ids.c
    statement = select(directory_ids).where(is_one_of(columns.record_id, list(listings)))
    present = {tuple(row) for row in await session.execute(statement)}
    wanted = {row for each in listings.values() for row in each.ids}
    if gone := present - wanted:
        is_it = (column == bindparam(f"its_{column.name}") for column in columns)
        await session.execute(
            delete(directory_ids).where(*is_it), [_named(row, prefix="its_") for row in gone]
        )
    if new := wanted - present:
        await session.execute(insert(directory_ids), [_named(row) for row in new])


def _named(row: tuple[object, ...], *, prefix: str = "") -> dict[str, object]:
    names = (f"{prefix}{column.name}" for column in directory_ids.c)
    return dict(zip(names, row, strict=True))


def directory_lookup(kind: str) -> Lookup:
    """Look for records of another service, of one kind, in the directory."""
    columns = directory.c
    return Lookup(kind, directory, key=columns.record_id, ids=directory_ids, where=columns.kind == kind)
