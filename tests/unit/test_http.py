"""Failures are problem documents with a stable code, in the caller's language (interfaces.md, HTTP)."""

from typing import Annotated

import httpx
import pytest
from fastapi import FastAPI, HTTPException, Query
from pydantic import TypeAdapter, ValidationError
from structlog.testing import capture_logs

from contracts.inputs import Day, Moment
from services.shared.database import Database
from services.shared.errors import GenjinError, NotFoundError, RefusedError, TransientError
from services.shared.http import health_router, install_problems
from services.shared.http.wording import why_invalid
from services.shared.imports.contact_details import to_phone
from services.shared.readiness import database_check


class UnknownThingError(NotFoundError):
    """There is no thing {name!r}."""

    slug = "unknown-thing"
    zh = "没有名为“{name}”的东西。"


class NotNowError(TransientError):
    """Not now."""

    slug = "not-now"
    zh = "现在不行。"


class NotThisError(RefusedError):
    """Not this."""

    slug = "not-this"
    zh = "这个不行。"


FAILURES: dict[str, Exception] = {
    "unknown": UnknownThingError(name="钥匙"),
    "not-now": NotNowError(),
    "refused": NotThisError(),
    "broken": ZeroDivisionError("secret detail"),
    "teapot": HTTPException(418, "short and stout"),
}


@pytest.fixture
def app() -> FastAPI:
    app = FastAPI()
    install_problems(app, locale="zh")

    @app.get("/fail/{how}")
    async def fail(how: str) -> None:
        """Fail as asked."""
        raise FAILURES[how]

    @app.get("/count")
    async def count(limit: Annotated[int, Query(ge=1)], after: int = 0) -> int:
        """Return the sum."""
        return limit + after

    return app


@pytest.fixture
def client(app: FastAPI) -> httpx.AsyncClient:
    # Starlette answers and then raises what was unexpected, for the server to see; here the answer matters.
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://test")


async def test_a_failure_says_what_it_is_in_one_document(client: httpx.AsyncClient) -> None:
    answer = await client.get("/fail/unknown", headers={"Accept-Language": "en"})
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "urn:genjin:problem:unknown-thing",
        "title": "Not Found",
        "status": 404,
        "detail": "There is no thing '钥匙'.",
        "code": "unknown-thing",
    }


@pytest.mark.parametrize(
    ("header", "title"),
    [
        (None, "没有找到"),
        ("", "没有找到"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "没有找到"),
        ("en-GB,en;q=0.5", "Not Found"),
        ("zh;q=0.1, en;q=0.7", "Not Found"),
        ("fr, en;q=0.2", "Not Found"),
        ("fr", "没有找到"),
        ("en;q=0", "没有找到"),
        ("en;q=rubbish", "没有找到"),
        (";;;,,,", "没有找到"),
    ],
)
async def test_the_callers_language_is_spoken_or_else_the_set_one(
    client: httpx.AsyncClient, header: str | None, title: str
) -> None:
    headers = {} if header is None else {"Accept-Language": header}
    assert (await client.get("/fail/unknown", headers=headers)).json()["title"] == title


@pytest.mark.parametrize(
    ("how", "status", "code"),
    [
        ("unknown", 404, "unknown-thing"),
        ("refused", 422, "not-this"),
        ("not-now", 503, "not-now"),
        ("teapot", 418, "i'm-a-teapot"),
    ],
)
async def test_the_kind_of_an_error_decides_the_status_and_its_slug_the_code(
    client: httpx.AsyncClient, how: str, status: int, code: str
) -> None:
    answer = await client.get(f"/fail/{how}")
    assert (answer.status_code, answer.json()["status"], answer.json()["code"]) == (status, status, code)


async def test_who_is_told_to_come_later_is_told_when(client: httpx.AsyncClient) -> None:
    assert (await client.get("/fail/not-now")).headers["retry-after"] == "2"


async def test_an_invalid_request_names_every_wrong_field(client: httpx.AsyncClient) -> None:
    answer = await client.get("/count?limit=0&after=x", headers={"Accept-Language": "en"})
    document = answer.json()
    assert (answer.status_code, document["code"]) == (422, "invalid-request")
    assert document["detail"] == "The request is not valid in 2 places."
    assert {error["field"] for error in document["errors"]} == {"query.limit", "query.after"}


async def test_an_invalid_request_is_explained_in_the_callers_language(client: httpx.AsyncClient) -> None:
    answer = await client.get("/count?limit=0&after=x", headers={"Accept-Language": "zh"})
    told = {error["field"]: (error["message"], error["code"]) for error in answer.json()["errors"]}
    assert told == {
        "query.limit": ("须不小于 1", "greater_than_equal"),
        "query.after": ("须为整数", "int_parsing"),
    }


def test_a_reason_that_speaks_both_languages_is_taken_at_its_word() -> None:
    with pytest.raises(ValueError, match="valid telephone") as refused:
        to_phone("x")
    place = {"type": "value_error", "msg": "Value error, …", "ctx": {"error": refused.value}}
    assert why_invalid(place, "zh") == "不是有效的电话号码"
    assert why_invalid(place, "en") == "This is not a valid telephone number"


def test_a_type_of_error_without_words_is_named() -> None:
    assert why_invalid({"type": "odd", "msg": "Odd"}, "zh") == "此处的值无效（odd）"
    assert why_invalid({"type": "odd", "msg": "Odd"}, "en") == "Odd"


@pytest.mark.parametrize(("kind", "form"), [(Moment, "2025-03-03T10:00:00+08:00"), (Day, "2025-03-03")])
def test_a_form_is_asked_for_that_is_accepted(kind: type, form: str) -> None:
    """A day is no instant: its form is not offered where an instant is asked for."""
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(kind).validate_python("上周三")
    [place] = refused.value.errors()
    assert why_invalid(dict(place), "zh") == f"须写成 {form} 的形式"
    assert why_invalid(dict(place), "en") == f"must be written like {form}"
    TypeAdapter(kind).validate_python(form)


def test_the_values_of_a_choice_are_listed_in_chinese() -> None:
    place = {"type": "enum", "msg": "", "ctx": {"expected": "'won', 'lost' or 'open'"}}
    assert why_invalid(place, "zh") == "须为以下之一：'won'、'lost'、'open'"


async def test_an_unexpected_error_is_logged_and_tells_the_caller_nothing(client: httpx.AsyncClient) -> None:
    with capture_logs() as lines:
        answer = await client.get("/fail/broken")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    assert [(line["event"], line["path"]) for line in lines] == [("request_broke", "/fail/broken")]


async def test_an_unknown_route_is_a_problem_document_too(client: httpx.AsyncClient) -> None:
    answer = await client.get("/nowhere")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "not-found"
    assert answer.json()["detail"] == "没有路径 /nowhere。"
    other = await client.post("/count", headers={"Accept-Language": "en"})
    assert other.json()["detail"] == "/count does not take POST; it takes GET."
    teapot = await client.get("/fail/teapot")
    assert teapot.json()["detail"].endswith("short and stout")


async def test_a_process_lives_while_its_database_is_away_but_is_not_ready(
    app: FastAPI, client: httpx.AsyncClient
) -> None:
    away = Database.connect("postgresql://nobody@/nothing?host=/nowhere", schema="customers")
    app.include_router(health_router([database_check(away)]))
    assert (await client.get("/healthz")).json() == {"status": "ok"}
    ready = await client.get("/readyz")
    assert (ready.status_code, ready.json()["status"]) == (503, "not-ready")
    assert [check["code"] for check in ready.json()["checks"]] == ["database-away"]


def test_the_root_of_all_errors_is_an_internal_one() -> None:
    assert GenjinError.http_status == 500
