"""Runs every check over what the loader read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.rules.ruleset.checks.ladders import check_actions, check_order
from services.rules.ruleset.checks.names import check_ids, check_outputs, check_switches
from services.rules.ruleset.checks.reads import readers
from services.rules.ruleset.checks.strata import in_strata
from services.rules.ruleset.checks.tables import check_table
from services.rules.ruleset.checks.titles import check_titles, makers_of
from services.rules.ruleset.definition import Age, Clock, Decision, Field, Position, Vocabulary
from services.rules.ruleset.problems import Findings
from services.shared.business_time import Calendar


@dataclass(frozen=True, slots=True)
class Candidate:
    """What the loader could read: `partial` names rules with a part left out; no calendar: it is broken.

    `fields` has, for each kind of subject, every name that a rule about it may test; `complete` is false when
    rules are missing altogether.
    """

    vocabulary: Vocabulary
    fields: Mapping[str, Mapping[str, Field]]
    calendar: Calendar | None
    decisions: tuple[Decision, ...]
    clocks: tuple[Clock, ...]
    partial: frozenset[str] = frozenset()
    complete: bool = True


def check(candidate: Candidate, findings: Findings) -> tuple[Decision, ...]:
    """Report everything that is wrong; return the decisions in the order of their strata.

    What a rule with a part left out would show is not reported: the part would change it.
    """
    rules: list[Decision | Clock] = [*candidate.decisions, *candidate.clocks]
    _check_presence(rules, findings, complete=candidate.complete)
    check_ids(candidate.decisions, candidate.clocks, findings)
    check_outputs(candidate.decisions, candidate.vocabulary, findings)
    check_switches(candidate.decisions, readers(rules), findings)
    ordered = in_strata(candidate.decisions, findings)
    calendar = candidate.calendar or Calendar.default()
    for decision in candidate.decisions:
        if decision.id in candidate.partial or (candidate.calendar is None and _tests_age(decision)):
            continue
        check_table(decision, candidate.fields[decision.subject], calendar, findings)
    for clock in candidate.clocks:
        if clock.id in candidate.partial:
            continue
        check_actions(clock, findings)
        if candidate.calendar is not None:
            check_order(clock, candidate.fields[clock.subject], calendar, findings)
    _check_titles(candidate, findings)
    return ordered


def _check_titles(candidate: Candidate, findings: Findings) -> None:
    makers = makers_of(candidate.decisions)
    rules: list[Decision | Clock] = [*candidate.decisions, *candidate.clocks]
    for rule in rules:
        if rule.id not in candidate.partial:
            check_titles(rule, candidate.fields, makers, findings)


def _check_presence(rules: Sequence[Decision | Clock], findings: Findings, *, complete: bool) -> None:
    if complete and not rules:
        findings.about(None).problem(
            Position(".", 1, 1),
            zh="规则目录里没有任何规则表或时钟。",
            en="The rules directory has no decision and no clock.",
        )


def _tests_age(decision: Decision) -> bool:
    return any(isinstance(test, Age) for row in decision.rows for test in row.tests.values())
