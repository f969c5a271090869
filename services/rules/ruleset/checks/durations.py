"""Durations: within what makes sense for an output, or after an instant."""

from collections.abc import Mapping, Sequence
from typing import Final

from services.rules.ruleset.checks.orders import by_terms
from services.rules.ruleset.checks.words import label_of
from services.rules.ruleset.definition import Age, Clock, Decision, Field, Position, Rung, Test
from services.rules.ruleset.problems import Findings, Report
from services.shared.business_time import Duration, in_words

Spans = tuple[Duration, Duration]
_NOW: Final = Duration()


def check_lengths(decision: Decision, fields: Mapping[str, Field], findings: Findings) -> None:
    """Report durations that a table returns, and ages that it tests, which are surely outside their spans."""
    report = findings.about(decision.id)
    for name, output in decision.returns.items():
        for where, values in [
            *((row.where, row.values) for row in decision.rows),
            (decision.where, decision.otherwise or {}),
        ]:
            value = values.get(name)
            if isinstance(value, Duration):
                _report_outside(value, [output], where, report)
    for row in decision.rows:
        _check_ages(row.tests, fields, row.where, report)


def check_offsets(clock: Clock, fields: Mapping[str, Field], findings: Findings) -> None:
    """Report offsets of rungs, and ages in `while`, which are surely outside the spans of their instants."""
    report = findings.about(clock.id)
    _check_ages(clock.condition, fields, clock.where, report)
    anchors = [fields[name] for name in clock.starts_at.fields if fields[name].spans]
    for rung in clock.ladder:
        for offset in _offsets(rung, fields):
            # A rung before its anchor announces it; it has no span to keep.
            if by_terms(offset, _NOW) != -1:
                _report_outside(offset, anchors, rung.where, report)


def _offsets(rung: Rung, fields: Mapping[str, Field]) -> Sequence[Duration]:
    """Return what a rung adds to its anchor, unless a variable in it has spans of its own."""
    if rung.at.variable is None:
        return [rung.at.plus]
    variable = fields.get(rung.at.variable)
    if variable is None or variable.spans:
        return []
    return [length + rung.at.plus for length in variable.durations]


def _check_ages(
    tests: Mapping[str, Test], fields: Mapping[str, Field], where: Position, report: Report
) -> None:
    for name, test in tests.items():
        if isinstance(test, Age):
            _report_outside(test.duration, [fields[name]], where, report)


def _report_outside(length: Duration, fields: Sequence[Field], where: Position, report: Report) -> None:
    """Report a duration that is outside the spans of all of these fields, for every start."""
    spans = [(field, field.spans) for field in fields if field.spans]
    if not spans or not all(_is_outside(length, each) for _, each in spans):
        return
    field, (least, most) = spans[0]
    label, what, first, last = label_of(field), in_words(length), in_words(least), in_words(most)
    report.finding(
        where,
        "duration",
        zh=f"“{label.zh}”的时长“{length}”（{what.zh}）不合常理，一般在{first.zh}至{last.zh}之间。"
        "请检查数字和单位；若本意如此，请在规则上写 accept: {duration: 理由}。",
        en=f"“{length}” ({what.en}) makes no sense for “{label.en}”: it is from {first.en} to {last.en}. "
        "Check number and unit, or write `accept: {duration: WHY}` in the rule.",
    )


def _is_outside(length: Duration, spans: Spans) -> bool:
    least, most = spans
    return by_terms(length, least) == -1 or by_terms(length, most) == 1
