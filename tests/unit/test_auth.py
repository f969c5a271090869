"""Who is calling, and what they may do: the person at the machine of `genjin up`, and nobody else (A17)."""

from typing import Annotated, Any

import httpx
import pytest
from fastapi import Depends, FastAPI
from pydantic import SecretStr

from services.shared.auth import (
    LOCAL,
    ForwardedRequestError,
    LoginNeededError,
    Permission,
    PermissionMissingError,
    Principal,
    RemoteRequestError,
    Sender,
    TokenMissingError,
    WrongTokenError,
    identify,
    install_token,
    new_token,
    permitted,
)
from services.shared.errors import NotAllowedError
from services.shared.http import install_problems

TOKEN = SecretStr("the-token-of-this-start")
GIVEN = TOKEN.get_secret_value()


def sender(
    address: str = "127.0.0.1", headers: tuple[str, ...] = ("host",), token: str | None = GIVEN
) -> Sender:
    """A request of the person at the machine, or how it differs."""
    return Sender(address=address, headers=frozenset(headers), token=token)


def test_the_person_at_the_machine_is_the_administrator_local() -> None:
    """A17."""
    assert identify(sender(), token=TOKEN) == LOCAL
    assert LOCAL.name == "local"
    LOCAL.require(Permission.REVEAL_CONTACTS)


@pytest.mark.parametrize(
    ("request_of", "reason"),
    [
        (sender(headers=("host", "forwarded")), ForwardedRequestError),
        (sender(headers=("host", "via")), ForwardedRequestError),
        (sender(headers=("host", "x-real-ip")), ForwardedRequestError),
        (sender(headers=("host", "x-forwarded-for")), ForwardedRequestError),
        (sender(headers=("host", "x-forwarded-host")), ForwardedRequestError),
        (sender(headers=("host", "x-forwarded-proto")), ForwardedRequestError),
        (sender(headers=("host", "x-forwarded-anything")), ForwardedRequestError),
        (sender(address="192.168.1.7"), RemoteRequestError),
        (sender(address="127.0.0.2"), RemoteRequestError),
        (sender(address="::1"), RemoteRequestError),
        (sender(address="::ffff:127.0.0.1"), RemoteRequestError),
        (sender(address="localhost"), RemoteRequestError),
        (sender(address=""), RemoteRequestError),
        (sender(token=None), TokenMissingError),
        (sender(token=""), TokenMissingError),
        (sender(token=GIVEN.replace("this", "last")), WrongTokenError),
        (sender(token=GIVEN[:-1]), WrongTokenError),
        (sender(token=f"{GIVEN} "), WrongTokenError),
        (sender(token=f"{GIVEN}令牌"), WrongTokenError),
    ],
)
def test_anything_else_is_refused_with_its_reason(request_of: Sender, reason: type[NotAllowedError]) -> None:
    """A17: over 127.0.0.1, without a proxy between, with the token of this start."""
    with pytest.raises(reason):
        identify(request_of, token=TOKEN)


def test_a_service_on_its_own_trusts_nobody_whatever_token_comes() -> None:
    """A17: never for `genjin serve`."""
    for token in (GIVEN, "", None):
        with pytest.raises(LoginNeededError):
            identify(sender(token=token), token=None)


def test_a_caller_without_the_permission_is_refused() -> None:
    with pytest.raises(PermissionMissingError, match="reveal_contacts"):
        Principal("guest", frozenset(), "127.0.0.1").require(Permission.REVEAL_CONTACTS)


def test_tokens_are_long_and_never_the_same() -> None:
    tokens = {new_token().get_secret_value() for _ in range(100)}

    assert len(tokens) == 100
    assert min(map(len, tokens)) >= 32
    assert "**" in str(new_token())


def application(token: SecretStr | None) -> FastAPI:
    """An application with one route for who may reveal."""
    app = FastAPI()
    install_problems(app, locale="zh")
    if token:
        install_token(app, token)

    @app.get("/secret")
    async def secret(caller: Annotated[Principal, Depends(permitted(Permission.REVEAL_CONTACTS))]) -> str:
        """Return who asked."""
        return caller.name

    return app


async def ask(token: SecretStr | None, *, client: tuple[str, int] = ("127.0.0.1", 1), **headers: str) -> Any:  # noqa: ANN401 -- JSON
    """What the route answers to a request with these headers."""
    transport = httpx.ASGITransport(application(token), client=client)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = await http.get("/secret", headers=named)
    return answer.json() if answer.is_success else (answer.status_code, answer.json()["code"])


async def test_a_route_is_open_to_who_brings_the_token() -> None:
    assert await ask(TOKEN, Authorization=f"Bearer {GIVEN}") == "local"
    assert await ask(TOKEN, Authorization=f"bearer {GIVEN}") == "local"


async def test_a_route_answers_403_with_the_reason_to_anybody_else() -> None:
    bearer = f"Bearer {GIVEN}"
    assert await ask(TOKEN) == (403, "token-missing")
    assert await ask(TOKEN, Authorization=f"Basic {GIVEN}") == (403, "token-missing")
    assert await ask(TOKEN, Authorization=f"{bearer}x") == (403, "wrong-token")
    assert await ask(TOKEN, Authorization=bearer, X_Forwarded_For="127.0.0.1") == (403, "forwarded-request")
    assert await ask(TOKEN, Authorization=bearer, client=("10.0.0.2", 1)) == (403, "remote-request")
    assert await ask(None, Authorization=bearer) == (403, "login-needed")
