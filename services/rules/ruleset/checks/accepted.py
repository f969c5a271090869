"""Findings that rules and rows accept are taken away; an acceptance that nothing needs is a warning."""

from collections.abc import Iterable, Iterator, Sequence

from contracts.text import Problem
from services.rules.ruleset.definition import Clock, Decision, Position, Row
from services.rules.ruleset.problems import Findings

Holder = Decision | Clock | Row


def take_away_accepted(rules: Sequence[Decision | Clock], findings: Findings) -> frozenset[Position]:
    """Remove what is accepted; return the places of the rules and rows whose acceptances were all needed.

    A row accepts for itself, and for the other row that the entry names.
    """
    by_id = {rule.id: rule for rule in rules}
    used: set[tuple[Position, str]] = set()
    for entries in (findings.problems, findings.findings):
        kept = []
        for entry in entries:
            accepting = [(each.where, entry.finding or "") for each in _accepting(entry, by_id, findings)]
            used.update(accepting)
            if not accepting:
                kept.append(entry)
        entries[:] = kept
    holders = (holder for rule in rules for holder in _holders(rule))
    return frozenset(
        each.where for each in holders if all((each.where, name) in used for name in each.accept)
    )


def warn_of_unused(
    rules: Iterable[Decision | Clock], needed: frozenset[Position], findings: Findings
) -> None:
    """Warn of each rule and row that accepts what is not found."""
    for rule in rules:
        for holder in _holders(rule):
            if holder.where not in needed:
                names = "、".join(sorted(holder.accept)), ", ".join(sorted(holder.accept))
                findings.about(rule.id).warning(
                    holder.where,
                    zh=f"“{holder.id}”的 accept（{names[0]}）用不到：没有这样的检查结果，可以删去。",
                    en=f"`accept` of “{holder.id}” ({names[1]}) is not needed: nothing like it is found.",
                )


def _holders(rule: Decision | Clock) -> Iterator[Holder]:
    yield rule
    if isinstance(rule, Decision):
        yield from rule.rows


def _accepting(entry: Problem, rules: dict[str, Decision | Clock], findings: Findings) -> Iterator[Holder]:
    rule = rules.get(entry.rule or "")
    if rule is None or entry.finding is None:
        return
    if entry.finding in rule.accept:
        yield rule
    places = {Position(entry.file, entry.line, entry.column), *findings.elsewhere.get(entry, ())}
    for row in rule.rows if isinstance(rule, Decision) else ():
        if entry.finding in row.accept and row.where in places:
            yield row
