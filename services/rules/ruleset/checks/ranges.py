"""Ranges: those that the rows of a table write for one number or money column leave no hole and no overlap.

Not under `first`, where rows are read from the top and a range may well lie over another.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from math import inf
from typing import Final

from contracts.text import Text
from services.rules.ruleset.checks.cover import Grid, bits
from services.rules.ruleset.checks.tables import grid_of
from services.rules.ruleset.checks.words import label_of
from services.rules.ruleset.definition import (
    Decision,
    Field,
    FieldType,
    HitPolicy,
    Interval,
    Presence,
    Row,
)
from services.rules.ruleset.problems import Findings, Report
from services.rules.ruleset.wording import number_words
from services.shared.business_time import Calendar

_MOST_NAMED: Final = 50
_NUMBERS: Final = (FieldType.MONEY, FieldType.NUMBER)


@dataclass(frozen=True, slots=True)
class _Range:
    """What one row writes: from `low` up to, and without, `end`."""

    row: Row
    test: Interval

    @property
    def low(self) -> float:
        low = self.test.whole[0]
        return -inf if low is None else low

    @property
    def end(self) -> float:
        end = self.test.whole[1]
        return inf if end is None else end


def check_ranges(
    decision: Decision, fields: Mapping[str, Field], calendar: Calendar, findings: Findings
) -> bool:
    """Report holes between, below and above the ranges of a column, and rows that lie over one another.

    Return whether there is a hole that no row accepts.
    """
    if decision.hit is HitPolicy.FIRST:
        return False
    report = findings.about(decision.id)
    names = dict.fromkeys(name for row in decision.rows for name in row.tests)
    numbers = [fields[name] for name in names if fields[name].type in _NUMBERS]
    holes = [(field, *hole) for field in numbers for hole in _holes(decision, field)]
    accepted = [_report_hole(decision, field, low, end, report) for field, low, end in holes]
    if decision.hit is HitPolicy.UNIQUE:
        _report_repeated(decision, grid_of(decision, fields, calendar)[1], report)
    elif numbers:
        _report_overlaps(decision, numbers, grid_of(decision, fields, calendar)[1], report)
    return not all(accepted)


def _ranges(decision: Decision, field: Field) -> list[_Range]:
    tested = ((row, row.tests.get(field.name)) for row in decision.rows)
    return [_Range(row, test) for row, test in tested if isinstance(test, Interval)]


def _holes(decision: Decision, field: Field) -> Iterator[tuple[float, float]]:
    """Yield the numbers that no range covers; above and below all ranges, unless something takes the rest."""
    ranges = sorted(_ranges(decision, field), key=lambda each: each.low)
    everything = any(row.tests.get(field.name) == Presence(present=True) for row in decision.rows)
    if everything or len({(each.low, each.end) for each in ranges}) < 2:  # noqa: PLR2004 - no neighbour
        return
    closed = decision.otherwise is not None or not all(row.tests for row in decision.rows)
    least = -inf if field.minimum is None else field.minimum
    reached = ranges[0].low if closed else least
    for each in ranges:
        if each.low > reached:
            yield reached, each.low
        reached = max(reached, each.end)
    if reached < inf and not closed:
        yield reached, inf


def _report_hole(decision: Decision, field: Field, low: float, end: float, report: Report) -> bool:
    """Report a hole; return whether one of the rows beside it accepts it."""
    ranges = _ranges(decision, field)
    below = [each for each in ranges if each.end == low]
    above = [each for each in ranges if each.low == end]
    what = _hole_words(field, below, above)
    others = [each.row.where for each in (*above, *below)]
    report.problem(
        others[0],
        name="hole",
        zh=f"{what.zh}请把范围接上，或在行里写 accept: {{hole: 理由}}。",
        en=f"{what.en} Close it, or write `accept: {{hole: WHY}}` in the row.",
        also=[*others[1:], decision.where],
    )
    return any("hole" in each.row.accept for each in (*above, *below))


def _hole_words(field: Field, below: Sequence[_Range], above: Sequence[_Range]) -> Text:
    label = label_of(field)
    lower = number_words(below[0].test.high or 0, field) if below else None
    upper = number_words(above[0].test.low or 0, field) if above else None
    if lower and upper and lower == upper:
        one, other = above[0].row.id, below[0].row.id
        return Text(
            zh=f"行“{one}”与行“{other}”都不含 {lower.zh}：{label.zh}正好 {lower.zh} 时没有一行管到。",
            en=f"Neither the row “{one}” nor “{other}” includes {lower.en}: "
            f"no range of “{label.en}” covers exactly that.",
        )
    if lower and upper:
        return Text(
            zh=f"行“{above[0].row.id}”从 {upper.zh} 起，行“{below[0].row.id}”到 {lower.zh} 为止："
            f"{label.zh} {lower.zh} 至 {upper.zh} 之间没有一行管到。",
            en=f"The row “{above[0].row.id}” begins at {upper.en}, “{below[0].row.id}” ends at {lower.en}: "
            f"no range of “{label.en}” covers what lies between.",
        )
    if lower:
        return Text(
            zh=f"行“{below[0].row.id}”到 {lower.zh} 为止：{label.zh}再往上没有一行管到。",
            en=f"The row “{below[0].row.id}” ends at {lower.en}: no range of “{label.en}” lies above it.",
        )
    first = upper or Text(zh="", en="")
    return Text(
        zh=f"行“{above[0].row.id}”从 {first.zh} 起：{label.zh}再往下没有一行管到。",
        en=f"The row “{above[0].row.id}” begins at {first.en}: no range of “{label.en}” lies below it.",
    )


def _report_overlaps(decision: Decision, numbers: Sequence[Field], grid: Grid, report: Report) -> None:
    """Report rows with different results whose ranges overlap while nothing else tells them apart."""
    found = _lying_over(decision, numbers, grid)
    for earlier, later, field in islice(found, _MOST_NAMED):
        where = _common_words(field, earlier.tests[field.name], later.tests[field.name])
        report.problem(
            later.where,
            name="overlap",
            zh=f"行“{earlier.id}”与行“{later.id}”重叠而结果不同：{where.zh}时两行都可能成立。"
            "请改正范围，或在其中一行写 accept: {overlap: 理由}。",
            en=f"The rows “{earlier.id}” and “{later.id}” overlap and differ: {where.en}. "
            "Correct a range, or write `accept: {overlap: WHY}` in one of them.",
            also=[earlier.where, decision.where],
        )


def _lying_over(decision: Decision, numbers: Sequence[Field], grid: Grid) -> Iterator[tuple[Row, Row, Field]]:
    rows = decision.rows
    for earlier, later in _meeting(grid):
        if rows[earlier].values == rows[later].values:
            continue
        for field in numbers:
            one, other = rows[earlier].tests.get(field.name), rows[later].tests.get(field.name)
            if _overlap(one, other):
                yield rows[earlier], rows[later], field
                break


def _overlap(one: object, other: object) -> bool:
    if not isinstance(one, Interval) or not isinstance(other, Interval):
        return False
    low, end = _common(one, other)
    return low < end


def _common(one: Interval, other: Interval) -> tuple[float, float]:
    lows = [-inf if each.whole[0] is None else each.whole[0] for each in (one, other)]
    ends = [inf if each.whole[1] is None else each.whole[1] for each in (one, other)]
    return max(lows), min(ends)


def _common_words(field: Field, one: object, other: object) -> Text:
    """Say for which numbers two ranges both hold."""
    label = label_of(field)
    if not isinstance(one, Interval) or not isinstance(other, Interval):
        return label
    low, end = _common(one, other)
    first = _written(field, low, [(each.whole[0], each.low) for each in (one, other)])
    last = _written(field, end, [(each.whole[1], each.high) for each in (one, other)])
    if first and end - low == 1:
        return Text(zh=f"{label.zh}正好 {first.zh} ", en=f"“{label.en}” exactly {first.en}")
    if first and last:
        return Text(
            zh=f"{label.zh} {first.zh} 至 {last.zh} ", en=f"“{label.en}” from {first.en} to {last.en}"
        )
    if first:
        return Text(zh=f"{label.zh}从 {first.zh} 起", en=f"“{label.en}” from {first.en} up")
    if last:
        return Text(zh=f"{label.zh}到 {last.zh} 为止", en=f"“{label.en}” up to {last.en}")
    return Text(zh=f"{label.zh}有值", en=f"“{label.en}” at all")


def _written(field: Field, edge: float, ends: Iterable[tuple[int | None, int | None]]) -> Text | None:
    """Return the number that the rows write for an edge; None where there is no edge."""
    found = next((number for whole, number in ends if whole == edge), None)
    return None if found is None else number_words(found, field)


def _report_repeated(decision: Decision, grid: Grid, report: Report) -> None:
    """Report rows of a `unique` table that both match some subject and return the same."""
    rows = decision.rows
    pairs = ((rows[one], rows[other]) for one, other in _meeting(grid))
    same = ((earlier, later) for earlier, later in pairs if earlier.values == later.values)
    for earlier, later in islice(same, _MOST_NAMED):
        report.problem(
            later.where,
            name="overlap",
            zh=f"行“{later.id}”与行“{earlier.id}”重复：两行会同时成立，结果也相同。"
            "请删去或改正其中一行，或在其中一行写 accept: {overlap: 理由}。",
            en=f"The row “{later.id}” repeats “{earlier.id}”: both match the same, with the same result. "
            "Remove or correct one of them, or write `accept: {overlap: WHY}` in it.",
            also=[earlier.where, decision.where],
        )


def _meeting(grid: Grid) -> Iterator[tuple[int, int]]:
    for later, box in enumerate(grid.boxes):
        yield from ((earlier, later) for earlier in bits(grid.meeting(box) & ((1 << later) - 1)))
