"""A load: files in order, each heard before the next, all evaluated once, settled at the end."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from services.client import AnswerRefusedError, Client, Json, http_client
from services.loading import ImportFailedError, NothingMovesError, load, settled
from services.shared.imports.requests import ImportRequest
from services.shared.settings import SERVICES

COUNTS = {"total": 2, "done": 2, "created": 2, "changed": 0, "unchanged": 0, "rejected": 0, "left_out": 0}


class FakeGenjin:
    """The routes that a load uses, with a script of what the audit says; it notes what is asked."""

    def __init__(self, *, unheard: Iterator[int], due: Iterator[int], ends: Iterator[str]) -> None:
        self.asked: list[str] = []
        self._unheard = unheard
        self._due = due
        self._ends = ends
        self._head = 10

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer a request and note it."""
        path, method = request.url.path, request.method
        if path == "/v1/imports/check" and b"broken.csv" in request.content:
            return httpx.Response(422, json={"detail": "the file is broken"})
        return httpx.Response(200, json=self._answer(path, method, request.content))

    def _answer(self, path: str, method: str, content: bytes) -> dict[str, Any]:
        answers: dict[str, Callable[[], dict[str, Any]]] = {
            "GET /v1/imports": lambda: {"importable": {"customers": ["contacts", "customers"]}},
            "POST /v1/imports": lambda: self._note("import"),
            "POST /v1/imports/check": lambda: self._note("check") | {"continues": self._continues(content)},
            "GET /v1/imports/1": self._report,
            "GET /v1/audit/handled": self._handled,
            "GET /v1/audit/heads": lambda: {"heads": {"customers": self._head}},
            "GET /v1/loads/due": lambda: {"due": next(self._due), "is_loading": False},
        }
        asked = f"{method} {path}"
        if asked in answers:
            return answers[asked]()
        self.asked.append(asked)
        return {"id": "7"}

    def _note(self, asked: str) -> dict[str, Any]:
        self.asked.append(asked)
        return {"id": "1"}

    def _continues(self, content: bytes) -> list[Json]:
        """A file of this name holds contacts too."""
        return [{"what": "contacts", "columns": ["联系人"]}] if b"template.csv" in content else []

    def _report(self) -> dict[str, Any]:
        state = next(self._ends)
        problem = {"zh": "坏了。", "en": "It broke."} if state == "failed" else None
        return {"id": "1", "state": state, "counts": COUNTS, "problem": problem, "rejected": []}

    def _handled(self) -> dict[str, Any]:
        missing = next(self._unheard)
        self.asked.append(f"missing {missing}")
        self._head += 1 if missing else 0
        line = {"consumer": "rules", "source": "customers", "applied": self._head - missing, "dead": 0}
        return {"handled": [line]}


class Silent:
    """Progress that nobody looks at."""

    def importing(self, request: ImportRequest, report: Json) -> None:
        """Say nothing."""

    def settling(self, *, missing: int, due: int) -> None:
        """Say nothing."""


@asynccontextmanager
async def speaking_to(genjin: FakeGenjin) -> AsyncIterator[Client]:
    """A client of the fake."""
    transport = httpx.MockTransport(genjin.answer)
    async with http_client("http://genjin", locale="en", transport=transport) as http:
        yield Client(dict.fromkeys(SERVICES, http))


def scripted(
    *, unheard: list[int], due: list[int] | None = None, ends: list[str] | None = None
) -> FakeGenjin:
    """A fake that says these things in turn, and then the last of them for ever."""
    return FakeGenjin(unheard=_lasting(unheard), due=_lasting(due or [0]), ends=_lasting(ends or ["done"]))


def _lasting(values: list[Any]) -> Iterator[Any]:
    yield from values
    while True:
        yield values[-1]


def request(file: str = "customers.csv") -> ImportRequest:
    """A file of customers."""
    return ImportRequest(what="customers", file=file, content=b"x")


async def test_each_file_is_heard_before_the_next_and_the_load_ends_before_it_settles() -> None:
    genjin = scripted(unheard=[3, 0, 0])
    async with speaking_to(genjin) as client:
        imported = await load(client, [request(), request("people.csv")], Silent())

    assert [one.request.file for one in imported] == ["customers.csv", "people.csv"]
    assert genjin.asked == [
        "check",
        "check",
        "POST /v1/loads",
        "import",
        "missing 3",
        "missing 0",
        "import",
        "missing 0",
        "POST /v1/loads/7/end",
        "missing 0",
        "missing 0",
    ]


async def test_a_table_that_holds_other_kinds_too_is_imported_as_those_right_after() -> None:
    """D2 table 1, D4."""
    genjin = scripted(unheard=[0])
    async with speaking_to(genjin) as client:
        imported = await load(client, [request("template.csv"), request()], Silent())

    asked = [(one.request.what, one.request.file, one.request.follows) for one in imported]
    assert asked == [
        ("customers", "template.csv", None),
        ("contacts", "template.csv", "customers"),
        ("customers", "customers.csv", None),
    ]


async def test_a_file_that_is_refused_refuses_the_load_before_anything_is_imported() -> None:
    genjin = scripted(unheard=[0])
    async with speaking_to(genjin) as client:
        with pytest.raises(AnswerRefusedError, match="the file is broken"):
            await load(client, [request(), request("broken.csv")], Silent())

    assert genjin.asked == ["check"]


async def test_an_import_that_fails_is_told_and_the_load_is_ended() -> None:
    genjin = scripted(unheard=[0], ends=["running", "failed"])
    async with speaking_to(genjin) as client:
        with pytest.raises(ImportFailedError) as caught:
            await load(client, [request()], Silent())

    assert caught.value.message("zh") == "文件 customers.csv 的导入未能完成:坏了。"
    assert caught.value.message("en") == "The import of customers.csv did not come to its end: It broke."
    assert genjin.asked[-1] == "POST /v1/loads/7/end"


async def test_an_interrupted_import_is_told_too() -> None:
    genjin = scripted(unheard=[0], ends=["interrupted"])
    async with speaking_to(genjin) as client:
        with pytest.raises(ImportFailedError, match="interrupted"):
            await load(client, [request()], Silent())


async def test_quiet_is_believed_only_when_nothing_moved_between_two_looks() -> None:
    """Evaluations say something, which has to be heard before all is settled."""
    genjin = scripted(unheard=[0, 2, 0, 0], due=[1, 0, 0, 0])
    async with speaking_to(genjin) as client:
        await settled(client, Silent())

    assert genjin.asked == ["missing 0", "missing 2", "missing 0", "missing 0"]


async def test_waiting_is_given_up_when_nothing_moves() -> None:
    genjin = scripted(unheard=[0], due=[5])
    async with speaking_to(genjin) as client:
        with pytest.raises(NothingMovesError) as caught:
            await settled(client, Silent(), patience=0.2)

    assert "5" in caught.value.message("en")
    assert caught.value.exit_status == 3
