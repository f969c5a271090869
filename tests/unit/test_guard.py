"""Loopback is no protection: what a page of another site makes a browser send is refused."""

import httpx
import pytest
from fastapi import FastAPI, Form

from services.shared.http import install_problems
from services.shared.http.guard import AllowedHosts, RequestGuard

EVIL = "http://evil.example"
CHANGES = ["POST", "PUT", "PATCH", "DELETE"]


@pytest.fixture
def client() -> httpx.AsyncClient:
    """An application that answers on loopback, with a route of every method."""
    app = FastAPI()
    app.add_middleware(RequestGuard, hosts=AllowedHosts())
    install_problems(app, locale="zh")

    @app.api_route("/thing", methods=["GET", *CHANGES])
    async def thing() -> str:
        """Answer."""
        return "ok"

    @app.post("/form")
    async def form(what: str = Form()) -> str:  # noqa: FAST002 -- as short as it can be
        """Answer."""
        return what

    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8000", "localhost:1", "LOCALHOST:65535"])
async def test_loopback_names_are_answered_at_any_port(client: httpx.AsyncClient, host: str) -> None:
    assert (await client.get("/thing", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8000",
        "127.0.0.1.evil.example",
        "localhost.evil.example:8000",
        "evil.example@127.0.0.1",
        "127.0.0.1:8000:80",
        "127.0.0.1:",
        "127.1",
        "0.0.0.0:8000",
        "[::1]:8000",
        "192.168.1.7:8000",
        "",
        " ",
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST"])
async def test_any_other_host_is_refused_on_reads_too(
    client: httpx.AsyncClient, host: str, method: str
) -> None:
    """DNS rebinding: the page's own name leads here, so that the browser takes us for its site."""
    same_site = {"Origin": f"http://{host}", "Sec-Fetch-Site": "same-origin"}
    answer = await client.request(method, "/thing", headers={"Host": host, **same_site})

    assert answer.status_code == 421
    assert answer.headers["content-type"] == "application/problem+json"


async def test_two_hosts_are_none(client: httpx.AsyncClient) -> None:
    hosts = [("Host", "127.0.0.1:8000"), ("Host", "evil.example")]

    assert (await client.get("/thing", headers=hosts)).json()["code"] == "unknown-host"


async def test_a_refusal_is_in_the_language_of_who_asks(client: httpx.AsyncClient) -> None:
    for language, words in (("en", "is not ours"), ("zh", "不属于本服务"), ("", "不属于本服务")):
        headers = {"Host": "evil.example", "Accept-Language": language}
        answer = (await client.get("/thing", headers=headers)).json()
        assert answer["code"] == "unknown-host"
        assert words in answer["detail"]
        assert "evil.example" in answer["detail"]


@pytest.mark.parametrize("method", CHANGES)
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": EVIL},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://127.0.0.1:3000"},
        {"Origin": "http://localhost:8000"},
        {"Origin": "http://127.0.0.1:8000.evil.example"},
        {"Origin": "file://127.0.0.1:8000"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://127.0.0.1:8000", "Sec-Fetch-Site": "cross-site"},
        {"Origin": EVIL, "Sec-Fetch-Site": "same-origin"},
    ],
    ids=str,
)
async def test_a_page_of_another_site_changes_nothing(
    client: httpx.AsyncClient, method: str, headers: dict[str, str]
) -> None:
    answer = await client.request(method, "/thing", headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (403, "foreign-page")


@pytest.mark.parametrize("method", CHANGES)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://127.0.0.1:8000"},
        {"Origin": "http://127.0.0.1:8000", "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
    ],
    ids=str,
)
async def test_programs_and_our_own_pages_may_change_things(
    client: httpx.AsyncClient, method: str, headers: dict[str, str]
) -> None:
    assert (await client.request(method, "/thing", headers=headers)).status_code == 200


@pytest.mark.parametrize(
    "sent",
    [
        {"data": {"what": "a"}},
        {"files": {"what": b"a"}},
        {"content": "what=a", "headers": {"Content-Type": "text/plain"}},
    ],
    ids=["form", "multipart", "text"],
)
async def test_the_type_of_the_body_makes_no_difference(
    client: httpx.AsyncClient, sent: dict[str, dict[str, str]]
) -> None:
    """What needs no preflight: a form of another site is sent by the browser without asking."""
    headers = {**sent.get("headers", {}), "Origin": EVIL}

    assert (await client.post("/form", **{**sent, "headers": headers})).status_code == 403  # type: ignore[arg-type]


async def test_links_of_other_sites_may_lead_here(client: httpx.AsyncClient) -> None:
    assert (await client.get("/thing", headers={"Sec-Fetch-Site": "cross-site"})).status_code == 200


async def test_no_other_site_is_ever_let_in(client: httpx.AsyncClient) -> None:
    """No CORS header: the browser shows the page nothing, and sends nothing that needs a preflight."""
    wish = {"Origin": EVIL, "Access-Control-Request-Method": "PATCH"}
    for method in ("GET", "OPTIONS", "POST"):
        answer = await client.request(method, "/thing", headers=wish)
        assert [name for name in answer.headers if name.startswith("access-control-")] == []


@pytest.mark.parametrize(
    ("host", "is_ours"),
    [
        ("customers:8000", True),
        ("172.18.0.5:8000", True),
        ("[fd00::5]:8000", True),
        ("127.0.0.1:8001", True),
        ("evil.example", False),
        ("172.18.0.5.evil.example", False),
        ("0x7f.1", False),
        ("[::1", False),
    ],
)
def test_a_service_answers_to_its_names_and_to_addresses(host: str, *, is_ours: bool) -> None:
    """Who scrapes or probes containers asks for their addresses, which no page can have as its name."""
    names = frozenset({"customers", "127.0.0.1", "localhost"})

    assert AllowedHosts(names, any_address=True).has(host) is is_ours
