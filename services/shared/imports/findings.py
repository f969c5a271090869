"""What an import has not used or not understood: columns, values, and rows that are no records."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from services.shared.imports.errors import Reason
from services.shared.imports.following import Continuation
from services.shared.imports.parsed import BadCell, ParsedRow
from services.shared.imports.preview import PreviewRow

MOST_VALUES = 1000
"""How many different values are listed; of the others only how many there are is said."""


@dataclass(frozen=True)
class UnusedColumn:
    """A column that no field took, with a suggestion, if there is one."""

    column: str
    suggestion: Reason | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The column that `asdict` wrote down."""
        suggested = data["suggestion"]
        return cls(data["column"], Reason(**suggested) if suggested else None)


@dataclass
class NotUnderstood:
    """A value that was not understood, why or what was done instead, how often, and the first row of it."""

    column: str
    value: str
    reason: Reason
    count: int
    row: int

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The value that `asdict` wrote down."""
        return cls(**{**data, "reason": Reason(**data["reason"])})


@dataclass
class Findings:
    """All that was not used or not understood, while the rest was imported.

    `continues` are the kinds that the file is to be imported as next; `more` counts the values beyond the
    first MOST_VALUES different ones. `preview` shows what a dry run would have done with the first rows.
    """

    unused_columns: list[UnusedColumn] = field(default_factory=list)
    not_understood: list[NotUnderstood] = field(default_factory=list)
    continues: list[Continuation] = field(default_factory=list)
    more: int = 0
    preview: list[PreviewRow] = field(default_factory=list)
    _places: dict[BadCell, NotUnderstood] = field(default_factory=dict, repr=False, compare=False)

    def add(self, rows: Iterable[ParsedRow]) -> None:
        """Count the notes of rows."""
        for row in rows:
            for note in row.notes:
                self._count(note, row.number)

    def _count(self, note: BadCell, row: int) -> None:
        known = self._places.get(note)
        if known is None:
            if len(self.not_understood) >= MOST_VALUES:
                self.more += 1
                return
            known = self._places[note] = NotUnderstood(note.column, note.value, note.reason, 0, row)
            self.not_understood.append(known)
        known.count += 1
        known.row = min(known.row, row)

    def as_json(self) -> dict[str, Any]:
        """The findings as JSON knows them, reasons in both languages."""
        return {
            "unused_columns": [asdict(column) for column in self.unused_columns],
            "not_understood": [asdict(value) for value in self.not_understood],
            "more_not_understood": self.more,
            "continues": [asdict(each) for each in self.continues],
            "preview": [asdict(row) for row in self.preview],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The findings that `as_json` wrote down."""
        return cls(
            [UnusedColumn.from_json(column) for column in data.get("unused_columns", ())],
            [NotUnderstood.from_json(value) for value in data.get("not_understood", ())],
            [Continuation(each["what"], tuple(each["columns"])) for each in data.get("continues", ())],
            data.get("more_not_understood", 0),
            [PreviewRow.from_json(row) for row in data.get("preview", ())],
        )
