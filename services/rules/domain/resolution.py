"""Why an open task is no longer asked for, in words."""

from collections.abc import Mapping

from contracts.rules import TaskState
from contracts.text import Text
from services.rules.domain.evaluation import Evaluated
from services.rules.domain.obligations import RULE_REMOVED, Case, is_implied
from services.rules.ruleset.definition import Clock, ClockState, Fact, Field, Ruleset
from services.rules.ruleset.reference import holds
from services.rules.ruleset.wording import value_words

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
        without = _without_value(ruleset, clock, known)
        return without or _ended(case, ruleset.fields_of[clock.subject], clock, known)
    if running.anchor != state.anchor:
        return _moved(case, ruleset.fields_of[clock.subject], clock, running, known)
    return GOES_ON if is_implied(clock, running) else NOT_REACHED


def _without_value(ruleset: Ruleset, clock: Clock, known: Mapping[str, Fact]) -> Text | None:
    """A value that the clock reads and that is not given any more because its decision is switched off."""
    for name in (name for name in clock.tested if known.get(name) is None):
        giver = ruleset.disabled_giver_of(clock.subject, name)
        if giver:
            label = _label(ruleset.fields_of[clock.subject][name])
            title = giver.title or Text(zh=giver.id, en=giver.id)
            return Text(
                zh=f"不再有{label.zh}：规则“{title.zh}”已停用",
                en=f"there is no {label.en} any more: the rule “{title.en}” is switched off",
            )
    return None


def _moved(
    case: Case, fields: Mapping[str, Field], clock: Clock, running: ClockState, known: Mapping[str, Fact]
) -> Text:
    names = [name for name in clock.starts_at.fields if known.get(name) == running.anchor]
    return _now(case, fields[names[0] if names else clock.starts_at.fields[0]], running.anchor)


def _ended(case: Case, fields: Mapping[str, Field], clock: Clock, known: Mapping[str, Fact]) -> Text:
    for name, test in clock.condition.items():
        if not holds(test, known.get(name), case.now, case.calendar):
            return _now(case, fields[name], known.get(name))
    label = _label(fields[clock.starts_at.fields[0]])
    return Text(zh=f"不再有{label.zh}", en=f"there is no {label.en} any more")


def _now(case: Case, field: Field, value: Fact) -> Text:
    label, words = _label(field), value_words(value, field, case.calendar.zone)
    if words is None:
        return Text(zh=f"{label.zh}为空", en=f"{label.en} is not set")
    if isinstance(value, bool):
        return Text(zh=f"{label.zh}：{words.zh}", en=f"{label.en}: {words.en}")
    gap = " " if words.zh[:1].isascii() else ""
    return Text(zh=f"{label.zh}已是{gap}{words.zh}", en=f"{label.en} is now {words.en}")


def _label(field: Field) -> Text:
    return field.label or Text(zh=field.name, en=field.name)
