"""Ladders: each rung at or after the one before it, each task due before the next; the task comes first."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import pairwise

from contracts.text import Text
from services.rules.ruleset.checks.orders import compare
from services.rules.ruleset.definition import Clock, Field, Rung
from services.rules.ruleset.problems import Findings, Report
from services.shared.business_time import Calendar, Duration

Flip = tuple[Duration, Duration, datetime | None]


def check_actions(clock: Clock, findings: Findings) -> None:
    """Write down a ladder that escalates before there is a task, and questions that nobody is asked."""
    report = findings.about(clock.id)
    acting = next((rung for rung in clock.ladder if rung.task or rung.escalate), None)
    if acting and not acting.task:
        report.problem(
            acting.where,
            zh=f"“{acting.id}”要升级，但还没有任务：第一个动作应是 task。",
            en=f"The rung “{acting.id}” escalates before there is a task; the first action has to be a task.",
        )
    if clock.asks and clock.completes == "fact":
        report.problem(
            clock.where,
            zh="asks 只用于 completes: person。",
            en="`asks` belongs to `completes: person` only.",
        )


def check_order(clock: Clock, fields: Mapping[str, Field], calendar: Calendar, findings: Findings) -> None:
    """Write down each rung that is always before the one above it, and each that sometimes is."""
    report = findings.about(clock.id)
    for earlier, later in pairwise(clock.ladder):
        flips = None
        for one, other in _pairs(earlier, later, fields):
            found = compare(calendar, one, other)
            if found.after and not found.before:
                witness = _witness(found.after_at, one, other, calendar)
                report.problem(
                    later.where,
                    zh=f"“{later.id}”（{other}）会早于“{earlier.id}”（{one}）{witness.zh}。",
                    en=f"The rung “{later.id}” ({other}) comes before “{earlier.id}” ({one}){witness.en}.",
                    also=[earlier.where],
                )
                break
            if found.after and flips is None:
                flips = one, other, found.after_at
            if not found.before and not found.after:
                report.warning(
                    later.where,
                    zh=f"“{later.id}”与“{earlier.id}”总在同一时刻。",
                    en=f"The rungs “{earlier.id}” and “{later.id}” are always reached at the same instant.",
                )
                break
        else:
            if flips and clock.enabled:
                _report_flip(earlier, later, flips, calendar, report)


def _report_flip(earlier: Rung, later: Rung, flips: Flip, calendar: Calendar, report: Report) -> None:
    one, other, start = flips
    witness = _witness(start, one, other, calendar)
    report.finding(
        later.where,
        "order",
        zh=f"“{later.id}”（{other}）有时早于“{earlier.id}”（{one}），要看日历{witness.zh}。"
        "请改用同一种单位；若本意如此，请在规则上写 accept: {order: 理由}，这时它不会早于上一级。",
        en=f"The rung “{later.id}” ({other}) is sometimes before “{earlier.id}” ({one}), by the calendar"
        f"{witness.en}. Use one unit, or write `accept: {{order: WHY}}` in the rule: it then waits for the "
        "rung above it.",
        also=[earlier.where],
    )


def check_due(clock: Clock, fields: Mapping[str, Field], calendar: Calendar, findings: Findings) -> None:
    """Write down each task that is due only after the next rung escalates or raises it."""
    report = findings.about(clock.id)
    for at, earlier in enumerate(clock.ladder):
        due = earlier.task.due if earlier.task else None
        later = next((each for each in clock.ladder[at + 1 :] if each.task or each.escalate), None)
        if due is None or later is None:
            continue
        for one, other in _pairs(earlier, later, fields):
            found = compare(calendar, one + due, other)
            if found.after:
                witness = _witness(found.after_at, other, one + due, calendar)
                report.finding(
                    earlier.where,
                    "late",
                    zh=f"“{earlier.id}”的任务期限（{due}）可能在下一级“{later.id}”之后才到{witness.zh}。"
                    "请缩短 due 或推迟下一级；若本意如此，请在规则上写 accept: {late: 理由}。",
                    en=f"The task of the rung “{earlier.id}” (due {due}) can be due after the next rung "
                    f"“{later.id}”{witness.en}. Shorten `due` or delay the next rung, or write "
                    "`accept: {late: WHY}` in the rule.",
                    also=[later.where],
                )
                break


def _witness(start: datetime | None, one: Duration, other: Duration, calendar: Calendar) -> Text:
    """Say from when both were counted and where they came out; nothing when any start would do."""
    if start is None:
        return Text(zh="", en="")
    begin, first, second = (
        f"{each.astimezone(calendar.zone):%Y-%m-%d %H:%M}"
        for each in (start, calendar.add(start, one), calendar.add(start, other))
    )
    return Text(
        zh=f"，例如从 {begin} 起算，分别是 {second} 和 {first}",
        en=f": from {begin} they are {second} and {first}",
    )


def _pairs(earlier: Rung, later: Rung, fields: Mapping[str, Field]) -> Iterator[tuple[Duration, Duration]]:
    """Yield both offsets, for every value that the duration in them can have."""
    names = dict.fromkeys(name for name in (earlier.at.variable, later.at.variable) if name)
    values: list[dict[str, Duration]] = [{}]
    for name in names:
        domain = fields[name].durations if name in fields else ()
        values = [{**value, name: literal} for value in values for literal in domain]
    for value in values:
        one, other = (
            (value[rung.at.variable] + rung.at.plus) if rung.at.variable else rung.at.plus
            for rung in (earlier, later)
        )
        yield one, other
