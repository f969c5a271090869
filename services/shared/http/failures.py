"""Every failure becomes a problem document, in the language of who asks."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException

from services.shared.database import is_about_values, is_transient
from services.shared.errors import GenjinError, Locale, RefusedError, TransientError
from services.shared.http.documents import PROBLEM_TYPE
from services.shared.http.openapi import describe_problems
from services.shared.http.routing import ROUTING, methods_of
from services.shared.http.wording import why_invalid

_TITLES_ZH = {
    400: "请求有误",
    401: "未登录",
    403: "没有权限",
    404: "没有找到",
    405: "不支持的方法",
    406: "无法给出所要的格式",
    409: "冲突",
    412: "前提不成立",
    413: "请求内容过大",
    415: "不支持的内容类型",
    421: "主机名不符",
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


class BusyError(TransientError):
    """The database was too busy with something else; please try again."""

    slug = "busy"
    zh = "数据库正忙,请重试。"


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
    describe_problems(app)


def locale_of(request: Request) -> Locale:
    """Return the language the caller likes best of those we speak; without a wish, the one that is set."""
    return liked_best(request.headers.get("accept-language", ""), default=request.app.state.locale)


def liked_best(accept_language: str, *, default: Locale) -> Locale:
    """Return the language that an Accept-Language header likes best of those we speak, or else `default`."""
    wishes: dict[Locale, float] = {}
    for part in accept_language.split(","):
        tag, _, quality = part.partition(";")
        if (spoken := _SPOKEN.get(tag.strip().lower()[:2])) and (weight := _weight(quality)):
            wishes[spoken] = max(weight, wishes.get(spoken, 0.0))
    return max(wishes, key=wishes.__getitem__) if wishes else default


def problem(request: Request, error: GenjinError, **more: object) -> JSONResponse:
    """Return the problem document of an error; `code` is the stable name of the reason."""
    locale = locale_of(request)
    request.state.problem = error.slug  # for the line that is written of each request
    facts = {name: error.facts[name] for name in error.members}
    return _document(locale, error.http_status, error.slug, error.message(locale), more=facts | more)


def problem_members(error: GenjinError, locale: Locale, **more: object) -> dict[str, object]:
    """Return what the problem document of an error says, where it answers something else than a request."""
    facts = {name: error.facts[name] for name in error.members}
    members = _members(locale, error.http_status, error.slug, error.message(locale))
    return {**members, **jsonable_encoder(facts | more)}


def _members(locale: Locale, status: int, code: str, detail: str) -> dict[str, object]:
    english = HTTPStatus(status).phrase
    return {
        "type": f"urn:genjin:problem:{code}",
        "title": _TITLES_ZH.get(status, english) if locale == "zh" else english,
        "status": status,
        "detail": detail,
        "code": code,
    }


def _document(
    locale: Locale,
    status: int,
    code: str,
    detail: str,
    *,
    more: Mapping[str, object] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    body = _members(locale, status, code, detail) | dict(more or {})
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers = {"Retry-After": "2"}
    return JSONResponse(jsonable_encoder(body), status_code=status, headers=headers, media_type=PROBLEM_TYPE)


async def _on_genjin_error(request: Request, error: GenjinError) -> Response:
    if isinstance(error, TransientError):
        log.warning("request_failed", path=request.url.path, code=error.slug, reason=str(error))
    return problem(request, error)


async def _on_invalid_request(request: Request, error: RequestValidationError) -> Response:
    locale = locale_of(request)
    places = [
        {"field": _shown(place["loc"]), "message": why_invalid(place, locale), "code": place["type"]}
        for place in error.errors()
    ]
    return problem(request, InvalidRequestError(count=len(places)), errors=places)


async def _on_database_error(request: Request, error: DBAPIError) -> Response:
    if is_about_values(error):
        return problem(request, UnusableValueError())
    if is_transient(error):
        return await _on_genjin_error(request, BusyError())
    return await _on_unexpected(request, error)


async def _on_http_exception(request: Request, error: HTTPException) -> Response:
    code = HTTPStatus(error.status_code).phrase.lower().replace(" ", "-")
    request.state.problem = code
    locale, status, headers = locale_of(request), error.status_code, error.headers
    detail = f"{_TITLES_ZH.get(status, code)}:{error.detail}" if locale == "zh" else str(error.detail)
    if status in ROUTING:
        allowed = ", ".join(methods_of(request))
        headers = {"Allow": allowed} if status == HTTPStatus.METHOD_NOT_ALLOWED else headers
        facts = {"path": request.url.path, "method": request.method, "allowed": allowed}
        detail = ROUTING[status][locale].format(**facts)
    return _document(locale, status, code, detail, headers=headers)


async def _on_unexpected(request: Request, error: Exception) -> Response:
    log.error("request_broke", path=request.url.path, method=request.method, exc_info=error)
    return problem(request, InternalError())


def _shown(place: Iterable[object]) -> str:
    """Return a place with dots; a name that is no text in any encoding is shown with question marks."""
    return ".".join(map(str, place)).encode("utf-8", "replace").decode()


def _weight(parameter: str) -> float:
    """Return the q of a language; 1 when it is not given, 0 when it cannot be read."""
    name, _, value = parameter.partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
