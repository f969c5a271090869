"""Boxes in a grid: which meet, and whether some of them together cover another. Exact.

A table is a grid: one column per fact it tests, divided into atomic cells that no test tells apart further.
A row is a box: for each column the set of cells it accepts, as a bit mask. Sets of rows are bit masks too.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

Box = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Cover:
    """The answer of a cover search: a box that nothing covers, or else the rows that were needed."""

    hole: Box | None
    used: int


def bits(mask: int) -> Iterator[int]:
    """Yield the numbers of the bits that are set, lowest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


@dataclass(frozen=True)
class Grid:
    """The boxes of a table's rows; `sizes` has the number of atomic cells of each column."""

    sizes: tuple[int, ...]
    boxes: tuple[Box, ...]

    @property
    def whole(self) -> Box:
        """The box of everything there is."""
        return tuple((1 << size) - 1 for size in self.sizes)

    @cached_property
    def accepting(self) -> tuple[tuple[int, ...], ...]:
        """For each column and cell the set of rows that accept it."""
        return tuple(self._accepting(column, size) for column, size in enumerate(self.sizes))

    def _accepting(self, column: int, size: int) -> tuple[int, ...]:
        rows_of: dict[int, int] = {}
        for row, box in enumerate(self.boxes):
            rows_of[box[column]] = rows_of.get(box[column], 0) | (1 << row)
        cells = [0] * size
        for mask, rows in rows_of.items():
            for cell in bits(mask):
                cells[cell] |= rows
        return tuple(cells)

    def meeting(self, box: Box) -> int:
        """Return the set of rows whose boxes have something in common with this one."""
        met = (1 << len(self.boxes)) - 1
        for column, mask in enumerate(box):
            met &= self._touching(column, mask)
        return met

    def _touching(self, column: int, mask: int) -> int:
        key = (column, mask)
        if key not in self._touched:
            rows = 0
            for cell in bits(mask):
                rows |= self.accepting[column][cell]
            self._touched[key] = rows
        return self._touched[key]

    @cached_property
    def _touched(self) -> dict[tuple[int, int], int]:
        return {}

    def common(self, one: Box, other: Box) -> Box:
        """Return what two boxes have in common; empty in some column when they do not meet."""
        return tuple(left & right for left, right in zip(one, other, strict=True))

    def cover(self, inside: Box, rows: int) -> Cover:
        """Say whether these rows cover the box `inside`."""
        return _Search(self, inside).run(rows & self.meeting(inside))


class _Search:
    """Splits a box column by column into the parts that the rows still tell apart.

    Once a column is split, every row that is left accepts all of the part; so what remains to be shown
    depends only on the rows and the columns that are left, and is remembered by them.
    """

    def __init__(self, grid: Grid, inside: Box) -> None:
        self._grid = grid
        self._inside = inside
        self._known: dict[tuple[int, int], int] = {}
        self._hole = list(inside)
        self._full = [self._accepting_all(column) for column in range(len(inside))]

    def run(self, rows: int) -> Cover:
        used = self._cover(rows, (1 << len(self._inside)) - 1)
        return Cover(tuple(self._hole), 0) if used is None else Cover(None, used)

    def _accepting_all(self, column: int) -> int:
        rows = -1
        for cell in bits(self._inside[column]):
            rows &= self._grid.accepting[column][cell]
        return rows

    def _cover(self, rows: int, columns: int) -> int | None:
        """Return the rows used to cover what is left, or None and leave the hole's box in `_hole`."""
        if not rows:
            return None
        key = (rows, columns)
        if key not in self._known:
            used = self._split(rows, columns)
            if used is None:
                return None
            self._known[key] = used
        return self._known[key]

    def _split(self, rows: int, columns: int) -> int | None:
        complete = rows
        for column in bits(columns):
            complete &= self._full[column]
        if complete:
            return complete & -complete
        column = max(bits(columns), key=lambda each: (rows & ~self._full[each]).bit_count())
        used = 0
        for part_rows, part in self._parts(column, rows):
            self._hole[column] = part
            below = self._cover(part_rows, columns & ~(1 << column))
            if below is None:
                return None
            used |= below
        self._hole[column] = self._inside[column]
        return used

    def _parts(self, column: int, rows: int) -> list[tuple[int, int]]:
        """Return the parts that the rows tell apart, those with the fewest rows first."""
        parts: dict[int, int] = {}
        accepting = self._grid.accepting[column]
        for cell in bits(self._inside[column]):
            left = accepting[cell] & rows
            parts[left] = parts.get(left, 0) | (1 << cell)
        return sorted(parts.items(), key=lambda part: part[0].bit_count())
