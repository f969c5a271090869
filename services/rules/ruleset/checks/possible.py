"""Whether tests can hold together, given the tables from which the outputs come that they test."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from services.rules.ruleset.checks.columns import columns_of
from services.rules.ruleset.checks.cover import Box
from services.rules.ruleset.definition import (
    Clock,
    Decision,
    Field,
    FieldType,
    Interval,
    Members,
    Presence,
    Test,
    Value,
)
from services.shared.business_time import Calendar

Condition = Mapping[str, Test]
Fields = Mapping[str, Mapping[str, Field]]

_MOST_STEPS: Final = 20_000
_MOST_ROWS: Final = 400


class Writers:
    """The enabled decisions by what they return, and the names by which their worlds are told apart."""

    def __init__(self, decisions: Iterable[Decision], fields: Fields) -> None:
        self._by_output = {name: each for each in decisions for name in each.returns}
        self._fields = fields

    def of(self, name: str) -> Decision | None:
        """Return the decision that returns this; None for a fact."""
        return self._by_output.get(name)

    def behind(self, names: Iterable[str]) -> tuple[Decision, ...]:
        """Return the decisions that these names come from, those included which they read themselves."""
        found: dict[str, Decision] = {}
        waiting = list(names)
        while waiting:
            decision = self.of(waiting.pop())
            if decision and decision.id not in found:
                found[decision.id] = decision
                waiting += [name for row in decision.rows for name in row.tests]
        return tuple(found.values())

    def are_small(self, names: Iterable[str]) -> bool:
        """Whether a search among the tables behind these names is worth its time."""
        return sum(len(decision.rows) for decision in self.behind(names)) <= _MOST_ROWS

    def key(self, kind: str, name: str) -> str:
        """Return the name of a column: of a fact with its kind of subject, since two kinds may share one."""
        decision = self.of(name)
        return f"{decision.subject if decision else kind}.{name}"

    def field(self, kind: str, name: str) -> Field:
        """Return the field of a column."""
        return replace(self._fields[kind][name], name=self.key(kind, name))


class World:
    """Everything that decides whether some conditions of one kind of subject can hold.

    A subject that is found possible here may be impossible, since the order of the rows of a table and what
    `otherwise` excludes are left out; one that is found impossible is.
    """

    def __init__(
        self, kind: str, conditions: Sequence[Condition], writers: Writers, calendar: Calendar
    ) -> None:
        self._kind = kind
        self._writers = writers
        self._steps = 0
        names = [name for condition in conditions for name in condition]
        self._decisions = writers.behind(names)
        self._fields: dict[str, Field] = {}
        roots = [self._keyed(kind, condition) for condition in conditions]
        options = [
            [self._keyed(each.subject, option) for option in _options(each)] for each in self._decisions
        ]
        every = [*roots, *(option for each in options for option in each)]
        self._columns = columns_of(every, self._fields, calendar)
        self._whole = tuple((1 << len(column.cells)) - 1 for column in self._columns)
        self._options = [list(dict.fromkeys(self._box(option) for option in each)) for each in options]
        self._returned = [self._places(each) for each in self._decisions]

    def allows(self, conditions: Iterable[Condition]) -> bool:
        """Say whether all of the conditions can hold together; true where the search would take too long."""
        box = self._whole
        for condition in conditions:
            box = _meet(box, self._box(self._keyed(self._kind, condition)))
        return self._search(box, 0, set())

    def _search(self, box: Box, chosen: int, failed: set[tuple[Box, int]]) -> bool:
        """Choose a row of each decision of whose outputs something is asked."""
        if not all(box) or (box, chosen) in failed:
            return False
        asked = next((at for at in range(len(self._decisions)) if self._asks(at, box, chosen)), None)
        if asked is None:
            return True
        for option in self._options[asked]:
            self._steps += 1
            if self._steps > _MOST_STEPS or self._search(_meet(box, option), chosen | 1 << asked, failed):
                return True
        failed.add((box, chosen))
        return False

    def _asks(self, decision: int, box: Box, chosen: int) -> bool:
        return not chosen >> decision & 1 and any(
            box[at] != self._whole[at] for at in self._returned[decision]
        )

    def _keyed(self, kind: str, condition: Condition) -> dict[str, Test]:
        keyed = {}
        for name, test in condition.items():
            field = self._writers.field(kind, name)
            self._fields[field.name] = field
            keyed[field.name] = test
        return keyed

    def _box(self, condition: Condition) -> Box:
        return tuple(column.mask(condition) for column in self._columns)

    def _places(self, decision: Decision) -> list[int]:
        keys = {self._writers.key(decision.subject, name) for name in decision.returns}
        return [at for at, column in enumerate(self._columns) if column.field in keys]


def _meet(one: Box, other: Box) -> Box:
    return tuple(left & right for left, right in zip(one, other, strict=True))


def _options(decision: Decision) -> Iterator[Condition]:
    """Yield what holds when a row decides, or `otherwise`: its tests, and its values.

    A value that no row returns is reported where it is asked for; here it counts as possible.
    """
    for row in decision.rows:
        yield {**row.tests, **_as_tests(row.values)}
    if decision.otherwise is not None:
        yield _as_tests(decision.otherwise)
    for name, value in unreturned(decision):
        yield {name: Members(frozenset({value}))}


def unreturned(decision: Decision) -> Iterator[tuple[str, str | bool]]:
    """Yield each value that an output can have by its declaration and that no row gives it."""
    given = [row.values for row in decision.rows]
    given += [decision.otherwise] if decision.otherwise is not None else []
    for name, output in decision.returns.items():
        domain: tuple[str | bool, ...] = output.values
        if output.type is FieldType.BOOL:
            domain = (True, False)
        returned = {values.get(name) for values in given}
        yield from ((name, value) for value in domain if value not in returned)


def _as_tests(values: Mapping[str, Value]) -> dict[str, Test]:
    tests: dict[str, Test] = {}
    for name, value in values.items():
        if isinstance(value, str | bool):
            tests[name] = Members(frozenset({value}))
        elif isinstance(value, int):
            tests[name] = Interval(value, value, high_closed=True)
    return tests


def anchors_of(clock: Clock) -> Iterator[Condition]:
    """Yield for each field of the anchor that it is present; one of them has to be."""
    yield from ({name: Presence(present=True)} for name in clock.starts_at.fields)
