"""What can be proved about a ruleset before it runs; all of it exact, nothing sampled."""

from services.rules.ruleset.checks.all import Candidate, check

__all__ = ["Candidate", "check"]
