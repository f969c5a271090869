"""Read-only views of the rules service."""

from services.rules.queries.finding import AmbiguousSubjectError, UnknownSubjectError
from services.rules.queries.views import (
    ActiveView,
    ClockView,
    DecisionView,
    NoticeView,
    SwitchedOffView,
    WhyView,
)
from services.rules.queries.why import UnknownRuleError, active_ruleset, why

__all__ = [
    "ActiveView",
    "AmbiguousSubjectError",
    "ClockView",
    "DecisionView",
    "NoticeView",
    "SwitchedOffView",
    "UnknownRuleError",
    "UnknownSubjectError",
    "WhyView",
    "active_ruleset",
    "why",
]
