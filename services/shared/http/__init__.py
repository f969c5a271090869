"""What the HTTP doors of all services share.

`routes` has the routes of a service and says how one is written: units of work, Idempotency-Key (`repeats`),
ETag and If-Match (`versions`), checks of the request (`requests`). `failures` answers every failure with the
documents of `documents`, in the words of `wording` and `routing`; `openapi` declares them, `bodies` is what
is sent, `health` what a supervisor asks, `gathered` whose answer is asked for. `guard` refuses what pages of
other sites send.
"""

from services.shared.http.bodies import UNLESS_GIVEN, Body
from services.shared.http.documents import Problem, problems
from services.shared.http.failures import (
    InternalError,
    InvalidRequestError,
    UnusableValueError,
    install_problems,
    liked_best,
    locale_of,
    problem,
    problem_members,
)
from services.shared.http.gathered import UnknownServiceError, check_service
from services.shared.http.guard import LOOPBACK_NAMES, AllowedHosts, RequestGuard
from services.shared.http.health import health_router
from services.shared.http.routes import Once, Unit, service_router
from services.shared.http.versions import IfMatch, Tag

__all__ = [
    "LOOPBACK_NAMES",
    "UNLESS_GIVEN",
    "AllowedHosts",
    "Body",
    "IfMatch",
    "InternalError",
    "InvalidRequestError",
    "Once",
    "Problem",
    "RequestGuard",
    "Tag",
    "Unit",
    "UnknownServiceError",
    "UnusableValueError",
    "check_service",
    "health_router",
    "install_problems",
    "liked_best",
    "locale_of",
    "problem",
    "problem_members",
    "problems",
    "service_router",
]
