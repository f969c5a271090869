"""Titles: an amount or a length of time in a title is one that its rule has."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain

from contracts.money import MINOR_UNITS
from contracts.text import Text
from services.rules.ruleset.checks.quantities import (
    MONTH,
    QUARTER,
    YEAR,
    Kind,
    Mention,
    Quantity,
    amount,
    lengths,
    mentions,
    spoken_as,
    totals,
)
from services.rules.ruleset.definition import (
    Age,
    Clock,
    Decision,
    Field,
    FieldType,
    Interval,
    Position,
    Rung,
    Test,
    Value,
)
from services.rules.ruleset.problems import Findings, Report
from services.rules.ruleset.wording import number_words
from services.shared.business_time import Duration, in_words

_PERIODS = frozenset({YEAR, QUARTER, MONTH})
"""By what amounts are counted: a title may name them beside an amount."""


@dataclass(frozen=True, slots=True)
class _Statement:
    """Something that a rule says, with the quantities by which a title can name it."""

    text: Text
    quantities: frozenset[Quantity]


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a rule with its titles, what it says, and what its titles may name besides."""

    where: Position
    titles: tuple[Text | None, ...]
    stated: tuple[_Statement, ...]
    besides: frozenset[Quantity]


def check_titles(
    rule: Decision | Clock,
    fields: Mapping[str, Mapping[str, Field]],
    makers: Mapping[str, Decision],
    findings: Findings,
) -> None:
    """Report each row and rung in whose titles a quantity differs from those of the rule.

    `fields` are those of each kind of subject. `makers` are the decisions by the outputs that they return:
    what stands behind a value may be named where the value is tested.
    """
    reader = _Reader(fields, makers)
    for part in reader.of_decision(rule) if isinstance(rule, Decision) else reader.of_clock(rule):
        _check(part, findings.about(rule.id))


def makers_of(decisions: Iterable[Decision]) -> dict[str, Decision]:
    """Return the decision that returns each output."""
    return {name: decision for decision in decisions for name in decision.returns}


class _Reader:
    """Reads what the parts of a rule say."""

    def __init__(self, fields: Mapping[str, Mapping[str, Field]], makers: Mapping[str, Decision]) -> None:
        self._fields = fields
        self._makers = makers

    def of_decision(self, decision: Decision) -> Iterator[_Part]:
        """Yield the table as a whole, then its rows."""
        rows = [self._row(decision, row.tests, row.values) for row in decision.rows]
        behind = [self._behind(row.tests) for row in decision.rows]
        whole = chain(*rows, self._row(decision, {}, decision.otherwise or {}))
        yield _part(decision.where, (decision.title,), whole, chain(*behind))
        for row, stated, besides in zip(decision.rows, rows, behind, strict=True):
            yield _part(row.where, (row.title,), stated, besides)

    def of_clock(self, clock: Clock) -> Iterator[_Part]:
        """Yield the clock as a whole, then its rungs."""
        condition = self._tests(clock.condition, clock.subject)
        named = [*clock.condition, *(rung.at.variable for rung in clock.ladder if rung.at.variable)]
        behind = self._behind(named).union(*(each.quantities for each in condition))
        rungs = [_rung(rung) for rung in clock.ladder]
        yield _part(clock.where, (clock.title,), chain(condition, *rungs), behind)
        for at, rung in enumerate(clock.ladder):
            since = chain(*(_between(earlier, rung) for earlier in clock.ladder[:at]))
            yield _part(rung.where, _titles(rung), rungs[at], behind.union(since))

    def _row(
        self, decision: Decision, tests: Mapping[str, Test], values: Mapping[str, Value]
    ) -> list[_Statement]:
        return [*self._tests(tests, decision.subject), *_values(values, decision.returns)]

    def _tests(self, tests: Mapping[str, Test], subject: str) -> list[_Statement]:
        found = []
        for name, test in tests.items():
            field = self._fields[subject].get(name)
            if isinstance(test, Interval) and field:
                edges = (edge for edge in (test.low, test.high) if edge is not None)
                found += [_number(edge, field) for edge in edges]
            elif isinstance(test, Age):
                found.append(_duration(test.duration))
        return found

    def _behind(self, names: Iterable[str]) -> frozenset[Quantity]:
        """Return the quantities of all decisions that stand behind these names."""
        found: set[Quantity] = set()
        waiting, seen = list(names), set[str]()
        while waiting:
            name = waiting.pop()
            maker = None if name in seen else self._makers.get(name)
            seen.add(name)
            if maker is None:
                continue
            for row in maker.rows:
                waiting += row.tests
                found.update(*(each.quantities for each in self._row(maker, row.tests, row.values)))
        return frozenset(found)


def _part(
    where: Position,
    titles: tuple[Text | None, ...],
    stated: Iterable[_Statement],
    besides: Iterable[Quantity],
) -> _Part:
    return _Part(where, titles, tuple(dict.fromkeys(stated)), frozenset(besides))


def _rung(rung: Rung) -> list[_Statement]:
    due = [rung.task.due] if rung.task and rung.task.due else []
    return [_duration(each) for each in (rung.at.plus, *due) if each.terms]


def _titles(rung: Rung) -> tuple[Text | None, ...]:
    actions = (rung.task, rung.escalate, rung.notify)
    return (rung.title, *(action.title for action in actions if action))


def _between(earlier: Rung, later: Rung) -> Iterator[Quantity]:
    """Yield how much later a rung is, where that can be counted, and how soon the earlier one is due."""
    if earlier.task and earlier.task.due:
        yield from lengths(earlier.task.due)
    if earlier.at.variable == later.at.variable:
        before, after = totals(earlier.at.plus), totals(later.at.plus)
        apart = {kind: after.get(kind, 0) - before.get(kind, 0) for kind in {*before, *after}}
        differing = [Quantity(kind, Decimal(number)) for kind, number in apart.items() if number]
        if len(differing) == 1:
            yield from differing


def _values(values: Mapping[str, Value], fields: Mapping[str, Field]) -> Iterator[_Statement]:
    for name, value in values.items():
        if isinstance(value, Duration):
            yield _duration(value)
        elif isinstance(value, int) and not isinstance(value, bool) and name in fields:
            yield _number(value, fields[name])


def _duration(duration: Duration) -> _Statement:
    return _Statement(in_words(duration), lengths(duration))


def _number(value: int, field: Field) -> _Statement:
    units = MINOR_UNITS if field.type is FieldType.MONEY else 1
    return _Statement(number_words(value, field), frozenset({amount(Decimal(value) / units)}))


def _check(part: _Part, report: Report) -> None:
    allowed = part.besides.union(*(each.quantities for each in part.stated))
    titles = list(dict.fromkeys(title for title in part.titles if title))
    zh = [wrong for title in titles if (wrong := _wrong((title.zh, title.en), allowed))]
    en = [wrong for title in titles if (wrong := _wrong((title.en, title.zh), allowed))]
    if not zh:
        return
    sorts = {mention.quantity.kind is Kind.AMOUNT for each in zh for mention in each.mentions}
    meant = [
        each.text
        for each in part.stated
        if any((quantity.kind is Kind.AMOUNT) in sorts for quantity in each.quantities)
    ]
    named_zh = "；".join(f"标题“{each.words}”写着{each.listed('、')}" for each in zh)
    named_en = "; ".join(f"the title “{each.words}” has {each.listed(', ')}" for each in en)
    rule_zh = "是" + "、".join(text.zh for text in meant) if meant else "里没有这样的数"
    rule_en = "has " + ", ".join(text.en for text in meant) if meant else "has no such number"
    report.finding(
        part.where,
        "title",
        zh=f"{named_zh}，而规则{rule_zh}。",
        en=f"{named_en[:1].upper()}{named_en[1:]}, but the rule {rule_en}.",
    )


@dataclass(frozen=True, slots=True)
class _Wrong:
    """The words of a title, and what in them the rule does not have."""

    words: str
    mentions: tuple[Mention, ...]

    def listed(self, comma: str) -> str:
        return comma.join(dict.fromkeys(mention.written for mention in self.mentions))


def _wrong(languages: Sequence[str], allowed: frozenset[Quantity]) -> _Wrong | None:
    """Return what is wrong in a title, in the first of the languages in which something is."""
    for words in languages:
        named = mentions(words)
        periods = _PERIODS if any(each.quantity.kind is Kind.AMOUNT for each in named) else frozenset()
        right = allowed | periods
        found = tuple(each for each in named if right.isdisjoint(spoken_as(each.quantity)))
        if found:
            return _Wrong(words, found)
    return None
