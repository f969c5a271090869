"""Imported rows on their way into a service's records, many at a time."""

from abc import abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import MISSING, Field, dataclass, fields
from dataclasses import field as dataclass_field
from enum import StrEnum
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from typing_extensions import override

from services.shared.changes import Tracked
from services.shared.imports.errors import Reason
from services.shared.imports.kinds import Ref
from services.shared.imports.targets import ImportRow, ImportTarget
from services.shared.imports.text import normalise_name
from services.shared.records import Records
from services.shared.unit_of_work import UnitOfWork

T = TypeVar("T", bound=Tracked)


@dataclass
class Entry:
    """What is to be set on a record, by the names of its fields; `record_id` is set for a new one.

    `notes` are reported by an import: per field of the file what was not understood or done instead.
    """

    record_id: UUID | None
    values: dict[str, object]
    notes: list[tuple[str, Reason]] = dataclass_field(default_factory=list)

    def note(self, name: str, reason: Reason) -> None:
        """Report something about the value of a field, while the record is put."""
        self.notes.append((name, reason))

    @property
    def put_id(self) -> UUID:
        """The id of the record, once it was put."""
        if self.record_id is None:
            reason = "the entry has not been put yet"
            raise LookupError(reason)
        return self.record_id


class RecordTarget(ImportTarget):
    """Imports records whose fields have the names of the file's fields, references with `_id` behind.

    `record_type` is their class, of which an empty cell sets the default, and `words` says in which
    vocabulary the values of a field are. `records` reads them.
    """

    record_type: ClassVar[type[Any]]
    words: ClassVar[Mapping[str, type[StrEnum]]] = {}
    records: Records[Any]

    @override
    def blank(self, name: str) -> object:
        """The default of the record's field."""
        return _default({field.name: field for field in fields(self.record_type)}.get(self._target(name)))

    @override
    async def current(
        self, record_ids: Collection[UUID], session: AsyncSession
    ) -> Mapping[UUID, Mapping[str, object]]:
        """Read what records hold, locked as they are to be changed."""
        found = await self.records.lock(session, record_ids)
        names = {name: self._target(name) for name in self.fields}
        return {
            record_id: {
                name: getattr(record, target) for name, target in names.items() if hasattr(record, target)
            }
            for record_id, record in found.items()
        }

    def _target(self, name: str) -> str:
        return f"{name}_id" if isinstance(self.fields[name].kind, Ref) else name

    @abstractmethod
    async def put(self, entries: Sequence[Entry], unit: UnitOfWork) -> None:
        """Enter new records and change those that are there, and say so; set the ids of new ones."""

    @override
    async def apply(self, row: ImportRow, unit: UnitOfWork) -> None:
        """Put one row."""
        await self.apply_all([row], unit)

    @override
    async def apply_all(self, rows: Sequence[ImportRow], unit: UnitOfWork) -> None:
        """Put all rows at once."""
        known = {field.name: field for field in fields(self.record_type)}
        entries = [Entry(row.record_id, self._values(row, known), row.notes) for row in rows]
        await self.put(entries, unit)
        for row, entry in zip(rows, entries, strict=True):
            row.record_id = entry.record_id

    def _values(self, row: ImportRow, known: Mapping[str, Field[Any]]) -> dict[str, object]:
        values: dict[str, object] = {}
        for name, value in row.changes.items():
            target = self._target(name)
            values[target] = _default(known.get(target)) if value is None else self._word(name, value)
        if "natural_key" in known and values.get("name"):
            values["natural_key"] = normalise_name(str(values["name"]))
        if row.source_refs:
            values["source_refs"] = row.source_refs
        return values

    def _word(self, name: str, value: object) -> object:
        return self.words[name](str(value)) if name in self.words else value


def _default(field: Field[Any] | None) -> object:
    return None if field is None or field.default is MISSING else field.default


Noting = Callable[[T, T, tuple[str, ...]], None]
"""Told of a record before and after a change, and which of its fields changed."""


async def put_records(
    entries: Iterable[Entry],
    unit: UnitOfWork,
    *,
    records: Records[T],
    make: Callable[[Entry], T],
    note: Noting[T] | None = None,
) -> list[T]:
    """Change the records that are there, make the others, save them, and return those that are new or differ.

    `make` makes a record with an id of its own; `note` is told of every change of one that was there.
    """
    entries = list(entries)
    known = await records.lock(unit.session, [entry.record_id for entry in entries if entry.record_id])
    touched = []
    for entry in entries:
        record = known.get(entry.record_id) if entry.record_id else None
        if record is None:
            record = make(entry)
            entry.record_id = getattr(record, records.key.name)
        else:
            before = copy(record)
            changed = record.update(entry.values, now=unit.now)
            if not changed:
                continue
            if note:
                note(before, record, changed)
        touched.append(record)
    await records.save(unit.session, touched)
    return touched
