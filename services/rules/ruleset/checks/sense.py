"""Common sense: what is well-formed and still cannot be meant, in each rule and across rules."""

from services.rules.ruleset.checks.candidate import Candidate
from services.rules.ruleset.checks.durations import check_lengths, check_offsets
from services.rules.ruleset.checks.grades import check_cadence
from services.rules.ruleset.checks.ladders import check_due
from services.rules.ruleset.checks.never import check_clock_runs, check_rows_match
from services.rules.ruleset.checks.outputs import check_read, check_returned
from services.rules.ruleset.checks.possible import Writers
from services.rules.ruleset.checks.reads import readers
from services.rules.ruleset.definition import Clock, Decision
from services.rules.ruleset.problems import Findings
from services.shared.business_time import Calendar


def check_sense(candidate: Candidate, calendar: Calendar, findings: Findings) -> None:
    """Report findings about the enabled rules that could be read as a whole."""
    decisions = tuple(each for each in candidate.decisions if _is_live(each, candidate))
    clocks = tuple(each for each in candidate.clocks if _is_live(each, candidate))
    for decision in decisions:
        fields = candidate.fields[decision.subject]
        check_cadence(decision, fields, calendar, findings)
        check_lengths(decision, fields, findings)
    for clock in clocks:
        fields = candidate.fields[clock.subject]
        check_due(clock, fields, calendar, findings)
        check_offsets(clock, fields, findings)
    if candidate.complete:
        _check_outputs(candidate, decisions, findings)
        writers = Writers(decisions, candidate.fields)
        for decision in decisions:
            check_rows_match(decision, candidate.fields[decision.subject], writers, calendar, findings)
        for clock in clocks:
            check_clock_runs(clock, candidate.fields[clock.subject], writers, calendar, findings)


def _is_live(rule: Decision | Clock, candidate: Candidate) -> bool:
    return rule.enabled and rule.id not in candidate.partial


def _check_outputs(candidate: Candidate, decisions: tuple[Decision, ...], findings: Findings) -> None:
    everything: list[Decision | Clock] = [*candidate.decisions, *candidate.clocks]
    rules = [rule for rule in everything if rule.enabled]
    reading = readers(everything)  # a rule that is switched off may be switched on again
    for decision in decisions:
        if not candidate.partial:
            check_read(decision, reading, findings)
        check_returned(decision, rules, findings)
