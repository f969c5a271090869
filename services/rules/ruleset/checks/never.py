"""Clocks that can never be active and rows that can never match: their tests contradict the tables."""

from collections.abc import Callable, Mapping, Sequence

from contracts.text import Text
from services.rules.ruleset.checks.possible import Condition, World, Writers, anchors_of
from services.rules.ruleset.checks.tables import grid_of
from services.rules.ruleset.checks.words import label_of, test_words
from services.rules.ruleset.definition import Clock, Decision, Field, Row
from services.rules.ruleset.problems import Findings
from services.shared.business_time import Calendar


def check_clock_runs(
    clock: Clock, fields: Mapping[str, Field], writers: Writers, calendar: Calendar, findings: Findings
) -> None:
    """Report a clock whose `while` contradicts itself, its anchor or the tables."""
    if not writers.are_small(clock.condition):
        return
    anchors = list(anchors_of(clock))
    world = World(clock.subject, [clock.condition, *anchors], writers, calendar)
    if _runs(world, clock.condition, anchors):
        return
    names = _fewest(clock.condition, lambda condition: _runs(world, condition, anchors))
    cause = _cause(names, clock.condition, fields, writers)
    if world.allows([clock.condition]):
        cause = _with_anchor(cause, [fields[name] for name in clock.starts_at.fields])
    findings.about(clock.id).finding(
        clock.where,
        "never",
        zh=f"这个时钟永远不会开始计时：{cause.zh}。"
        "请改正 while；若本意如此，请在规则上写 accept: {never: 理由}。",
        en=f"This clock is never active: {cause.en}. "
        "Correct `while`, or write `accept: {never: WHY}` in the rule.",
        also=[each.where for each in writers.behind(names)],
    )


def _runs(world: World, condition: Condition, anchors: Sequence[Condition]) -> bool:
    return any(world.allows([condition, anchor]) for anchor in anchors)


def check_rows_match(
    decision: Decision, fields: Mapping[str, Field], writers: Writers, calendar: Calendar, findings: Findings
) -> None:
    """Report rows that contradict the tables whose outputs they test.

    A row without which the table would have a gap is no mistake: it has to be there.
    """
    read = [row for row in decision.rows if any(writers.of(name) for name in row.tests)]
    if not read or not writers.are_small(name for row in read for name in row.tests):
        return
    world = World(decision.subject, [row.tests for row in read], writers, calendar)
    impossible = [row for row in read if not world.allows([row.tests])]
    for row in _dispensable(impossible, decision, fields, calendar):
        names = _fewest(row.tests, lambda condition: world.allows([condition]))
        cause = _cause(names, row.tests, fields, writers)
        findings.about(decision.id).finding(
            row.where,
            "never",
            zh=f"行“{row.id}”永远不会成立：{cause.zh}。"
            "请改正条件；若本意如此，请在规则上写 accept: {never: 理由}。",
            en=f"The row “{row.id}” never matches: {cause.en}. "
            "Correct its tests, or write `accept: {never: WHY}` in the rule.",
            also=[each.where for each in writers.behind(names)],
        )


def _dispensable(
    rows: Sequence[Row], decision: Decision, fields: Mapping[str, Field], calendar: Calendar
) -> list[Row]:
    """Return those of the rows without which the table would still decide everything."""
    if not rows or decision.otherwise is not None:
        return list(rows)
    grid = grid_of(decision, fields, calendar)[1]
    everything = (1 << len(grid.boxes)) - 1
    places = [(row, decision.rows.index(row)) for row in rows]
    return [row for row, at in places if grid.cover(grid.boxes[at], everything & ~(1 << at)).hole is None]


def _fewest(condition: Condition, holds: Callable[[Condition], bool]) -> list[str]:
    """Return the names of tests that contradict the rest already without the others."""
    left = dict(condition)
    for name, test in condition.items():
        del left[name]
        if holds(left):
            left[name] = test
    return [name for name in condition if name in left]


def _cause(
    names: Sequence[str],
    tests: Condition,
    fields: Mapping[str, Field],
    writers: Writers,
) -> Text:
    """Say which tests cannot hold together, and by which tables."""
    words = [test_words(fields[name], tests[name]) for name in names]
    zh = "、".join(f"“{each.zh}”" for each in words)
    en = " and ".join(f"“{each.en}”" for each in words)
    tables = dict.fromkeys(decision.id for name in names if (decision := writers.of(name)))
    by_zh = f"按规则表 {'、'.join(tables)}，" if tables else ""
    by_en = f" by {', '.join(tables)}" if tables else ""
    together = len(words) > 1
    return Text(
        zh=f"{by_zh}{zh}不会{'同时' if together else ''}成立",
        en=f"{en} cannot hold{' together' if together else ''}{by_en}",
    )


def _with_anchor(cause: Text, anchors: Sequence[Field]) -> Text:
    """Add that the clock counts from what is absent then."""
    labels = [label_of(field) for field in anchors]
    zh, en = "、".join(each.zh for each in labels), ", ".join(each.en for each in labels)
    return Text(zh=f"{cause.zh}，因为要从{zh}起算", en=f"{cause.en}, since it counts from: {en}")
