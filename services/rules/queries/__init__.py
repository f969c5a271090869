"""Read-only views of the rules service."""

from services.rules.queries.finding import AmbiguousSubjectError, UnknownSubjectError
from services.rules.queries.status import CheckView, StatusView, check_view, ruleset_status
from services.rules.queries.views import (
    ActiveView,
    ClockView,
    DecisionView,
    NoticeView,
    SwitchedOffView,
    ValueView,
    WhyView,
)
from services.rules.queries.why import UnknownRuleError, active_ruleset, why

__all__ = [
    "ActiveView",
    "AmbiguousSubjectError",
    "CheckView",
    "ClockView",
    "DecisionView",
    "NoticeView",
    "StatusView",
    "SwitchedOffView",
    "UnknownRuleError",
    "UnknownSubjectError",
    "ValueView",
    "WhyView",
    "active_ruleset",
    "check_view",
    "ruleset_status",
    "why",
]
