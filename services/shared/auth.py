"""Who is calling over HTTP, and what they may do (A17).

There is no login yet: the one caller who has a name is the person at the machine on which `genjin up` runs.
"""

import hmac
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated

from fastapi import Depends, FastAPI, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import SecretStr

from services.shared.errors import NotAllowedError

LOOPBACK = "127.0.0.1"
_PROXY_HEADERS = ("forwarded", "via", "x-real-ip")
_PROXY_PREFIX = "x-forwarded-"


class LoginNeededError(NotAllowedError):
    """This needs a login, which services on their own do not have yet; it is possible with `genjin up`."""

    slug = "login-needed"
    zh = "此操作需要登录，而独立运行的服务目前尚不能登录；使用 genjin up 运行时，可在本机执行。"


class ForwardedRequestError(NotAllowedError):
    """This is possible only from this machine, and the header {header} says that a proxy sent the request."""

    slug = "forwarded-request"
    zh = "此操作只能在本机直接执行，而请求头 {header} 表明请求经过了代理。"
    members = ("header",)
    header: str


class RemoteRequestError(NotAllowedError):
    """This is possible only over 127.0.0.1, and the request came from {address}."""

    slug = "remote-request"
    zh = "此操作只能通过 127.0.0.1 执行，而请求来自 {address}。"
    address: str


class TokenMissingError(NotAllowedError):
    """This needs the token of `genjin up` (file `token` of its data directory) as `Authorization: Bearer`."""

    slug = "token-missing"
    zh = "此操作需要以请求头 Authorization: Bearer 发送 genjin up 的令牌，见其数据目录中的 token 文件。"


class WrongTokenError(NotAllowedError):
    """The token is not that of this start of `genjin up`; the file `token` of its data directory has it."""

    slug = "wrong-token"
    zh = "令牌与本次启动的 genjin up 不符，请重新读取数据目录中的 token 文件。"


class PermissionMissingError(NotAllowedError):
    """{name} does not have the permission {permission}."""

    slug = "permission-missing"
    zh = "{name} 没有权限 {permission}。"
    members = ("permission",)
    name: str
    permission: str


class Permission(StrEnum):
    """What not every caller may do."""

    REVEAL_CONTACTS = "reveal_contacts"
    """See contact data in plain words, and who has seen it."""


@dataclass(frozen=True)
class Principal:
    """A caller: a name for logs, what it may do, and the address from which it asks."""

    name: str
    permissions: frozenset[Permission]
    address: str

    def require(self, permission: Permission) -> None:
        """Raise PermissionMissingError unless the caller may do this."""
        if permission not in self.permissions:
            raise PermissionMissingError(name=self.name, permission=permission.value)


LOCAL = Principal("local", frozenset(Permission), LOOPBACK)
"""The administrator at the machine of `genjin up`."""


@dataclass(frozen=True)
class Sender:
    """What a request says about who sent it; `headers` are the names of its headers, in lower case."""

    address: str
    headers: frozenset[str]
    token: str | None = field(repr=False)

    @property
    def proxy_header(self) -> str | None:
        """The first header that only a proxy adds."""
        return next((name for name in sorted(self.headers) if _is_of_proxies(name)), None)


def new_token() -> SecretStr:
    """Return a fresh token for one start of `genjin up`."""
    return SecretStr(secrets.token_urlsafe(32))


def identify(sender: Sender, *, token: SecretStr | None) -> Principal:
    """Return who sent a request; `token` is that of this start of `genjin up`, None in any other process.

    Raises LoginNeededError, ForwardedRequestError, RemoteRequestError, TokenMissingError or WrongTokenError.
    """
    if token is None:
        raise LoginNeededError
    if header := sender.proxy_header:
        raise ForwardedRequestError(header=header)
    if sender.address != LOOPBACK:
        raise RemoteRequestError(address=sender.address)
    if not sender.token:
        raise TokenMissingError
    if not hmac.compare_digest(sender.token.encode(), token.get_secret_value().encode()):
        raise WrongTokenError
    return LOCAL


def install_token(app: FastAPI, token: SecretStr | None) -> None:
    """Let an application take this token for that of the person at the machine."""
    app.state.token = token


def permitted(permission: Permission) -> Callable[..., Principal]:
    """Return a dependency of a route that gives the caller, who has a permission; else a NotAllowedError."""

    def caller(
        request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]
    ) -> Principal:
        """Return the caller."""
        principal = identify(
            Sender(
                address=request.client.host if request.client else "",
                headers=frozenset(_lower(request.headers.keys())),
                token=credentials.credentials if credentials else None,
            ),
            # An application in which none was installed trusts nobody.
            token=getattr(request.app.state, "token", None),
        )
        principal.require(permission)
        return principal

    return caller


_BEARER = HTTPBearer(
    auto_error=False, description="The text of the file `token` in the data directory of `genjin up`."
)


def _is_of_proxies(header: str) -> bool:
    return header in _PROXY_HEADERS or header.startswith(_PROXY_PREFIX)


def _lower(names: Iterable[str]) -> Iterable[str]:
    return (name.lower() for name in names)
