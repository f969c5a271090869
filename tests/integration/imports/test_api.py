"""Imports through HTTP: a file goes in, an id comes back, and the report can be read."""

from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from contracts.identity import new_id
from services.shared.database import Database
from services.shared.http import install_problems
from services.shared.imports.api import imports_router
from services.shared.imports.service import ImportService
from tests.integration.imports.folk import people


@pytest.fixture
async def client(importer: ImportService) -> AsyncIterator[AsyncClient]:
    """A caller of the routes of one importer."""
    app = FastAPI()
    install_problems(app, locale="zh")
    app.include_router(imports_router([importer]))
    async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
        yield client


async def test_a_file_is_imported_and_its_report_can_be_read(
    client: AsyncClient, importer: ImportService, database: Database
) -> None:
    text = "who,shoe\nAna,boots\nBob,clogs\n".encode("utf-8-sig")
    mapping = b"what: folk\nfields: {name: who, shoe: shoe}"
    answer = await client.post(
        "/v1/imports", data={"what": "folk"}, files={"file": ("f.csv", text), "mapping": ("m.yaml", mapping)}
    )
    assert answer.status_code == 202
    await importer.finish()
    report = (await client.get(f"/v1/imports/{answer.json()['id']}")).json()
    assert (report["state"], report["counts"]["created"]) == ("done", 1)
    assert report["rejected"] == [
        {
            "file": "f.csv",
            "row": 3,
            "column": "shoe",
            "value": "clogs",
            "reason": {"zh": "不许穿木鞋", "en": "No clogs"},
        }
    ]
    assert set(await people(database)) == {"Ana"}


@pytest.mark.parametrize(
    ("what", "name", "content", "code"),
    [
        ("folk", "f.csv", b"", "empty-file"),
        ("folk", "f.doc", b"x", "unsupported-format"),
        ("folks", "f.csv", b"x", "unknown-target"),
    ],
)
async def test_a_file_that_is_not_usable_is_refused_with_a_problem_document(
    client: AsyncClient, what: str, name: str, content: bytes, code: str
) -> None:
    answer = await client.post("/v1/imports", data={"what": what}, files={"file": (name, content)})
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_all_problems_of_a_mapping_are_said_with_their_places(client: AsyncClient) -> None:
    mapping = b"what: folk\nfields: {nme: a, shoo: b}"
    answer = await client.post(
        "/v1/imports",
        data={"what": "folk"},
        files={"file": ("f.csv", b"a,b\n1,2"), "mapping": ("m.yaml", mapping)},
        headers={"accept-language": "en"},
    )
    assert answer.json()["detail"].splitlines()[1:] == [
        "m.yaml:2:10: folk has no field 'nme'. Did you mean 'name'?",
        "m.yaml:2:18: folk has no field 'shoo'. Did you mean 'shoe'?",
    ]


async def test_another_service_does_not_answer_here(client: AsyncClient) -> None:
    answer = await client.get(f"/v1/imports/{new_id()}", params={"service": "rules"})
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown-service")


async def test_a_file_can_be_checked_without_being_imported(client: AsyncClient, database: Database) -> None:
    """What it leaves unused is said, what an import would refuse is refused."""
    file = {"file": ("f.csv", "姓名,帽子\n甲,大".encode())}
    answer = await client.post("/v1/imports/check", data={"what": "folk"}, files=file)
    assert answer.json() == {
        "rows": 1,
        "unused_columns": [{"column": "帽子", "suggestion": None}],
        "continues": [],
    }
    assert await people(database) == {}
    empty = await client.post("/v1/imports/check", data={"what": "folk"}, files={"file": ("f.csv", b"")})
    assert empty.json()["code"] == "empty-file"


async def test_a_kind_that_does_not_stand_in_a_table_of_another_is_refused(client: AsyncClient) -> None:
    data = {"what": "folk", "follows": "customers"}
    answer = await client.post("/v1/imports", data=data, files={"file": ("f.csv", "姓名\n甲".encode())})
    assert (answer.status_code, answer.json()["code"]) == (422, "not-in-table")
