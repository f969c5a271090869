"""Outputs: what is returned is read or shown, what is asked for is returned."""

from collections.abc import Iterator, Mapping, Sequence

from services.rules.ruleset.checks.possible import unreturned
from services.rules.ruleset.checks.words import label_of, member_words
from services.rules.ruleset.definition import Clock, Decision, Members
from services.rules.ruleset.problems import Findings


def check_read(decision: Decision, readers: Mapping[str, frozenset[str]], findings: Findings) -> None:
    """Report each output that no rule reads and that is not marked as shown."""
    if decision.shadow:
        return
    for name, output in decision.returns.items():
        if not output.shown and not readers.get(name):
            findings.about(decision.id).finding(
                decision.where,
                "unread",
                zh=f"“{label_of(output).zh}”（{name}）没有规则用到。请删去；若只供查看，请在 returns 里写 "
                "shown: true；若以后才用，请在规则上写 accept: {unread: 理由}。",
                en=f"No rule reads “{label_of(output).en}” ({name}). Remove it; or, if only people see it, "
                "write `shown: true` beside it in `returns`; or `accept: {unread: WHY}` in the rule.",
            )


def check_returned(decision: Decision, rules: Sequence[Decision | Clock], findings: Findings) -> None:
    """Report each value of an output that another rule asks for by name while no row returns it."""
    for name, value in unreturned(decision):
        asking = sorted({rule.id for rule in rules if value in _asked(rule, name)})
        if not asking:
            continue
        what = member_words(decision.returns[name], value)
        findings.about(decision.id).finding(
            decision.where,
            "unset",
            zh=f"规则 {'、'.join(asking)} 要用到“{what.zh}”，但没有一行给出它。"
            "请改正某一行的结果，或不再使用它；若本意如此，请在规则上写 accept: {unset: 理由}。",
            en=f"{', '.join(asking)} asks for “{what.en}”, but no row returns it. Correct the result of a "
            "row, or ask for it no more; or write `accept: {unset: WHY}` in the rule.",
            also=[row.where for row in decision.rows],
        )


def _asked(rule: Decision | Clock, name: str) -> Iterator[str | bool]:
    """Yield the values of an output that a rule names, other than by `not`."""
    parts = rule.rows if isinstance(rule, Decision) else ()
    conditions = [(row.tests, row.texts) for row in parts]
    if isinstance(rule, Clock):
        conditions = [(rule.condition, rule.texts)]
    for tests, texts in conditions:
        test = tests.get(name)
        if isinstance(test, Members) and not texts.get(name, "").startswith("not "):
            yield from test.values
