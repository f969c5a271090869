"""Why an open task is no longer asked for, in words."""

from collections.abc import Mapping
from datetime import datetime

from contracts.rules import TaskState, Text
from services.rules.domain.evaluation import Evaluated
from services.rules.domain.obligations import RULE_REMOVED, Case, is_implied
from services.rules.domain.plain import plain
from services.rules.ruleset.definition import Clock, ClockState, Fact, Ruleset
from services.rules.ruleset.reference import holds

NOT_REACHED = Text(zh="按现行规则尚未到时间", en="by the rules in force it is not time yet")
SWITCHED_OFF = Text(zh="规则已停用", en="the rule is switched off")
GOES_ON = Text(
    zh="规则的原编号有变，由另一项任务继续", en="another task goes on, since the rule has other former ids"
)


def resolution(case: Case, evaluated: Evaluated, ruleset: Ruleset, state: TaskState) -> Text:
    """Name what ended an episode: a new start, a fact that no longer fits, or another rule."""
    clock = ruleset.clocks_by_name.get(state.rule)
    if clock is None:
        return RULE_REMOVED
    if not clock.enabled:
        return SWITCHED_OFF
    known = {**evaluated.snapshot.facts, **evaluated.customer_values, **evaluated.outcome.values}
    running = evaluated.outcome.clocks.get(clock.id)
    if running is None:
        return _without_value(ruleset, clock, known) or _ended(case, ruleset, clock, known)
    if running.anchor != state.anchor:
        return _moved(case, ruleset, clock, running, known)
    return GOES_ON if is_implied(clock, running) else NOT_REACHED


def _without_value(ruleset: Ruleset, clock: Clock, known: Mapping[str, Fact]) -> Text | None:
    """A value that the clock reads and that is not given any more because its decision is switched off."""
    for name in (name for name in clock.tested if known.get(name) is None):
        giver = ruleset.disabled_giver_of(clock.subject, name)
        if giver:
            label, title = _label(ruleset, clock, name), giver.title or Text(zh=giver.id, en=giver.id)
            return Text(
                zh=f"不再有{label.zh}：规则“{title.zh}”已停用",
                en=f"there is no {label.en} any more: the rule “{title.en}” is switched off",
            )
    return None


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
