"""Runs every check over what the loader read."""

from collections.abc import Sequence

from services.rules.ruleset.checks.accepted import take_away_accepted, warn_of_unused
from services.rules.ruleset.checks.candidate import Candidate
from services.rules.ruleset.checks.ladders import check_actions, check_order
from services.rules.ruleset.checks.names import check_ids, check_outputs, check_switches
from services.rules.ruleset.checks.ranges import check_ranges
from services.rules.ruleset.checks.reads import readers
from services.rules.ruleset.checks.sense import check_sense
from services.rules.ruleset.checks.strata import in_strata
from services.rules.ruleset.checks.tables import check_table
from services.rules.ruleset.checks.titles import check_titles, makers_of
from services.rules.ruleset.definition import Age, Clock, Decision, Position
from services.rules.ruleset.problems import Findings
from services.shared.business_time import Calendar


def check(candidate: Candidate, findings: Findings) -> tuple[Decision, ...]:
    """Report everything that is wrong; return the decisions in the order of their strata.

    What a rule with a part left out would show is not reported: the part would change it.
    """
    rules: list[Decision | Clock] = [*candidate.decisions, *candidate.clocks]
    _check_presence(rules, findings, complete=candidate.complete)
    check_ids(candidate.decisions, candidate.clocks, findings)
    check_outputs(candidate.decisions, candidate.vocabulary, findings)
    check_switches(candidate.decisions, readers(rule for rule in rules if rule.enabled), findings)
    ordered = in_strata(candidate.decisions, findings)
    _check_tables(candidate, findings)
    for clock in candidate.clocks:
        if clock.id not in candidate.partial:
            check_actions(clock, findings)
    _check_titles(candidate, findings)
    if candidate.calendar is not None:
        _check_order(candidate, candidate.calendar, findings)
        check_sense(candidate, candidate.calendar, findings)
    needed = take_away_accepted(rules, findings)
    if candidate.calendar is not None and candidate.complete:
        whole = [rule for rule in rules if rule.enabled and rule.id not in candidate.partial]
        warn_of_unused(whole, needed, findings)
    return ordered


def _check_tables(candidate: Candidate, findings: Findings) -> None:
    calendar = candidate.calendar or Calendar.default()
    for decision in candidate.decisions:
        if decision.id in candidate.partial or (candidate.calendar is None and _tests_age(decision)):
            continue
        fields = candidate.fields[decision.subject]
        # A hole is the better name for the same gap: it shows the rows and the numbers.
        has_hole = decision.enabled and check_ranges(decision, fields, calendar, findings)
        check_table(decision, fields, calendar, findings, gap=not has_hole)


def _check_order(candidate: Candidate, calendar: Calendar, findings: Findings) -> None:
    for clock in candidate.clocks:
        if clock.id not in candidate.partial:
            check_order(clock, candidate.fields[clock.subject], calendar, findings)


def _check_titles(candidate: Candidate, findings: Findings) -> None:
    makers = makers_of(candidate.decisions)
    rules: list[Decision | Clock] = [*candidate.decisions, *candidate.clocks]
    for rule in rules:
        if rule.enabled and rule.id not in candidate.partial:
            check_titles(rule, candidate.fields, makers, findings)


def _check_presence(rules: Sequence[Decision | Clock], findings: Findings, *, complete: bool) -> None:
    if complete and not rules and not findings.problems:
        findings.about(None).problem(
            Position(".", 1, 1),
            zh="规则目录里没有任何规则表或时钟。",
            en="The rules directory has no decision and no clock.",
        )


def _tests_age(decision: Decision) -> bool:
    return any(isinstance(test, Age) for row in decision.rows for test in row.tests.values())
