"""Grades: a better one is not followed up less often."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from contracts.text import Text
from services.rules.ruleset.checks.cover import Grid
from services.rules.ruleset.checks.orders import FIRST_YEAR, LAST_YEAR, compare
from services.rules.ruleset.checks.tables import by_rank, grid_of
from services.rules.ruleset.checks.words import label_of
from services.rules.ruleset.definition import Decision, Field, FieldType, HitPolicy, Members, Row
from services.rules.ruleset.problems import Findings
from services.shared.business_time import Calendar, Duration, PublishedYear, in_words

GRADE: Final = "grade"


@dataclass(frozen=True, slots=True)
class _Pair:
    """A row of a better grade that returns a longer duration than a row of a worse one."""

    better: Row
    worse: Row
    grades: tuple[str, str]
    output: Field
    lengths: tuple[Duration, Duration]


def check_cadence(
    decision: Decision, fields: Mapping[str, Field], calendar: Calendar, findings: Findings
) -> None:
    """Report each row that gives a better grade a longer duration than another row gives a worse one."""
    lengths = [each for each in decision.returns.values() if each.type is FieldType.DURATION]
    if not lengths or not any(GRADE in row.tests for row in decision.rows):
        return
    better_rows: set[str] = set()
    worse_rows: set[str] = set()
    for pair in _turned_round(decision, lengths, fields, calendar):
        if pair.better.id not in better_rows and pair.worse.id not in worse_rows:
            _report(decision, pair, fields[GRADE], findings)
        better_rows.add(pair.better.id)
        worse_rows.add(pair.worse.id)


def _report(decision: Decision, pair: _Pair, field: Field, findings: Findings) -> None:
    label, (long, short) = label_of(pair.output), map(in_words, pair.lengths)
    better, worse = (field.labels.get(grade, Text(zh=grade, en=grade)) for grade in pair.grades)
    findings.about(decision.id).finding(
        pair.better.where,
        "cadence",
        zh=f"{label_of(field).zh} {better.zh} 高于 {worse.zh}，{label.zh}却更长："
        f"行“{pair.better.id}”是{long.zh}，行“{pair.worse.id}”是{short.zh}。"
        "请改正；若本意如此，请在规则上写 accept: {cadence: 理由}。",
        en=f"The grade {better.en} is better than {worse.en}, but its “{label.en}” is longer: "
        f"{long.en} in the row “{pair.better.id}”, {short.en} in “{pair.worse.id}”. "
        "Correct it, or write `accept: {cadence: WHY}` in the rule.",
        also=[pair.worse.where, decision.where],
    )


def _turned_round(
    decision: Decision, outputs: list[Field], fields: Mapping[str, Field], calendar: Calendar
) -> Iterator[_Pair]:
    table = _Table(decision, fields, calendar)
    numbers = [at for at, row in enumerate(decision.rows) if GRADE in row.tests]
    for one, other in ((one, other) for one in numbers for other in numbers if one != other):
        better, worse = decision.rows[one], decision.rows[other]
        for output in outputs:
            long, short = better.values.get(output.name), worse.values.get(output.name)
            if not isinstance(long, Duration) or not isinstance(short, Duration) or long == short:
                continue
            if _is_longer(long, short, calendar) and (grades := table.beside(one, other)):
                yield _Pair(better, worse, grades, output, (long, short))


def _is_longer(long: Duration, short: Duration, calendar: Calendar) -> bool:
    found = compare(_without_holidays(calendar), long, short)
    return found.fixed and found.after


@lru_cache(maxsize=8)
def _without_holidays(calendar: Calendar) -> Calendar:
    """Return the calendar of ordinary weeks: two working days are shorter than a week."""
    years = {year: PublishedYear() for year in range(FIRST_YEAR, LAST_YEAR + 2)}
    ordinary = {"years": years, "extra_holidays": (), "extra_working_days": ()}
    return Calendar(calendar.definition.model_copy(update=ordinary))


class _Table:
    """A decision as a grid without its column of grades."""

    def __init__(self, decision: Decision, fields: Mapping[str, Field], calendar: Calendar) -> None:
        columns, grid = grid_of(decision, fields, calendar)
        kept = [at for at, column in enumerate(columns) if column.field != GRADE]
        boxes = tuple(tuple(box[at] for at in kept) for box in grid.boxes)
        self._grid = Grid(tuple(grid.sizes[at] for at in kept), boxes)
        self._order = fields[GRADE].values
        self._grades = [self._accepted(row) for row in decision.rows]
        self._ranks = _ranks(decision)

    def beside(self, better: int, worse: int) -> tuple[str, str] | None:
        """Return a better and a worse grade for which these rows decide while all else is the same."""
        common = self._grid.common(self._grid.boxes[better], self._grid.boxes[worse])
        if not all(common):
            return None
        for place, one in enumerate(self._order):
            for other in self._order[place + 1 :]:
                if one in self._grades[better] and other in self._grades[worse]:
                    above = self._above(better, one) | self._above(worse, other)
                    if self._grid.cover(common, above).hole is not None:
                        return one, other
        return None

    def _above(self, row: int, grade: str) -> int:
        """Return the rows that decide before this one for a grade."""
        numbers = range(len(self._ranks))
        return sum(
            1 << at for at in numbers if self._ranks[at] < self._ranks[row] and grade in self._grades[at]
        )

    def _accepted(self, row: Row) -> frozenset[str | bool]:
        test = row.tests.get(GRADE)
        return test.values if isinstance(test, Members) else frozenset(self._order)


def _ranks(decision: Decision) -> list[int]:
    """Return for each row how many go before it; under `unique` none does."""
    ranks = [0] * len(decision.rows)
    if decision.hit is not HitPolicy.UNIQUE:
        for rank, at in enumerate(by_rank(decision)):
            ranks[at] = rank
    return ranks
