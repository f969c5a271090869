"""Facts as small integers and rows as tests of them: what durable-rules is asked, and within its limits.

Each fact becomes a *feature*: an enumeration 1..n, a boolean 0 or 1, money and numbers the index of the cell
between two thresholds that the rules name, an age or a tag 0 or 1. Null has no code: the property is absent.
So no text, no large number, no time and no name of a fact ever reaches the engine.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from services.rules.ruleset.definition import (
    Age,
    Fact,
    FieldType,
    Interval,
    Members,
    Presence,
    Ruleset,
    Tagged,
    Test,
)
from services.rules.ruleset.properties import KIND, property_name, refuse_collisions
from services.shared.errors import RefusedError

MAX_RULES = 60
"""Rules in one ruleset: a fact that passes 65 tests side by side is an error in the engine."""

MAX_TESTS = 400
"""Tests in one ruleset: 512 under one node hang the engine for ever."""

MAX_PROPERTIES = 200
"""Properties of one fact: the engine takes 255, its own included."""

MAX_RUNS = 20
"""Alternatives of one test that are spelled out; a longer list is answered by the host."""

MAX_BRACKETS = 30
"""Opening and closing brackets in one rule: the engine has room for 31."""

Code = Callable[[Any], int]
Json = Mapping[str, object]


class RuleTooLargeError(RefusedError):
    """Rule {rule} has too many {what} in row {row}: {count}, at most {limit} are possible."""

    slug = "rule-too-large"
    zh = "规则 {rule} 的行 {row} 过大（{what}）：{count} 个，最多 {limit} 个。"
    rule: str
    row: str
    what: str
    count: int
    limit: int


@dataclass(frozen=True, slots=True)
class Feature:
    """One property of what is asserted: `code` returns one of `codes` for a value that is not null.

    `null` is what null becomes; None: the property is absent. With `age` the code follows from the time,
    and `code` is given whether the test holds.
    """

    fact: str
    codes: range
    code: Code
    null: int | None = None
    age: Age | None = None

    def lower(self, value: Fact) -> int | None:
        """Return the code of a value."""
        return self.null if value is None else self.code(value)


@dataclass(frozen=True, slots=True)
class Rule:
    """One row for the engine: its number, its condition over properties `f0`, `f1`, … and its tests."""

    row: int
    condition: Json
    size: int


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a decision, or the condition of a clock: what it reads and the rulesets it becomes.

    Property `f3` is the feature with the number `features[3]`. Rows in `always` have no test left and match
    without being asked for; rows that can never match are left out.
    """

    features: tuple[int, ...]
    rulesets: tuple[tuple[Rule, ...], ...]
    always: frozenset[int]


@dataclass(frozen=True, slots=True)
class _Test:
    """A test in terms of a feature: one of these codes, or absent."""

    feature: int
    codes: frozenset[int]
    null: bool = False

    @property
    def brackets(self) -> int:
        """How many brackets it takes in a rule, at most."""
        alternatives = len(_runs(self.codes)) + self.null
        return 2 + 2 * alternatives if alternatives > 1 else 0


_ONE = frozenset({1})


class Lowering:
    """The features of one kind of subject, made as its rules ask for them."""

    def __init__(self, ruleset: Ruleset, kind: str) -> None:
        self._fields = ruleset.fields_of[kind]
        self._named = _named(ruleset, kind)
        self._numbers: dict[tuple[str, Test | None], int] = {}
        self.features: list[Feature] = []

    def table(self, rule: str, rows: Sequence[tuple[str, Mapping[str, Test]]]) -> Table:
        """Lower the rows of a rule, each an id and its tests.

        Raises:
            RuleTooLargeError: there is more in it than the engine can take, however it is split.
            PropertyCollisionError: two properties have the same hash.
        """
        lowered = [self._row(tests) for _, tests in rows]
        used = sorted({test.feature for row in lowered if row for test in row})
        names = [property_name(place) for place in range(len(used))]
        if len(names) > MAX_PROPERTIES:
            raise RuleTooLargeError(rule=rule, row="*", what="facts", count=len(names), limit=MAX_PROPERTIES)
        refuse_collisions(names)
        properties = dict(zip(used, names, strict=True))
        rules = [self._rule(number, row, properties) for number, row in enumerate(lowered) if row]
        for large in (each for each in rules if each.size > MAX_TESTS):
            row_id = rows[large.row][0]
            raise RuleTooLargeError(rule=rule, row=row_id, what="tests", count=large.size, limit=MAX_TESTS)
        always = frozenset(number for number, row in enumerate(lowered) if row == [])
        return Table(tuple(used), tuple(_packed(rules)), always)

    def _row(self, tests: Mapping[str, Test]) -> list[_Test] | None:
        """Return what is left to be tested; None when the row can never match."""
        left, room = [], MAX_BRACKETS - 2
        for name, test in tests.items():
            lowered = self._test(name, test)
            if not lowered.codes and not lowered.null:
                return None
            if lowered.null and self._is_any(lowered):
                continue
            if lowered.brackets > room or len(_runs(lowered.codes)) > MAX_RUNS:
                lowered = self._answered(name, test)
            room -= lowered.brackets
            left.append(lowered)
        return left

    def _is_any(self, test: _Test) -> bool:
        return len(test.codes) == len(self.features[test.feature].codes)

    def _test(self, name: str, test: Test) -> _Test:
        if isinstance(test, Age):
            age = replace(test, null=False)
            return _Test(self._number(name, age, Feature(name, range(2), int, age=age)), _ONE, test.null)
        if isinstance(test, Tagged):
            feature = Feature(name, range(2), lambda tags: int(test.tag in tags))
            return _Test(self._number(name, Tagged(test.tag), feature), frozenset({int(test.present)}))
        if isinstance(test, Presence):
            number = self._number(name, Presence(present=True), Feature(name, range(1, 2), lambda _: 1))
            return _Test(number, _ONE if test.present else frozenset(), null=not test.present)
        if isinstance(test, Interval):
            cuts = self._named.get(name, [])
            feature = Feature(name, range(len(cuts) + 1), lambda value: bisect_right(cuts, value))
            return _Test(self._number(name, None, feature), frozenset(_cells(test, cuts)), test.null)
        codes = self._choices(name)
        lowest = 1 if self._fields[name].type is FieldType.ENUM else 0
        feature = Feature(
            name, range(lowest, max(codes.values(), default=0) + 1), lambda value: codes.get(value, 0)
        )
        wanted = frozenset(codes[value] for value in test.values if value in codes)
        return _Test(self._number(name, None, feature), wanted, test.null)

    def _choices(self, name: str) -> Mapping[str | bool, int]:
        field = self._fields[name]
        if field.type is FieldType.BOOL:
            return {False: 0, True: 1}
        return {value: code for code, value in enumerate(field.values or self._named.get(name, ()), start=1)}

    def _answered(self, name: str, test: Test) -> _Test:
        """Let the host answer a test that the engine has no room for: 1 where it holds, 0 where not."""
        if isinstance(test, Tagged | Presence):
            return self._test(name, test)
        if isinstance(test, Age):
            feature = Feature(name, range(2), int, int(test.null), replace(test, null=False))
        else:
            feature = Feature(name, range(2), self._membership(name, test), int(test.null))
        return _Test(self._number(name, test, feature), _ONE)

    def _membership(self, name: str, test: Members | Interval) -> Code:
        lowered = self._test(name, test)
        code = self.features[lowered.feature].code
        return lambda value: int(code(value) in lowered.codes)

    def _number(self, name: str, test: Test | None, feature: Feature) -> int:
        if (name, test) not in self._numbers:
            self._numbers[name, test] = len(self.features)
            self.features.append(feature)
        return self._numbers[name, test]

    def _rule(self, number: int, row: list[_Test], properties: Mapping[int, str]) -> Rule:
        parts: list[Json] = [{KIND: 1}]
        size = 1
        for test in row:
            codes = self.features[test.feature].codes
            found = list(_alternatives(test, properties[test.feature], codes))
            size += sum(map(len, found))
            parts += found[0] if len(found) == 1 else [{"$or": [_all(each) for each in found]}]
        return Rule(number, {"$and": parts}, size)


def _alternatives(test: _Test, name: str, codes: range) -> Iterator[list[Json]]:
    """Yield, for each run of codes, the tests of which all must hold."""
    if test.null:
        yield [{"$nex": {name: 1}}]
    for first, last in _runs(test.codes):
        if first == last:
            yield [{name: first}]
        elif (first, last) == (codes[0], codes[-1]):
            yield [{"$ex": {name: 1}}]
        else:
            yield [{"$gte": {name: first}}, {"$lte": {name: last}}]


def _all(tests: list[Json]) -> Json:
    return tests[0] if len(tests) == 1 else {"$and": tests}


def _runs(codes: Iterable[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for code in sorted(codes):
        if runs and code == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], code)
        else:
            runs.append((code, code))
    return runs


def _packed(rules: Sequence[Rule]) -> Iterator[tuple[Rule, ...]]:
    """Yield rulesets that stay within the engine's limits; which rows match does not depend on the split."""
    group: list[Rule] = []
    for rule in rules:
        if group and (len(group) == MAX_RULES or sum(each.size for each in group) + rule.size > MAX_TESTS):
            yield tuple(group)
            group = []
        group.append(rule)
    if group:
        yield tuple(group)


def _low(test: Interval) -> int | None:
    return None if test.low is None else test.low + (not test.low_closed)


def _high(test: Interval) -> int | None:
    """Return the first value above the interval."""
    return None if test.high is None else test.high + test.high_closed


def _cells(test: Interval, cuts: Sequence[int]) -> range:
    low, high = _low(test), _high(test)
    first = 0 if low is None else bisect_right(cuts, low)
    return range(first, len(cuts) + 1 if high is None else bisect_right(cuts, high))


def _named(ruleset: Ruleset, kind: str) -> Mapping[str, list[Any]]:
    """Return, for each fact, the thresholds or the members that rules name, in order."""
    conditions = [row.tests for decision in ruleset.decisions_of[kind] for row in decision.rows]
    conditions += [clock.condition for clock in ruleset.clocks_of[kind]]
    named: dict[str, set[Any]] = {}
    for name, test in (pair for tests in conditions for pair in tests.items()):
        if isinstance(test, Members):
            named.setdefault(name, set()).update(test.values)
        elif isinstance(test, Interval):
            edges = (_low(test), _high(test))
            named.setdefault(name, set()).update(edge for edge in edges if edge is not None)
    return {name: sorted(values) for name, values in named.items()}
