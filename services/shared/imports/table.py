"""A table as it was read, before anything is understood."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from services.shared.imports.errors import DuplicateHeaderError, MissingHeaderError
from services.shared.imports.headers import header_label
from services.shared.imports.text import normalise_label, plain

Cell = str | int | float | bool | date | datetime | time | timedelta
"""What a cell holds: always text in CSV, Excel's own types in a workbook; the empty text when blank."""


@dataclass(frozen=True)
class Row:
    """One row: its number as a person sees it (the header is usually 1) and one cell per column.

    `surplus` holds filled cells to the right of the last named column.
    """

    number: int
    cells: tuple[Cell, ...]
    surplus: tuple[Cell, ...] = ()


@dataclass(frozen=True)
class Table:
    """A header and its rows; blank rows are left out.

    Columns are found by their whole header or, where that is no other's, by what it names (`header_label`).
    """

    file: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    places: Mapping[str, int] = field(init=False)

    def __post_init__(self) -> None:
        places = {normalise_label(name): place for place, name in enumerate(self.columns) if name}
        for place, name in enumerate(self.columns):
            if name:
                places.setdefault(header_label(name), place)
        object.__setattr__(self, "places", places)

    def has(self, column: str) -> bool:
        """Whether the header names this column, width, case and spaces aside."""
        return normalise_label(column) in self.places

    def name_of(self, column: str) -> str:
        """The whole header of a column that the table has."""
        return self.columns[self.places[normalise_label(column)]]

    def only(self, columns: Collection[str]) -> "Table":
        """The table with these of its columns alone."""
        kept = [place for place, name in enumerate(self.columns) if name in columns]
        rows = tuple(Row(row.number, tuple(row.cells[place] for place in kept)) for row in self.rows)
        return Table(self.file, tuple(self.columns[place] for place in kept), rows)

    def unfolded(self, columns: Collection[str], new: Sequence[str], unfold: "Unfold") -> "Table":
        """The table with new columns in the place of some, and as many rows of each as `unfold` gives."""
        kept = [place for place, name in enumerate(self.columns) if name not in columns]
        rows = tuple(
            Row(row.number, (*(row.cells[place] for place in kept), *cells), row.surplus)
            for row in self.rows
            for cells in unfold(row)
        )
        return Table(self.file, (*(self.columns[place] for place in kept), *new), rows)

    def all_named(self, word: str) -> tuple[str, ...]:
        """All columns whose header names this word, from left to right."""
        label = normalise_label(word)
        return tuple(
            name for name in self.columns if name and label in (normalise_label(name), header_label(name))
        )

    def cell(self, row: Row, column: str) -> Cell:
        """The cell of a row under a column that the table has."""
        return row.cells[self.places[normalise_label(column)]]


Unfold = Callable[[Row], Iterable[tuple[Cell, ...]]]
"""Gives the cells of new columns, once for each row that one row stands for."""


def is_blank(cell: Cell) -> bool:
    """Whether nothing can be seen in a cell."""
    return isinstance(cell, str) and not plain(cell)


def make_table(file: str, lines: Sequence[Sequence[Cell]], *, header_row: int) -> Table:
    """Make a table of all lines of a file, the header among them (counted from 1).

    Raises MissingHeaderError when the header's line has no text, DuplicateHeaderError when a name repeats.
    """
    header = [plain(str(cell)) for cell in lines[header_row - 1]] if len(lines) >= header_row else []
    while header and not header[-1]:
        header.pop()
    if not header:
        raise MissingHeaderError(file=file, row=header_row)
    _refuse_duplicates(file, header)
    rows = tuple(
        _row(number, cells, width=len(header))
        for number, cells in enumerate(lines[header_row:], start=header_row + 1)
        if not all(is_blank(cell) for cell in cells)
    )
    return Table(file, tuple(header), rows)


def _row(number: int, cells: Sequence[Cell], *, width: int) -> Row:
    padded = (*cells[:width], *[""] * (width - len(cells)))
    return Row(number, padded, tuple(cell for cell in cells[width:] if not is_blank(cell)))


def _refuse_duplicates(file: str, header: Sequence[str]) -> None:
    seen: set[str] = set()
    for name in header:
        label = normalise_label(name)
        if label and label in seen:
            raise DuplicateHeaderError(file=file, column=name)
        seen.add(label)
