"""Why an open task is no longer asked for, in words."""

from collections.abc import Mapping
from datetime import datetime

from contracts.rules import TaskState, Text
from services.rules.domain.evaluation import Evaluated
from services.rules.domain.obligations import RULE_REMOVED, Case
from services.rules.domain.plain import plain
from services.rules.ruleset.definition import Clock, ClockState, Fact, Ruleset
from services.rules.ruleset.reference import holds

NOT_REACHED = Text(zh="按现行规则尚未到时间", en="by the rules in force it is not time yet")


def resolution(case: Case, evaluated: Evaluated, ruleset: Ruleset, state: TaskState) -> Text:
    """Name what ended an episode: a new start, a fact that no longer fits, or another rule."""
    clock = next((clock for clock in ruleset.clocks if clock.id == state.rule), None)
    if clock is None:
        return RULE_REMOVED
    known = {**evaluated.snapshot.facts, **evaluated.customer_values, **evaluated.outcome.values}
    running = evaluated.outcome.clocks.get(clock.id)
    if running is None:
        return _ended(case, ruleset, clock, known)
    return NOT_REACHED if running.anchor == state.anchor else _moved(case, ruleset, clock, running, known)


def _label(ruleset: Ruleset, clock: Clock, name: str) -> Text:
    field = ruleset.fields_for(clock.subject).get(name)
    return field.label if field and field.label else Text(zh=name, en=name)


def _local(case: Case, instant: datetime) -> str:
    return instant.astimezone(case.calendar.zone).strftime("%Y-%m-%d %H:%M")


def _moved(
    case: Case, ruleset: Ruleset, clock: Clock, running: ClockState, known: Mapping[str, Fact]
) -> Text:
    names = [name for name in clock.starts_at.fields if known.get(name) == running.anchor]
    label = _label(ruleset, clock, names[0] if names else clock.starts_at.fields[0])
    moment = _local(case, running.anchor)
    return Text(zh=f"{label.zh}已是 {moment}", en=f"{label.en} is now {moment}")


def _ended(case: Case, ruleset: Ruleset, clock: Clock, known: Mapping[str, Fact]) -> Text:
    for name, test in clock.condition.items():
        if not holds(test, known.get(name), case.now, case.calendar):
            label = _label(ruleset, clock, name)
            value = plain(known.get(name))
            return Text(zh=f"{label.zh}已是 {value}", en=f"{label.en} is now {value}")
    label = _label(ruleset, clock, clock.starts_at.fields[0])
    return Text(zh=f"不再有{label.zh}", en=f"there is no {label.en} any more")
