"""What can be imported: the fields of each kind of record, what identifies one, and how it is written."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum, auto
from typing import ClassVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from contracts.events import SourceRef
from contracts.money import Money
from services.shared.imports.errors import Reason
from services.shared.imports.kinds import Field
from services.shared.imports.parsed import ParsedRow
from services.shared.imports.table import Table
from services.shared.imports.text import normalise_name
from services.shared.lookups import Lookup, Match
from services.shared.unit_of_work import UnitOfWork


class Repeated(Enum):
    """What a second row with the same natural key in one file means."""

    LATER_IS_REJECTED = auto()
    ALL_ARE_REJECTED = auto()
    """Nobody can tell which is meant: people with the same name."""
    IS_ANOTHER = auto()
    """It happened twice: purchases; the natural key gets the number of the occurrence."""


@dataclass
class ImportRow:
    """A row that is ready to be written.

    `values` has every field that the file feeds, references as ids, None where the cell is empty; `changed`
    names those that are to be set: for a new record all with a value, else those that differ from the last
    import of this row. `record_id` is None for a record that does not exist yet; `apply` sets it.
    `source_refs` are the foreign ids that the record does not have yet. `notes` are reported when the row was
    written: per field a value that was not understood, or what was done instead.
    """

    number: int
    record_id: UUID | None
    source_refs: tuple[SourceRef, ...]
    values: Mapping[str, object]
    changed: frozenset[str]
    notes: list[tuple[str, Reason]] = field(default_factory=list)

    def note(self, name: str, reason: Reason) -> None:
        """Report something about the value of a field, while the row is imported."""
        self.notes.append((name, reason))

    @property
    def changes(self) -> dict[str, object]:
        """The values that are to be set."""
        return {name: value for name, value in self.values.items() if name in self.changed}


class RowRejectedError(Exception):
    """A target does not accept a row, because of the field it names."""

    def __init__(self, *, field: str, reason: Reason) -> None:
        super().__init__(reason.en)
        self.field = field
        self.reason = reason


class ImportTarget(ABC):
    """One kind of record that a service can import.

    `what` is its name in commands and mapping files, `record_kind` its kind in references. `identified_by`
    names the fields of the natural key, the indispensable ones first. `lookups` says where records of the
    kinds that the service itself owns are found; those of other kinds are looked for in the directory. With
    a lookup of its own kind, records that were made by other ways than by import are found by name too.
    `past` names the fields of what has taken place. `numbered_by` are the columns with a record's number in
    our own or in the sender's list. Fields in `decided` follow from more than the file, so that what a record
    holds there cannot be compared with it.
    """

    what: ClassVar[str]
    record_kind: ClassVar[str]
    fields: ClassVar[Mapping[str, Field]]
    identified_by: ClassVar[tuple[str, ...]] = ("name",)
    repeated: ClassVar[Repeated] = Repeated.LATER_IS_REJECTED
    lookups: ClassVar[Mapping[str, Lookup]] = {}
    past: ClassVar[tuple[str, ...]] = ()
    numbered_by: ClassVar[tuple[str, ...]] = ()
    decided: ClassVar[frozenset[str]] = frozenset()

    def unfold(self, table: Table) -> Table:
        """The table with cells that hold several things parted into columns and rows."""
        return table

    def identity(self, values: Mapping[str, object]) -> str | None:
        """The natural key of a row, None when an indispensable part of it is missing."""
        required = [name for name in self.identified_by if self.fields[name].required]
        if any(values.get(name) is None for name in required):
            return None
        return "|".join(key_part(values.get(name)) for name in self.identified_by)

    def blank(self, name: str) -> object:  # noqa: ARG002 -- for targets with other blanks
        """The value that a field has where a cell is blank."""
        return None

    async def by_number(self, session: AsyncSession, numbers: Collection[str]) -> dict[str, Match]:  # noqa: ARG002
        """The records that have one of our own numbers, by number."""
        return {}

    async def reserve_numbers(self, numbers: Collection[str], unit: UnitOfWork) -> None:  # noqa: B027 -- most kinds need none
        """Give none of the numbers that a file lists to other records; nothing for kinds without numbers."""

    async def current(
        self,
        record_ids: Collection[UUID],  # noqa: ARG002
        session: AsyncSession,  # noqa: ARG002
    ) -> Mapping[UUID, Mapping[str, object]]:
        """What records hold, by the names of the import fields."""
        return {}

    def comparable(self, held: Mapping[str, object], last: Mapping[str, object]) -> Mapping[str, object]:  # noqa: ARG002
        """What a record holds, without what imports set there beside the `last` values of the file."""
        return held

    async def check_file(self, rows: Sequence[ParsedRow], session: AsyncSession) -> None:  # noqa: B027 -- most kinds need none
        """Reject rows for what only the whole file shows; nothing by default."""

    @abstractmethod
    async def apply(self, row: ImportRow, unit: UnitOfWork) -> None:
        """Create the record and set `row.record_id`, or set `row.changes` on the one that is there.

        Raises RowRejectedError, or any RefusedError, for a row that cannot be accepted.
        """

    async def apply_all(self, rows: Sequence[ImportRow], unit: UnitOfWork) -> None:
        """Apply several rows, perhaps with fewer statements; when this raises, each is tried alone."""
        for row in rows:
            await self.apply(row, unit)


def key_part(value: object) -> str:
    """The form of one value in a natural key."""
    if value is None:
        return ""
    if isinstance(value, Money):
        return f"{value.amount} {value.currency}"
    if isinstance(value, datetime | date):
        return value.isoformat()
    return normalise_name(str(value)).replace("|", "/")
