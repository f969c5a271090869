"""Requests and answers: what is asked, and what becomes of an answer that says no."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx
import pytest
from pydantic import SecretStr

from services.client import AnswerNotFoundError, AnswerRefusedError, Client, ServiceAwayError, http_client
from services.shared.settings import SERVICES

Answer = Callable[[httpx.Request], httpx.Response]


@asynccontextmanager
async def answered_by(answer: Answer) -> AsyncIterator[Client]:
    """A client whose requests are answered by a function."""
    transport = httpx.MockTransport(answer)
    async with http_client("http://genjin", locale="zh", transport=transport) as http:
        yield Client(dict.fromkeys(SERVICES, http))


async def test_a_list_is_read_page_by_page_to_its_end() -> None:
    pages = {None: ([1, 2], "b"), "b": ([3], "c"), "c": ([], None)}
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        after = request.url.params.get("after")
        asked.append(dict(request.url.params))
        items, follows = pages[after]
        return httpx.Response(200, json={"items": [{"n": n} for n in items], "next": follows})

    async with answered_by(answer) as client:
        found = [item["n"] async for item in client.items("/v1/tasks", status="open", assignee=None)]

    assert found == [1, 2, 3]
    assert asked[0] == {"status": "open", "limit": "200"}


async def test_answers_are_asked_for_in_the_users_language() -> None:
    async with answered_by(lambda request: httpx.Response(200, json=dict(request.headers))) as client:
        assert (await client.get("/v1/tasks"))["accept-language"] == "zh"


@pytest.mark.parametrize(
    ("token", "expected"), [(SecretStr("of-this-start"), "Bearer of-this-start"), (None, None)]
)
async def test_the_token_goes_to_the_instance_of_this_machine_only(
    token: SecretStr | None, expected: str | None
) -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json=dict(request.headers)))
    async with http_client("http://genjin", locale="zh", token=token, transport=transport) as http:
        assert (await http.get("/")).json().get("authorization") == expected


@pytest.mark.parametrize(
    ("status", "kind", "exit_status"),
    [
        (404, AnswerNotFoundError, 1),
        (409, AnswerRefusedError, 1),
        (422, AnswerRefusedError, 1),
        (500, AnswerRefusedError, 1),
        (503, ServiceAwayError, 3),
    ],
)
async def test_a_refusal_is_told_in_the_words_of_the_answer(
    status: int, kind: type[AnswerRefusedError], exit_status: int
) -> None:
    problem = {"detail": "没有名为“赵六”的人员。", "code": "unknown-person"}
    async with answered_by(lambda _: httpx.Response(status, json=problem)) as client:
        with pytest.raises(kind) as caught:
            await client.get("/v1/tasks")

    assert "没有名为“赵六”的人员。" in caught.value.message("zh")
    assert caught.value.exit_status == exit_status


async def test_an_answer_that_is_no_problem_document_is_told_by_its_status() -> None:
    async with answered_by(lambda _: httpx.Response(418, text="<html>teapot</html>")) as client:
        with pytest.raises(AnswerRefusedError, match="HTTP 418"):
            await client.get("/v1/tasks")


async def test_nobody_there_is_a_service_away() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        reason = "connection refused"
        raise httpx.ConnectError(reason, request=request)

    async with answered_by(refuse) as client:
        with pytest.raises(ServiceAwayError, match=r"http://genjin.*connection refused"):
            await client.get("/v1/tasks")


async def test_files_are_sent_as_a_form() -> None:
    seen = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.content)
        return httpx.Response(202, json={"id": "1"})

    async with answered_by(answer) as client:
        fields = {"what": "customers", "sheet": None}
        files = {"file": ("客户.csv", b"a,b\n")}
        await client.upload("/v1/imports", at="customers", fields=fields, files=files)

    assert b'name="what"' in seen[0]
    assert b'name="sheet"' not in seen[0]
    assert b"a,b\n" in seen[0]
