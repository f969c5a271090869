"""What can be proved about a ruleset before it runs; all of it exact, nothing sampled."""

from services.rules.ruleset.checks.all import check
from services.rules.ruleset.checks.candidate import Candidate

__all__ = ["Candidate", "check"]
