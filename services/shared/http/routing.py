"""Requests that no route takes: what is said of them, and what their path would take."""

from collections.abc import Mapping
from http import HTTPStatus

from fastapi import Request
from starlette.routing import Match

from services.shared.errors import Locale

ROUTING: Mapping[int, Mapping[Locale, str]] = {
    HTTPStatus.NOT_FOUND: {"zh": "没有路径 {path}。", "en": "There is nothing at {path}."},
    HTTPStatus.METHOD_NOT_ALLOWED: {
        "zh": "{path} 不支持 {method};支持的方法:{allowed}。",
        "en": "{path} does not take {method}; it takes {allowed}.",
    },
}
"""What is said, by the status."""

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def methods_of(request: Request) -> list[str]:
    """Return all methods that the path takes, whichever of its routes does."""
    return [method for method in _METHODS if _is_taken(request, method)]


def _is_taken(request: Request, method: str) -> bool:
    asked = {**request.scope, "method": method}
    return any(route.matches(asked)[0] is Match.FULL for route in request.app.routes)
