"""Requests are checked before they are worked on: how large they are, of what type, what they accept."""

from email.message import Message
from http import HTTPStatus

from fastapi import Request
from starlette.requests import ClientDisconnect

from services.shared.errors import RefusedError

BODY_LIMIT = 1_000_000
"""Bytes of a body; files are imported by other routes."""

_JSON = {"application/json", "application/problem+json", "application/*", "*/*"}


class NotAcceptableError(RefusedError):
    """The answer is JSON, which the request's Accept does not allow."""

    slug = "not-acceptable"
    zh = "回答是 JSON,而请求的 Accept 不接受它。"
    http_status = HTTPStatus.NOT_ACCEPTABLE


class TooLargeError(RefusedError):
    """The body has more than {limit} bytes."""

    slug = "too-large"
    zh = "请求内容超过 {limit} 字节。"
    http_status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    limit: int


class NotJsonError(RefusedError):
    """The body must be JSON and be said to be: Content-Type: application/json."""

    slug = "not-json"
    zh = "请求内容必须是 JSON,并注明 Content-Type: application/json。"
    http_status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE


class UnreadableBodyError(RefusedError):
    """The body cannot be read as JSON in UTF-8."""

    slug = "unreadable-body"
    zh = "请求内容无法按 UTF-8 编码的 JSON 读取。"


def check_accept(request: Request) -> None:
    """Raise NotAcceptableError for a request that does not accept JSON."""
    accepted = ",".join(request.headers.getlist("accept"))
    if accepted.strip() and not any(map(_accepts_json, accepted.split(","))):
        raise NotAcceptableError


async def read_whole(request: Request) -> tuple[Request, bytes]:
    """Return the request, to be read again, and its body; TooLargeError before it fills the memory."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > BODY_LIMIT:
                raise TooLargeError(limit=BODY_LIMIT)
    except ClientDisconnect as error:
        raise UnreadableBodyError from error

    async def again() -> dict[str, object]:
        """Give the body as if it had just come."""
        return {"type": "http.request", "body": bytes(body), "more_body": False}

    return Request(request.scope, again), bytes(body)


def check_json(request: Request, body: bytes) -> None:
    """Raise NotJsonError for a body that does not say that it is JSON."""
    said = Message()
    said["content-type"] = request.headers.get("content-type", "")
    main, _, sub = said.get_content_type().partition("/")
    if body and (main != "application" or sub.rpartition("+")[2] != "json"):
        raise NotJsonError


def _accepts_json(part: str) -> bool:
    media, *parameters = part.split(";")
    refused = any(parameter.replace(" ", "").rstrip("0") in {"q=", "q=0."} for parameter in parameters)
    return media.strip().lower() in _JSON and not refused
