"""Whether a process lives, and whether it can work."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from services.shared.http.failures import locale_of
from services.shared.readiness import Check, find


class CheckView(BaseModel):
    """What one check found: `code` is the stable name of what is wrong, `message` says it in words."""

    name: str
    ok: bool
    code: str | None = None
    message: str | None = None


class ReadinessView(BaseModel):
    """Whether the process can work, and all that was looked at."""

    status: Literal["ok", "not-ready"]
    checks: list[CheckView]


def health_router(checks: Iterable[Check]) -> APIRouter:
    """Return the routes by which a supervisor asks whether we live, and whether we can work."""
    router = APIRouter(tags=["health"])
    asked = tuple(checks)

    @router.get("/healthz")
    async def healthz() -> dict[str, str]:
        """Say that the process lives; it asks nobody else."""
        return {"status": "ok"}

    @router.get("/readyz", responses={503: {"model": ReadinessView}})
    async def readyz(request: Request, response: Response) -> ReadinessView:
        """Say whether work can be done, and what is wrong; 503 unless all is well."""
        findings = await find(asked)
        is_ready = all(finding.is_ok for finding in findings)
        if not is_ready:
            response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
        locale = locale_of(request)
        return ReadinessView(
            status="ok" if is_ready else "not-ready",
            checks=[CheckView.model_validate(finding.document(locale)) for finding in findings],
        )

    return router
