"""The pages of the HTTP doors need nothing from elsewhere."""

import re

import httpx
import pytest
from pydantic import SecretStr

from services.customers.app import build
from services.hosting.application import application
from services.hosting.hosted import host
from services.shared.clock import FrozenClock
from services.shared.database import Database
from services.shared.privacy import new_key
from services.shared.service import ServiceContext
from services.shared.settings import Settings
from tests.builders import NOW

CLOCK = FrozenClock(NOW)


@pytest.fixture
def client() -> httpx.AsyncClient:
    """The customers service, without its database."""
    away = Database.connect("postgresql://nobody@/nothing?host=/nowhere", schema="customers")
    settings = Settings.load({"encryption_keys": (SecretStr(new_key()),)})
    service = build(ServiceContext(database=away, clock=CLOCK, settings=settings))
    app = application(host([service], CLOCK), [], clock=CLOCK, locale="zh")
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1")


@pytest.mark.parametrize("page", ["/docs", "/redoc"])
async def test_a_page_has_its_scripts_and_styles_from_here(client: httpx.AsyncClient, page: str) -> None:
    shown = await client.get(page)
    assert shown.status_code == 200
    parts = re.findall(r'(?:src|href)="([^"]+)"', shown.text)
    assert parts
    for part in parts:
        assert (await client.get(part)).status_code == 200, part


async def test_a_path_with_several_routes_names_all_their_methods(client: httpx.AsyncClient) -> None:
    for path, allowed in (
        ("/v1/customers", "GET, POST"),
        ("/v1/customers/x/tags", "GET, POST, PUT"),
        ("/v1/customers/x/tags/a/b", "DELETE"),
    ):
        answer = await client.head(path)
        assert (path, answer.status_code, answer.headers["allow"]) == (path, 405, allowed)
