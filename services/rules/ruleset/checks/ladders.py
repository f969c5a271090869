"""Ladders: each rung at or after the one before it, whenever the clock starts; the task comes first."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import pairwise

from contracts.rules import Text
from services.rules.ruleset.checks.orders import compare
from services.rules.ruleset.definition import Clock, Field, Rung
from services.rules.ruleset.problems import Findings
from services.shared.business_time import Calendar, Duration


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
    """Write down each rung that can come before the one above it, with a start at which it does."""
    report = findings.about(clock.id)
    for earlier, later in pairwise(clock.ladder):
        for one, other in _pairs(earlier, later, fields):
            found = compare(calendar, one, other)
            if found.after:
                witness = _witness(found.after_at, one, other, calendar)
                report.problem(
                    later.where,
                    zh=f"“{later.id}”（{other}）会早于“{earlier.id}”（{one}）{witness.zh}。",
                    en=f"The rung “{later.id}” ({other}) comes before “{earlier.id}” ({one}){witness.en}.",
                )
                break
            if not found.before:
                report.warning(
                    later.where,
                    zh=f"“{later.id}”与“{earlier.id}”总在同一时刻。",
                    en=f"The rungs “{earlier.id}” and “{later.id}” are always reached at the same instant.",
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
