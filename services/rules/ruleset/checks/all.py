"""Runs every check over what the loader read."""

from dataclasses import dataclass

from services.rules.ruleset.checks.strata import in_strata
from services.rules.ruleset.definition import Clock, Decision, Vocabulary
from services.rules.ruleset.problems import Findings
from services.shared.business_time import Calendar


@dataclass(frozen=True, slots=True)
class Candidate:
    """What the loader could read: `partial` names rules with a part left out; no calendar: it is broken."""

    vocabulary: Vocabulary
    calendar: Calendar | None
    decisions: tuple[Decision, ...]
    clocks: tuple[Clock, ...]
    partial: frozenset[str] = frozenset()


def check(candidate: Candidate, findings: Findings) -> tuple[Decision, ...]:
    """Write down everything that is wrong; return the decisions in the order of their strata."""
    return in_strata(candidate.decisions, findings)
