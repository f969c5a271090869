"""One line and one count for each request, by its route's template and never by what it asks for."""

import logging
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Request
from structlog.testing import capture_logs

from services.shared.errors import NotFoundError
from services.shared.http import install_problems
from services.shared.metrics import REGISTRY
from services.shared.watching.requests import WatchedRequests


class NoSuchThingError(NotFoundError):
    """There is no such thing."""

    slug = "no-such-thing"
    zh = "没有这样的东西。"


@pytest.fixture(autouse=True)
def _shown(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)


@pytest.fixture
def app() -> FastAPI:
    app = FastAPI()
    install_problems(app, locale="en")
    app.add_middleware(WatchedRequests, service="customers")
    router, inner = APIRouter(prefix="/v1"), APIRouter(prefix="/things")

    @inner.get("/{thing}")
    async def read(thing: str) -> str:
        if thing == "none":
            raise NoSuchThingError
        if thing == "broken":
            raise KeyError(thing)
        return thing

    @app.get("/healthz")
    async def healthz(_request: Request) -> str:
        return "ok"

    router.include_router(inner)
    app.include_router(router)
    return app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://genjin") as client:
        yield client


async def told(client: httpx.AsyncClient, method: str, path: str) -> list[dict[str, object]]:
    with capture_logs() as lines:
        await client.request(method, path)
    return [dict(line) for line in lines if line["event"] == "request_handled"]


def counted(route: str, method: str, status: str) -> float:
    labels = {"route": route, "method": method, "status": status}
    return REGISTRY.get_sample_value("genjin_http_requests_total", labels) or 0.0


async def test_a_request_is_told_by_its_template(client: httpx.AsyncClient) -> None:
    before = counted("/v1/things/{thing}", "GET", "200")
    [line] = await told(client, "GET", "/v1/things/13800001111?q=王经理")
    assert (line["method"], line["route"], line["status"]) == ("GET", "/v1/things/{thing}", 200)
    assert not {"13800001111", "王经理"} & set(map(str, line.values()))
    assert counted("/v1/things/{thing}", "GET", "200") == before + 1


@pytest.mark.parametrize(
    ("path", "route", "status"),
    [
        ("/v1/things/none", "/v1/things/{thing}", 404),
        ("/v1/things/broken", "/v1/things/{thing}", 500),
        ("/nowhere/13800001111", "unknown", 404),
    ],
)
async def test_a_refusal_is_told_with_its_status(
    client: httpx.AsyncClient, path: str, route: str, status: int
) -> None:
    [line] = await told(client, "GET", path)
    assert (line["route"], line["status"]) == (route, status)


async def test_a_problem_is_told_with_its_code(client: httpx.AsyncClient) -> None:
    [line] = await told(client, "GET", "/v1/things/none")
    assert line["problem"] == "no-such-thing"


async def test_a_method_that_is_made_up_makes_up_no_label(client: httpx.AsyncClient) -> None:
    [line] = await told(client, "BREW", "/v1/things/7")
    assert line["method"] == "OTHER"


async def test_questions_of_machines_are_counted_and_not_told(client: httpx.AsyncClient) -> None:
    before = counted("/healthz", "GET", "200")
    assert await told(client, "GET", "/healthz") == []
    assert counted("/healthz", "GET", "200") == before + 1
