"""Tables: rows that contradict each other, customers that no row decides, rows that never decide."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Final

from contracts.text import Text
from services.rules.ruleset.checks.columns import Column, columns_of
from services.rules.ruleset.checks.cover import Box, Grid, bits
from services.rules.ruleset.checks.words import joined
from services.rules.ruleset.definition import Decision, Field, HitPolicy, Row
from services.rules.ruleset.problems import Findings
from services.shared.business_time import Calendar

_MOST_OVERLAPS: Final = 50
_MOST_NAMED: Final = 5


def check_table(
    decision: Decision,
    fields: Mapping[str, Field],
    calendar: Calendar,
    findings: Findings,
    *,
    gap: bool = True,
) -> None:
    """Write down overlaps, gaps and rows that never decide, with an example or the rows at fault.

    `gap` is false when the table has a gap that is reported already.
    """
    columns, grid = grid_of(decision, fields, calendar)
    table = _Table(decision, columns, grid, findings)
    if decision.hit is HitPolicy.UNIQUE:
        table.overlaps()
    else:
        table.masked()
    if gap:
        table.gap()


def grid_of(
    decision: Decision, fields: Mapping[str, Field], calendar: Calendar
) -> tuple[tuple[Column, ...], Grid]:
    """Return the columns of a table, and its rows as boxes in them."""
    columns = columns_of([row.tests for row in decision.rows], fields, calendar)
    boxes = tuple(tuple(column.mask(row.tests) for column in columns) for row in decision.rows)
    return columns, Grid(tuple(len(column.cells) for column in columns), boxes)


def by_rank(decision: Decision) -> list[int]:
    """Return the rows in the order in which they decide."""
    rows = range(len(decision.rows))
    if decision.hit is not HitPolicy.PRIORITY:
        return list(rows)
    name, output = next(iter(decision.returns.items()))
    order = {value: place for place, value in enumerate(output.values)}
    return sorted(rows, key=lambda at: order.get(str(decision.rows[at].values.get(name)), len(order)))


class _Table:
    """One decision as a grid."""

    def __init__(self, decision: Decision, columns: Sequence[Column], grid: Grid, findings: Findings) -> None:
        self._decision = decision
        self._columns = columns
        self._grid = grid
        self._report = findings.about(decision.id)

    def overlaps(self) -> None:
        """Report each pair of rows that both match some customer and say different things."""
        found = list(islice(self._pairs(), _MOST_OVERLAPS + 1))
        rows = self._decision.rows
        for earlier, later in found[:_MOST_OVERLAPS]:
            example = self._example(self._grid.common(self._grid.boxes[earlier], self._grid.boxes[later]))
            one, other = rows[earlier].id, rows[later].id
            self._report.problem(
                rows[later].where,
                zh=f"行“{one}”与行“{other}”重叠而结果不同，例如：{example.zh}。",
                en=f"The rows “{one}” and “{other}” overlap and differ, for example: {example.en}.",
            )
        if len(found) > _MOST_OVERLAPS:
            self._report.problem(
                self._decision.where,
                zh=f"重叠的行超过 {_MOST_OVERLAPS} 对，其余未列出。",
                en=f"More than {_MOST_OVERLAPS} pairs of rows overlap; the others are not listed.",
            )

    def _pairs(self) -> Iterable[tuple[int, int]]:
        rows = self._decision.rows
        same: dict[tuple[object, ...], int] = {}
        kinds = [tuple(row.values.get(name) for name in self._decision.returns) for row in rows]
        for at, kind in enumerate(kinds):
            same[kind] = same.get(kind, 0) | (1 << at)
        for at, kind in enumerate(kinds):
            met = self._grid.meeting(self._grid.boxes[at]) & ((1 << at) - 1) & ~same[kind]
            yield from ((earlier, at) for earlier in bits(met))

    def masked(self) -> None:
        """Report each row whose every customer is decided by rows that go before it."""
        before = 0
        for at in by_rank(self._decision):
            cover = self._grid.cover(self._grid.boxes[at], before)
            if cover.hole is None:
                self._report_masked(self._decision.rows[at], self._needed(at, cover.used))
            before |= 1 << at

    def _needed(self, at: int, used: int) -> list[int]:
        """Leave out rows without which the others still cover the row."""
        for each in bits(used):
            if self._grid.cover(self._grid.boxes[at], used & ~(1 << each)).hole is None:
                used &= ~(1 << each)
        return list(bits(used))

    def _report_masked(self, row: Row, covering: list[int]) -> None:
        names = [self._decision.rows[at].id for at in covering]
        some, more = names[:_MOST_NAMED], len(names) > _MOST_NAMED
        zh = "、".join(some) + (" 等行" if more else "")
        en = ", ".join(some) + (" and others" if more else "")
        self._report.problem(
            row.where,
            zh=f"行“{row.id}”永远轮不到：先由 {zh} 决定了。",
            en=f"The row “{row.id}” never decides: all that it matches is decided by {en} first.",
            also=[self._decision.where],
        )

    def gap(self) -> None:
        """Report a customer that no row decides; warn of a default that nobody needs."""
        cover = self._grid.cover(self._grid.whole, (1 << len(self._decision.rows)) - 1)
        if self._decision.otherwise is not None:
            if cover.hole is None:
                self._report.warning(
                    self._decision.where,
                    zh="所有情况都有行决定，otherwise 用不到。",
                    en="The rows decide every case; `otherwise` is never used.",
                )
        elif cover.hole is not None:
            example = self._example(cover.hole)
            self._report.problem(
                self._decision.where,
                zh=f"有情况没有行决定，例如：{example.zh}。请补一行，或写 otherwise。",
                en=f"No row decides this case: {example.en}. Add a row, or write `otherwise`.",
            )

    def _example(self, box: Box) -> Text:
        """Return one customer of the box in words: the first cell of each column that matters."""
        sides = zip(self._columns, box, self._grid.whole, strict=True)
        parts = [column.cells[next(bits(mask))] for column, mask, whole in sides if mask != whole]
        return joined(parts) if parts else Text(zh="任何客户", en="anybody")
