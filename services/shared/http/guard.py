"""Requests that a page of another site made a browser send are refused, on whatever route.

A browser on the machine reaches what listens on loopback: a page that it shows can send requests there, or
have its own name resolve to 127.0.0.1 (DNS rebinding). So every request has to name a host that is ours, and
one that may change or reveal something has to come from a program or from a page of this very address.
"""

import re
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import ip_address

from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from services.shared.auth import LOOPBACK
from services.shared.errors import NotAllowedError, RefusedError
from services.shared.http.failures import problem

LOOPBACK_NAMES = frozenset({LOOPBACK, "localhost"})

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_FETCHES = frozenset({"none", "same-origin"})
_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?")


class UnknownHostError(RefusedError):
    """The host {host!r} is not ours: for `genjin up` use 127.0.0.1, for services set GENJIN_ALLOWED_HOSTS."""

    slug = "unknown-host"
    zh = (
        "主机名“{host}”不属于本服务：genjin up 请用 127.0.0.1 访问；"
        "独立运行的服务请在 GENJIN_ALLOWED_HOSTS 中加上该主机名。"
    )
    http_status = HTTPStatus.MISDIRECTED_REQUEST
    host: str


class ForeignPageError(NotAllowedError):
    """Pages of other addresses ({origin}) change nothing here; programs send no Origin, proxies keep Host."""

    slug = "foreign-page"
    zh = (
        "来自其他地址（{origin}）的页面不能在此修改或查看数据；"
        "程序请勿发送 Origin 请求头，反向代理请原样传递 Host 请求头。"
    )
    origin: str


@dataclass(frozen=True)
class AllowedHosts:
    """The names under which a process answers, at any port, in lower case.

    `any_address`: it answers under IP addresses too. No page can take one of them for its own name.
    """

    names: frozenset[str] = LOOPBACK_NAMES
    any_address: bool = False

    def has(self, host: str) -> bool:
        """Whether the value of a Host header is one of them."""
        found = _HOST.fullmatch(host.lower())
        if found is None:
            return False
        return found["name"] in self.names or (self.any_address and _is_address(found["name"]))


class RequestGuard:
    """Goes around an application: `app.add_middleware(RequestGuard, hosts=…)`.

    Answers UnknownHostError and ForeignPageError as problem documents; the application then sees nothing.
    """

    def __init__(self, app: ASGIApp, *, hosts: AllowedHosts) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        try:
            _check_host(request, self._hosts)
            _check_page(request)
        except (UnknownHostError, ForeignPageError) as error:
            await problem(request, error)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _check_host(request: Request, hosts: AllowedHosts) -> None:
    named = request.headers.getlist("host")
    if len(named) != 1 or not hosts.has(named[0]):
        raise UnknownHostError(host=", ".join(named))


def _check_page(request: Request) -> None:
    if request.method in _SAFE_METHODS:
        return
    host = request.headers["host"].lower()
    origins = request.headers.getlist("origin")
    fetches = request.headers.getlist("sec-fetch-site")
    is_ours = {origin.lower() for origin in origins} <= {f"http://{host}", f"https://{host}"}
    if not is_ours or not _OWN_FETCHES.issuperset(fetches):
        raise ForeignPageError(origin=", ".join(origins or fetches))


def _is_address(name: str) -> bool:
    try:
        ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
