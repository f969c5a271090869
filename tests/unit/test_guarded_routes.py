"""No route of the product is left out of what keeps pages of other sites away."""

import re
from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI

from services.hosting.application import application
from services.hosting.hosted import host
from services.hosting.wiring import described_services
from services.shared.clock import FrozenClock
from tests.builders import NOW

CLOCK = FrozenClock(NOW)
EVIL = "http://evil.example"


@pytest.fixture(scope="module")
def app() -> FastAPI:
    """All services, as `genjin up` has them, without their databases."""
    return application(host(described_services().values(), CLOCK), [], clock=CLOCK, locale="en")


def operations(app: FastAPI) -> Iterator[tuple[str, str]]:
    """The method and a path of every route."""
    for path, methods in app.openapi()["paths"].items():
        for method in methods:
            yield method.upper(), re.sub(r"\{.*?\}", "x", path)


async def answers(app: FastAPI, *, only_changes: bool, **headers: str) -> dict[str, tuple[int, str]]:
    """What each route answers to a request with these headers: the status, and the code."""
    found = {}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as http:
        for method, path in operations(app):
            if method != "GET" or not only_changes:
                answer = await http.request(method, path, headers=named)
                found[f"{method} {path}"] = (answer.status_code, answer.json().get("code"))
    return found


async def test_every_route_refuses_another_host(app: FastAPI) -> None:
    found = await answers(app, only_changes=False, Host="evil.example")

    assert "GET /v1/customers" in found
    assert {route: answer for route, answer in found.items() if answer != (421, "unknown-host")} == {}


@pytest.mark.parametrize("headers", [{"Origin": EVIL}, {"Sec_Fetch_Site": "same-site"}], ids=str)
async def test_every_route_that_changes_or_reveals_refuses_a_page_of_another_site(
    app: FastAPI, headers: dict[str, str]
) -> None:
    found = await answers(app, only_changes=True, **headers)

    assert {"POST /v1/loads", "POST /v1/customers/x/contacts/x/reveal"} <= found.keys()
    assert {route: answer for route, answer in found.items() if answer != (403, "foreign-page")} == {}


def test_every_route_says_that_it_may_refuse(app: FastAPI) -> None:
    for path, methods in app.openapi()["paths"].items():
        for method, operation in methods.items():
            refusals = {"421"} if method == "get" else {"403", "421"}
            assert refusals <= operation["responses"].keys(), f"{method} {path}"
