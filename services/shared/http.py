"""What the HTTP doors of all services share: problem documents (RFC 9457) and health."""

from collections.abc import Iterable
from http import HTTPStatus

import structlog
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException

from services.shared.database import Database, DatabaseAwayError, is_about_values
from services.shared.errors import GenjinError, Locale, RefusedError, TransientError

PROBLEM_TYPE = "application/problem+json"

_TITLES_ZH = {
    400: "请求有误",
    401: "未登录",
    403: "没有权限",
    404: "没有找到",
    405: "不支持的方法",
    409: "冲突",
    412: "前提不成立",
    422: "请求无法处理",
    500: "内部错误",
    503: "暂时不可用",
}

_SPOKEN: dict[str, Locale] = {"zh": "zh", "en": "en"}

log = structlog.stdlib.get_logger()


class InvalidRequestError(RefusedError):
    """The request is not valid in {count} places."""

    slug = "invalid-request"
    zh = "请求中有 {count} 处无效。"


class UnusableValueError(RefusedError):
    """A value in the request cannot be used: it holds a character or a date that cannot be stored."""

    slug = "unusable-value"
    zh = "请求中的某个值无法使用:其中有不能保存的字符或日期。"


class InternalError(GenjinError):
    """Something went wrong inside; it has been logged."""

    slug = "internal"
    zh = "内部出现错误,已记录日志。"


def install_problems(app: FastAPI, *, locale: Locale) -> None:
    """Answer every failure with a problem document, in the caller's language or else in `locale`."""
    app.state.locale = locale
    app.exception_handler(GenjinError)(_on_genjin_error)
    app.exception_handler(RequestValidationError)(_on_invalid_request)
    app.exception_handler(DBAPIError)(_on_database_error)
    app.exception_handler(HTTPException)(_on_http_exception)
    app.exception_handler(Exception)(_on_unexpected)


def locale_of(request: Request) -> Locale:
    """Return the language the caller likes best of those we speak; without a wish, the one that is set."""
    wishes: dict[Locale, float] = {}
    for part in request.headers.get("accept-language", "").split(","):
        tag, _, quality = part.partition(";")
        if (spoken := _SPOKEN.get(tag.strip().lower()[:2])) and (weight := _weight(quality)):
            wishes[spoken] = max(weight, wishes.get(spoken, 0.0))
    default: Locale = request.app.state.locale
    return max(wishes, key=wishes.__getitem__) if wishes else default


def problem(request: Request, error: GenjinError, **more: object) -> JSONResponse:
    """Return the problem document of an error; `code` is the stable name of the reason."""
    locale = locale_of(request)
    return _document(locale, error.http_status, error.slug, error.message(locale), **more)


def health_router(databases: Iterable[Database]) -> APIRouter:
    """Return the routes by which a supervisor asks whether we live, and whether we can work."""
    router = APIRouter(tags=["health"])
    needed = tuple(databases)

    @router.get("/healthz")
    async def healthz() -> dict[str, str]:
        """Say that the process lives; it asks nobody else."""
        return {"status": "ok"}

    @router.get("/readyz")
    async def readyz(response: Response) -> dict[str, object]:
        """Say which databases can be reached; 503 unless all can."""
        away = [database.name for database in needed if not await _is_reachable(database)]
        if away:
            response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
        return {"status": "away" if away else "ok", "away": away}

    return router


async def _is_reachable(database: Database) -> bool:
    try:
        async with database.session():
            return True
    except DatabaseAwayError:
        return False


def _document(locale: Locale, status: int, code: str, detail: str, **more: object) -> JSONResponse:
    english = HTTPStatus(status).phrase
    body = {
        "type": f"urn:genjin:problem:{code}",
        "title": _TITLES_ZH.get(status, english) if locale == "zh" else english,
        "status": status,
        "detail": detail,
        "code": code,
        **more,
    }
    headers = {"Retry-After": "2"} if status == HTTPStatus.SERVICE_UNAVAILABLE else None
    return JSONResponse(body, status_code=status, headers=headers, media_type=PROBLEM_TYPE)


async def _on_genjin_error(request: Request, error: GenjinError) -> Response:
    if isinstance(error, TransientError):
        log.warning("request_failed", path=request.url.path, code=error.slug, reason=str(error))
    return problem(request, error)


async def _on_invalid_request(request: Request, error: RequestValidationError) -> Response:
    places = [
        {"field": ".".join(map(str, place["loc"])), "message": place["msg"], "code": place["type"]}
        for place in error.errors()
    ]
    return problem(request, InvalidRequestError(count=len(places)), errors=places)


async def _on_database_error(request: Request, error: DBAPIError) -> Response:
    if is_about_values(error):
        return problem(request, UnusableValueError())
    return await _on_unexpected(request, error)


async def _on_http_exception(request: Request, error: HTTPException) -> Response:
    code = HTTPStatus(error.status_code).phrase.lower().replace(" ", "-")
    return _document(locale_of(request), error.status_code, code, str(error.detail))


async def _on_unexpected(request: Request, error: Exception) -> Response:
    log.error("request_broke", path=request.url.path, method=request.method, exc_info=error)
    return problem(request, InternalError())


def _weight(parameter: str) -> float:
    """Return the q of a language; 1 when it is not given, 0 when it cannot be read."""
    name, _, value = parameter.partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
