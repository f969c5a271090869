"""Why a rule holds or does not, down to the facts: the tests, the values, and the working time in between.

The most immediate reason comes first, then the rows that decided what it read, and so on to plain facts.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from contracts.rules import Because
from contracts.text import Text
from services.rules.ruleset.definition import (
    OTHERWISE,
    Age,
    AgeKind,
    Clock,
    ClockState,
    Decision,
    Fact,
    Outcome,
    Presence,
    Ruleset,
    Rung,
    Test,
    Value,
)
from services.rules.ruleset.reference import holds
from services.rules.ruleset.timing import instant_of, window
from services.rules.ruleset.wording import as_written, condition_words, offset_words, value_words
from services.shared.business_time import Duration, DurationTooLongError

_OTHERWISE = Text(zh="其余条件均不成立", en="nothing else applies")


def because(  # noqa: PLR0913 - the arguments and the result of one evaluation, and the rule asked about
    ruleset: Ruleset,
    kind: str,
    facts: Mapping[str, Fact],
    customer_values: Mapping[str, Value],
    outcome: Outcome,
    *,
    rule: str,
    now: datetime,
) -> tuple[Because, ...]:
    """Return why a decision decided as it did, or why a clock runs and its highest rung is reached.

    Empty for a clock that is not active and for a decision in which no row matched.
    """
    known = {**facts, **customer_values, **outcome.values}
    return tuple(_Explainer(ruleset, kind, known, outcome, now).because(rule))


def why_not(  # noqa: PLR0913 - the arguments and the result of one evaluation, and the rule asked about
    ruleset: Ruleset,
    kind: str,
    facts: Mapping[str, Fact],
    customer_values: Mapping[str, Value],
    outcome: Outcome,
    *,
    rule: str,
    now: datetime,
) -> tuple[Because, ...]:
    """Return the tests that fail, with their values as they are.

    For a clock that is active: the next rung, and when it will be reached. For a decision: the tests that
    fail in each row that does not match; `grade/customer-A` asks about one row.
    """
    known = {**facts, **customer_values, **outcome.values}
    return tuple(_Explainer(ruleset, kind, known, outcome, now).why_not(rule))


def cures(clock: Clock) -> tuple[str, ...]:
    """Return the facts and values that can end a clock: those of its condition, then those of its anchor."""
    return tuple(dict.fromkeys([*clock.condition, *clock.starts_at.fields]))


class _Explainer:
    """Explains one evaluation."""

    def __init__(
        self, ruleset: Ruleset, kind: str, known: Mapping[str, Fact], outcome: Outcome, now: datetime
    ) -> None:
        self._calendar = ruleset.calendar
        self._fields = ruleset.fields_of[kind]
        self._decisions = {decision.id: decision for decision in ruleset.decisions_of[kind]}
        self._makers = {name: each for each in self._decisions.values() for name in each.returns}
        self._clocks = {clock.id: clock for clock in ruleset.clocks_of[kind]}
        self._known = known
        self._outcome = outcome
        self._now = now
        self._told: set[str] = set()

    def because(self, rule: str) -> Iterator[Because]:
        if rule in self._told:
            return
        self._told.add(rule)
        if rule in self._decisions:
            yield from self._decided(self._decisions[rule])
        elif (state := self._outcome.clocks.get(rule)) is not None:
            clock = self._clocks[rule]
            if state.reached:
                yield self._rung(clock, state, clock.ladder[state.reached - 1])
            yield from self._tests(rule, None, clock.condition, clock.texts)
            yield from self._makers_of([*clock.condition, *_variables(clock)])

    def why_not(self, rule: str) -> Iterator[Because]:
        rule_id, _, row_id = rule.partition("/")
        if rule_id in self._decisions:
            rows = self._decisions[rule_id].rows
            for row in (each for each in rows if row_id in ("", each.id)):
                yield from self._failing(rule_id, row.id, row.tests, row.texts)
        elif rule_id in self._clocks:
            yield from self._not_reached(self._clocks[rule_id])

    def _not_reached(self, clock: Clock) -> Iterator[Because]:
        state = self._outcome.clocks.get(clock.id)
        if state is not None:
            if state.reached < len(state.rungs):
                yield self._rung(clock, state, clock.ladder[state.reached])
            return
        yield from self._failing(clock.id, None, clock.condition, clock.texts)
        anchors = clock.starts_at.fields
        if all(self._known.get(name) is None for name in anchors):
            yield from (self._missing(clock, name) for name in anchors)
        for name in (each for each in _variables(clock) if self._known.get(each) is None):
            yield self._missing(clock, name)

    def _failing(
        self, rule: str, row: str | None, tests: Mapping[str, Test], texts: Mapping[str, str]
    ) -> Iterator[Because]:
        failing = {name: test for name, test in tests.items() if not self._holds(name, test)}
        yield from self._tests(rule, row, failing, texts)
        yield from self._makers_of(failing)

    def _decided(self, decision: Decision) -> Iterator[Because]:
        row_id = self._outcome.rows.get(decision.id)
        row = next((each for each in decision.rows if each.id == row_id), None)
        if row is not None and row.tests:
            yield from self._tests(decision.id, row.id, row.tests, row.texts)
            yield from self._makers_of(row.tests)
        elif row_id is not None:
            # Nothing was asked: what speaks for this value is that no other row came first.
            yield from (
                self._line(decision.id, row_id, name, OTHERWISE, words=_OTHERWISE)
                for name in decision.returns
            )

    def _makers_of(self, names: Iterable[str]) -> Iterator[Because]:
        for name in names:
            if name in self._makers:
                yield from self.because(self._makers[name].id)

    def _tests(
        self, rule: str, row: str | None, tests: Mapping[str, Test], texts: Mapping[str, str]
    ) -> Iterator[Because]:
        for name, test in tests.items():
            words = condition_words(test, self._fields[name])
            line = self._line(rule, row, name, texts.get(name, ""), words=words)
            value = self._known.get(name)
            yield (
                self._aged(line, test, value)
                if isinstance(test, Age) and isinstance(value, datetime)
                else line
            )

    def _aged(self, line: Because, test: Age, value: datetime) -> Because:
        reached_at, _ = window(test, value, self._calendar)
        words = self._arithmetic(value, test.duration) if test.kind is AgeKind.OLDER_THAN else None
        return line.model_copy(update={"anchor": value, "reached_at": reached_at, "arithmetic": words})

    def _rung(self, clock: Clock, state: ClockState, rung: Rung) -> Because:
        name = next(each for each in clock.starts_at.fields if self._known.get(each) == state.anchor)
        at = next(each.at for each in state.rungs if each.rung == rung.id)
        variable = self._fields[rung.at.variable] if rung.at.variable else None
        length = self._known.get(variable.name) if variable else None
        arithmetic = self._counted(clock, state, rung, at)
        words = offset_words(rung.at, variable, length, self._calendar.zone)
        line = self._line(clock.id, rung.id, name, rung.text, words=words)
        return line.model_copy(update={"anchor": state.anchor, "reached_at": at, "arithmetic": arithmetic})

    def _counted(self, clock: Clock, state: ClockState, rung: Rung, at: datetime) -> Text | None:
        """Return how the instant of a rung was counted: that of a rung above it, where it waited for one."""
        counted = rung
        if instant_of(rung.at, state.anchor, self._known, self._calendar) != at:
            rungs = zip(clock.ladder, state.rungs, strict=True)
            counted = next(each for each, reached in rungs if reached.at == at)
        length = self._known.get(counted.at.variable) if counted.at.variable else None
        lengths = [length] if isinstance(length, Duration) else []
        return self._arithmetic(state.anchor, *lengths, counted.at.plus)

    def _arithmetic(self, anchor: datetime, *lengths: Duration) -> Text | None:
        try:
            total = Duration(tuple(term for length in lengths for term in length.terms))
        except DurationTooLongError:
            # More terms together than one sentence takes; the instants still say it.
            return None
        arithmetic = self._calendar.explain(anchor, total)
        return Text(zh=arithmetic.words("zh"), en=arithmetic.words("en"))

    def _missing(self, clock: Clock, name: str) -> Because:
        words = condition_words(Presence(present=True), self._fields[name])
        return self._line(clock.id, None, name, "not null", words=words)

    def _line(self, rule: str, row: str | None, name: str, threshold: str, *, words: Text) -> Because:
        field, value, zone = self._fields[name], self._known.get(name), self._calendar.zone
        return Because(
            rule=rule,
            row=row,
            fact=name,
            label=field.label or Text(zh=name, en=name),
            value=as_written(value, field.type, zone),
            value_text=value_words(value, field, zone),
            threshold=threshold,
            threshold_text=words,
        )

    def _holds(self, name: str, test: Test) -> bool:
        return holds(test, self._known.get(name), self._now, self._calendar)


def _variables(clock: Clock) -> list[str]:
    return [name for name in dict.fromkeys(rung.at.variable for rung in clock.ladder) if name]
