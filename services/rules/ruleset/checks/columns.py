"""The columns of a table: each fact it tests, divided into atomic cells, with words for each cell."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from contracts.text import Text
from services.rules.ruleset.checks.ages import age_cells
from services.rules.ruleset.checks.words import (
    absent_words,
    member_words,
    number_words,
    presence_words,
    tag_words,
)
from services.rules.ruleset.definition import (
    Field,
    FieldType,
    Interval,
    Members,
    Presence,
    Tagged,
    Test,
)
from services.shared.business_time import Calendar


@dataclass(frozen=True, slots=True)
class Column:
    """One fact, or one tag: the words of its cells, and the cells that each test accepts."""

    field: str
    tag: str | None
    cells: tuple[Text, ...]
    masks: Mapping[Test, int]

    def mask(self, tests: Mapping[str, Test]) -> int:
        """Return the cells that a row accepts; all of them when it does not test this column."""
        test = tests.get(self.field)
        if test is None or (isinstance(test, Tagged) and test.tag != self.tag):
            return (1 << len(self.cells)) - 1
        return self.masks[test]


def columns_of(
    conditions: Sequence[Mapping[str, Test]], fields: Mapping[str, Field], calendar: Calendar
) -> tuple[Column, ...]:
    """Return the columns of these conditions, in the order in which the fields first appear."""
    tests: dict[str, dict[Test, None]] = {}
    for condition in conditions:
        for name, test in condition.items():
            tests.setdefault(name, {})[test] = None
    return tuple(
        column for name, found in tests.items() for column in _columns(fields[name], tuple(found), calendar)
    )


def _columns(field: Field, tests: tuple[Test, ...], calendar: Calendar) -> Iterable[Column]:
    if field.type is FieldType.TAGS:
        tags = dict.fromkeys(test.tag for test in tests if isinstance(test, Tagged))
        for tag in tags:
            masks: dict[Test, int] = {Tagged(tag): 2, Tagged(tag, present=False): 1}
            yield Column(
                field.name, tag, (tag_words(tag, present=False), tag_words(tag, present=True)), masks
            )
        return
    cells: list[tuple[Text, frozenset[Test]]] = []
    if field.type in (FieldType.ENUM, FieldType.BOOL):
        cells = _member_cells(field, tests)
    elif field.type in (FieldType.MONEY, FieldType.NUMBER):
        cells = _number_cells(field, tests)
    elif field.type is FieldType.INSTANT:
        cells = age_cells(field, tests, calendar)
    else:
        cells = [(presence_words(field), frozenset(test for test in tests if test == Presence(present=True)))]
    if field.nullable:
        cells.append((absent_words(field), frozenset(test for test in tests if _accepts_null(test))))
    yield Column(
        field=field.name,
        tag=None,
        cells=tuple(words for words, _ in cells),
        masks={test: sum(1 << at for at, (_, held) in enumerate(cells) if test in held) for test in tests},
    )


def _accepts_null(test: Test) -> bool:
    return test == Presence(present=False) if isinstance(test, Presence | Tagged) else test.null


def _member_cells(field: Field, tests: tuple[Test, ...]) -> list[tuple[Text, frozenset[Test]]]:
    domain: tuple[str | bool, ...] = (True, False) if field.type is FieldType.BOOL else field.values
    return [
        (
            member_words(field, value),
            frozenset(test for test in tests if isinstance(test, Members) and value in test.values),
        )
        for value in domain
    ]


def _number_cells(field: Field, tests: tuple[Test, ...]) -> list[tuple[Text, frozenset[Test]]]:
    """Cut the whole numbers at the ends of all ranges."""
    ranges = {test: test.whole for test in tests if isinstance(test, Interval)}
    cuts = sorted(
        cut
        for cut in {end for ends in ranges.values() for end in ends if end is not None}
        if field.minimum is None or cut > field.minimum
    )
    present = frozenset(test for test in tests if test == Presence(present=True))
    cells: list[tuple[Text, frozenset[Test]]] = []
    for low, high in zip([field.minimum, *cuts], [*cuts, None], strict=True):
        held = frozenset(test for test, ends in ranges.items() if _within(low, high, ends))
        # Any number of the cell stands for it: its first one, or where it has none the one before its end.
        sample = low if low is not None else (high - 1 if high is not None else 0)
        cells.append((number_words(field, sample), held | present))
    return cells


def _within(low: int | None, high: int | None, ends: tuple[int | None, int | None]) -> bool:
    """Tell whether a cell lies inside a range; a cell is never cut by one."""
    after = ends[0] is None or (low is not None and low >= ends[0])
    before = ends[1] is None or (high is not None and high <= ends[1])
    return after and before
