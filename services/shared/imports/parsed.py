"""A row of a file, converted as far as it goes, with what was wrong or not understood in it."""

from dataclasses import dataclass, field
from datetime import datetime

from contracts.events import SourceRef
from services.shared.imports.errors import Reason


@dataclass(frozen=True)
class BadCell:
    """One cell that is not accepted or not understood, as it is written, with the reason."""

    column: str
    value: str
    reason: Reason


@dataclass
class ParsedRow:
    """One row of the file, converted as far as it goes.

    `values` has every field that the mapping feeds and that could be read, None where nothing is written.
    `bad` cells reject the row, `notes` are reported while it is imported without them.
    `columns` says for each field the column (or constant) it came from and what stood there. Rows that are
    not their `own` come from a column of another row. `rank` orders rows of one record for `keep`.
    `listed_as` is the record's number in a list of no known system.
    """

    number: int
    is_own: bool
    values: dict[str, object] = field(default_factory=dict)
    columns: dict[str, tuple[str, str]] = field(default_factory=dict)
    bad: list[BadCell] = field(default_factory=list)
    notes: list[BadCell] = field(default_factory=list)
    source_system: str | None = None
    external_id: str | None = None
    same_as: list[SourceRef] = field(default_factory=list)
    listed_as: str | None = None
    rank: datetime | None = None

    @property
    def own_system(self) -> str | None:
        """The system whose id for the record the row has."""
        return self.source_system if self.external_id else None

    @property
    def source_refs(self) -> tuple[SourceRef, ...]:
        """The foreign ids of the record, as far as the row gives them, its own system's first."""
        if self.source_system is None or self.external_id is None:
            return tuple(self.same_as)
        own = SourceRef(source_system=self.source_system, external_id=self.external_id)
        return tuple(dict.fromkeys((own, *self.same_as)))

    def reject(self, name: str, reason: Reason) -> None:
        """Note that the value of a field is not accepted."""
        self.bad.append(BadCell(*self._cell(name), reason))

    def note(self, name: str, reason: Reason) -> None:
        """Report that the value of a field was not understood, or what was done with it instead."""
        self.notes.append(BadCell(*self._cell(name), reason))

    def _cell(self, name: str) -> tuple[str, str]:
        return self.columns.get(name, (name, ""))
