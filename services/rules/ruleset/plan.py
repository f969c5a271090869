"""The host's half of the engine: lowers facts, lets hit policies choose, computes what depends on time."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.rules.ruleset.definition import (
    OTHERWISE,
    Age,
    ClockState,
    Decision,
    Fact,
    Field,
    HitPolicy,
    Outcome,
    Ruleset,
    Value,
)
from services.rules.ruleset.fact_checks import FactCheck
from services.rules.ruleset.lowering import Feature, Lowering, Table
from services.rules.ruleset.timing import Adder, ages_of, next_after, running, window

Codes = list[int | None]
Key = tuple[int | None, ...]
Matching = Callable[[Key], frozenset[int]]


@dataclass(frozen=True, slots=True)
class _Result:
    """What a row of a decision concludes: its values, and the codes of the features that read them."""

    row: str | None
    values: Mapping[str, Value]
    codes: Sequence[tuple[int, int | None]]


class _Asked:
    """A rule with the function that knows which of its rows match."""

    def __init__(self, table: Table, matching: Matching) -> None:
        self._features = table.features
        self._matching = matching

    def matching(self, codes: Codes) -> frozenset[int]:
        return self._matching(tuple([codes[number] for number in self._features]))


class _Decider(_Asked):
    """A decision: of the rows that match, the hit policy chooses one."""

    def __init__(
        self, decision: Decision, table: Table, matching: Matching, *, features: Sequence[Feature]
    ) -> None:
        super().__init__(table, matching)
        self.id = decision.id
        self._order = sorted(range(len(decision.rows)), key=lambda number: _rank(decision, number))
        self._results = [_result(decision, row.id, row.values, features) for row in decision.rows]
        default = None if decision.otherwise is None else OTHERWISE
        self._default = _result(decision, default, decision.otherwise or {}, features)

    def result(self, codes: Codes) -> _Result:
        matching = self.matching(codes)
        for number in self._order if matching else ():
            if number in matching:
                return self._results[number]
        return self._default


class Plan:
    """The rules about one kind of subject, compiled by `compiled`."""

    def __init__(self, ruleset: Ruleset, kind: str, compiled: Callable[[str, Table], Matching]) -> None:
        lowering = Lowering(ruleset, kind)
        decisions, clocks = ruleset.decisions_of[kind], ruleset.clocks_of[kind]
        tables = [lowering.table(each.id, [(row.id, row.tests) for row in each.rows]) for each in decisions]
        conditions = [lowering.table(each.id, [("while", each.condition)]) for each in clocks]
        features = lowering.features
        self._count = len(features)
        given = _read(ruleset, kind)
        self._switched_off = tuple(ruleset.switched_off_outputs[kind])
        self._check = FactCheck(given.values())
        self._direct = [
            (n, each) for n, each in enumerate(features) if each.age is None and each.fact in given
        ]
        self._ages = list(_ages(ruleset, kind, features))
        self._deciders = [
            _Decider(decision, table, compiled(decision.id, table), features=features)
            for decision, table in zip(decisions, tables, strict=True)
        ]
        self._clocks = [
            (clock, _Asked(table, compiled(clock.id, table)))
            for clock, table in zip(clocks, conditions, strict=True)
        ]

    def evaluate(self, known: dict[str, Fact], now: datetime, calendar: Adder) -> Outcome:
        """Say what holds now; `known` has the facts and the customer's values, and takes in the results.

        Raises:
            WrongFactError: a fact that the rules read is not what the vocabulary says.
        """
        self._check.refuse_wrong(known)
        codes: Codes = [None] * self._count
        for number, feature in self._direct:
            codes[number] = feature.lower(known.get(feature.fact))
        instants = self._age(codes, known, now, calendar)
        values: dict[str, Value] = dict.fromkeys(self._switched_off)
        rows: dict[str, str] = {}
        for decider in self._deciders:
            result = decider.result(codes)
            if result.row is not None:
                rows[decider.id] = result.row
            values.update(result.values)
            for number, code in result.codes:
                codes[number] = code
        known.update(values)
        states: dict[str, ClockState] = {}
        for clock, asked in self._clocks:
            state = running(clock, known, now, calendar) if asked.matching(codes) else None
            if state is not None:
                states[clock.id] = state
                instants += [rung.at for rung in state.rungs]
        return Outcome(values, rows, states, next_after(now, instants))

    def _age(self, codes: Codes, known: Mapping[str, Fact], now: datetime, calendar: Adder) -> list[datetime]:
        """Fill in the codes of the tests of age; return the instants at which they flip."""
        instants = []
        for fact, age, numbers in self._ages:
            value = known.get(fact)
            start, end = window(age, value, calendar) if isinstance(value, datetime) else (None, None)
            holds = (start is None or start <= now) and (end is None or now < end)
            for number, null in numbers:
                codes[number] = null if value is None else int(holds)
            instants += [edge for edge in (start, end) if edge is not None]
        return instants


def _rank(decision: Decision, number: int) -> tuple[int, int]:
    """Order rows as the hit policy does: as written, or with `priority` by the words of the first output."""
    if decision.hit is not HitPolicy.PRIORITY:
        return 0, number
    name, output = next(iter(decision.returns.items()))
    words: tuple[Value, ...] = output.values
    value = decision.rows[number].values.get(name)
    return words.index(value) if value in words else len(words), number


def _result(
    decision: Decision, row: str | None, given: Mapping[str, Value], features: Sequence[Feature]
) -> _Result:
    values = {name: given.get(name) for name in decision.returns}
    codes = [(n, each.lower(values[each.fact])) for n, each in enumerate(features) if each.fact in values]
    return _Result(row, values, codes)


def _ages(
    ruleset: Ruleset, kind: str, features: Sequence[Feature]
) -> Iterator[tuple[str, Age, list[tuple[int, int | None]]]]:
    """Yield each test of age with the features that stand for it, and what null is in them."""
    for fact, age in {(name, replace(test, null=False)) for name, test in ages_of(ruleset, kind)}:
        yield (
            fact,
            age,
            [(n, each.null) for n, each in enumerate(features) if (each.fact, each.age) == (fact, age)],
        )


def _read(ruleset: Ruleset, kind: str) -> Mapping[str, Field]:
    """Return the fields that the rules read, other than what they conclude themselves, by name."""
    fields = ruleset.fields_of[kind]
    names = {name for decision in ruleset.decisions_of[kind] for row in decision.rows for name in row.tests}
    for clock in ruleset.clocks_of[kind]:
        names |= {*clock.condition, *clock.starts_at.fields}
        names |= {rung.at.variable for rung in clock.ladder if rung.at.variable}
    own = {name for decision in ruleset.decisions_of[kind] for name in decision.returns}
    return {name: fields[name] for name in sorted(names - own)}
