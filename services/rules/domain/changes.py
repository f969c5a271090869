"""Whom a change of the rules concerns."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from services.rules.ruleset.definition import Clock, Decision, Members, Position, Ruleset, SubjectKind

_NOWHERE = Position(file="", line=0, column=0)

Alternative = Mapping[str, Sequence[str | bool]]
"""The values that some facts must have for a clock to be active; empty: any."""


@dataclass(frozen=True)
class Changes:
    """What differs between two rulesets, and which subjects to evaluate again.

    `former` are the former ids of the `rules`: what is stored may still be under them.
    """

    rules: tuple[str, ...] = ()
    former: tuple[str, ...] = ()
    everyone: bool = False
    kinds: frozenset[SubjectKind] = frozenset()
    recipients: bool = False
    clocks: Mapping[SubjectKind, Sequence[Alternative]] = field(default_factory=dict)


def _bare(rule: Decision | Clock) -> Decision | Clock:
    """The rule without its places in the file, which move with every edit."""
    if isinstance(rule, Decision):
        return replace(rule, where=_NOWHERE, rows=tuple(replace(row, where=_NOWHERE) for row in rule.rows))
    return replace(rule, where=_NOWHERE, ladder=tuple(replace(rung, where=_NOWHERE) for rung in rule.ladder))


def _by_id(ruleset: Ruleset) -> dict[str, Decision | Clock]:
    rules: list[Decision | Clock] = [*ruleset.decisions, *ruleset.clocks]
    return {rule.id: _bare(rule) for rule in rules}


def _alternative(ruleset: Ruleset, clock: Clock) -> Alternative:
    facts = ruleset.vocabulary.entities[clock.subject].fields
    return {
        name: sorted(test.values, key=str)
        for name, test in clock.condition.items()
        if name in facts and isinstance(test, Members) and not test.null
    }


def _former_ids(names: Collection[str], *rulesets: Mapping[str, Decision | Clock]) -> tuple[str, ...]:
    changed = (rules[name] for rules in rulesets for name in names if name in rules)
    return tuple(sorted({former for rule in changed for former in rule.was}))


def changes(old: Ruleset | None, new: Ruleset) -> Changes:
    """Compare two rulesets; without an old one everything is new."""
    after = _by_id(new)
    if old is None:
        return Changes(rules=tuple(after), everyone=True)
    before = _by_id(old)
    names = tuple(
        sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    )
    if old.calendar.version != new.calendar.version or old.vocabulary != new.vocabulary:
        return Changes(rules=names, everyone=True)
    kinds: set[SubjectKind] = set()
    clocks: dict[SubjectKind, list[Alternative]] = {}
    for ruleset, rules in ((old, before), (new, after)):
        for rule in (rules[name] for name in names if name in rules):
            if isinstance(rule, Decision):
                kinds.add(rule.subject)
            else:
                clocks.setdefault(rule.subject, []).append(_alternative(ruleset, rule))
    return Changes(
        rules=names,
        former=_former_ids(names, before, after),
        kinds=frozenset(kinds),
        recipients=old.roles != new.roles,
        clocks=clocks,
    )
