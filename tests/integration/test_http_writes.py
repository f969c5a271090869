"""Every route that changes something does it once per key, for the version that was seen, or not at all."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from pydantic import BaseModel
from sqlalchemy import BigInteger, Column, Table, Text, Uuid, func, insert, select, text, update

from contracts.inputs import Line
from services.shared.clock import FrozenClock
from services.shared.database import Database, idempotency_keys, service_metadata
from services.shared.errors import ConflictError
from services.shared.http import Body, IfMatch, Once, Tag, Unit, install_problems, problems, service_router
from services.shared.preconditions import Precondition
from services.shared.unit_of_work import UnitOfWork

metadata = service_metadata()
things = Table(
    "things",
    metadata,
    Column("thing_id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),
)


class TakenError(ConflictError):
    """The name {name!r} is taken."""

    slug = "taken"
    zh = "名称“{name}”已被占用。"
    members = ("name",)


class NewThing(Body):
    """A thing to be."""

    name: Line


class ThingView(BaseModel):
    """A thing."""

    key: ClassVar[str] = "thing_id"

    thing_id: UUID
    name: str
    sequence: int


async def _read(unit: UnitOfWork, thing_id: UUID) -> ThingView:
    row = (await unit.session.execute(select(things).where(things.c.thing_id == thing_id))).mappings().one()
    return ThingView.model_validate(dict(row))


async def _change(unit: UnitOfWork, thing_id: UUID, name: str, precondition: Precondition) -> None:
    statement = select(things.c.sequence).where(things.c.thing_id == thing_id).with_for_update()
    version = (await unit.session.execute(statement)).scalar_one()
    precondition.check(version)
    changed = update(things).where(things.c.thing_id == thing_id).values(name=name, sequence=version + 1)
    await unit.session.execute(changed)


def application(database: Database) -> FastAPI:
    """Things: made, changed, and read."""
    app = FastAPI()
    install_problems(app, locale="en")
    clock = FrozenClock(datetime(2025, 3, 3, tzinfo=UTC))
    router = service_router(database, clock, prefix="/v1/things", tags=["things"])

    @router.post("", status_code=201, responses=problems(409))
    async def create_thing(new: NewThing, unit: Once, tag: Tag) -> ThingView:
        """Make a thing."""
        thing_id = uuid4()
        row = {"thing_id": thing_id, "name": new.name, "sequence": 1}
        await unit.session.execute(insert(things).values(row))
        if new.name == "taken":
            raise TakenError(name=new.name)
        return tag(await _read(unit, thing_id), 1)

    @router.patch("/{thing_id}", responses=problems(404))
    async def change_thing(
        thing_id: UUID, wanted: NewThing, unit: Unit, seen: IfMatch, tag: Tag
    ) -> ThingView:
        """Change a thing."""
        await _change(unit, thing_id, wanted.name, seen)
        view = await _read(unit, thing_id)
        return tag(view, view.sequence)

    @router.get("/{thing_id}", responses=problems(404))
    async def read_thing(thing_id: UUID, tag: Tag, also: str = "") -> ThingView:
        """Show a thing."""
        return tag(ThingView(thing_id=thing_id, name="x", sequence=7), 7, also=also)

    app.include_router(router)
    return app


@pytest.fixture
async def database(fresh_database: Database) -> Database:
    """A database in which things can be."""
    async with fresh_database.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    return fresh_database


@pytest.fixture
async def client(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(application(database))
    async with httpx.AsyncClient(transport=transport, base_url="http://genjin") as client:
        yield client


async def names(database: Database) -> list[str]:
    """The names of all things."""
    async with database.session() as session:
        return list((await session.execute(select(things.c.name).order_by(things.c.name))).scalars())


async def keys(database: Database) -> int:
    """How many keys are remembered."""
    async with database.session() as session:
        return (await session.execute(select(func.count()).select_from(idempotency_keys))).scalar_one()


def keyed(key: str) -> dict[str, str]:
    """The header with a key."""
    return {"Idempotency-Key": key}


async def test_a_request_with_a_key_has_its_effects_once_and_its_answer_every_time(
    client: httpx.AsyncClient, database: Database
) -> None:
    answers = [await client.post("/v1/things", json={"name": "a"}, headers=keyed("k")) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201] * 3
    assert {answer.text for answer in answers} == {answers[0].text}
    assert {answer.headers["etag"] for answer in answers} == {'"1"'}
    assert {answer.headers["content-type"] for answer in answers} == {"application/json"}
    replayed = [answer.headers.get("idempotency-replayed") for answer in answers]
    assert replayed == [None, "true", "true"]
    assert await names(database) == ["a"]


async def test_without_a_key_every_request_is_another_one(
    client: httpx.AsyncClient, database: Database
) -> None:
    for _ in range(2):
        await client.post("/v1/things", json={"name": "a"})
    assert (await names(database), await keys(database)) == (["a", "a"], 0)


async def test_of_many_at_once_with_the_same_key_one_has_effects_and_all_the_same_answer(
    client: httpx.AsyncClient, database: Database
) -> None:
    async def ask() -> httpx.Response:
        """Ask for the same."""
        return await client.post("/v1/things", json={"name": "a"}, headers=keyed("k"))

    answers = await asyncio.gather(*(ask() for _ in range(8)))
    assert {(answer.status_code, answer.text) for answer in answers} == {(201, answers[0].text)}
    assert sum("idempotency-replayed" in answer.headers for answer in answers) == 7
    assert await names(database) == ["a"]


async def test_a_key_that_comes_with_another_request_is_refused(
    client: httpx.AsyncClient, database: Database
) -> None:
    await client.post("/v1/things", json={"name": "a"}, headers=keyed("k"))
    for path, body in (("/v1/things", {"name": "b"}), ("/v1/things?x=1", {"name": "a"})):
        answer = await client.post(path, json=body, headers=keyed("k"))
        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency-key-reused")
    assert await names(database) == ["a"]


async def test_a_refusal_is_not_kept_and_leaves_nothing_behind(
    client: httpx.AsyncClient, database: Database
) -> None:
    for body, status in (({"name": "taken"}, 409), ({"nam": "a"}, 422), ({"name": "a"}, 201)):
        assert (await client.post("/v1/things", json=body, headers=keyed("k"))).status_code == status
    assert (await names(database), await keys(database)) == (["a"], 1)


@pytest.mark.parametrize("key", ["", " ", "a b", "k" * 256, "é"])
async def test_a_key_is_of_visible_characters(client: httpx.AsyncClient, key: str) -> None:
    headers = {b"Idempotency-Key": key.encode("latin-1")}
    answer = await client.post("/v1/things", json={"name": "a"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")


async def test_old_keys_are_forgotten_while_new_ones_are_written(
    client: httpx.AsyncClient, database: Database
) -> None:
    await client.post("/v1/things", json={"name": "a"}, headers=keyed("old"))
    async with database.session() as session:
        await session.execute(text("update idempotency_keys set created_at = now() - interval '8 days'"))
        await session.commit()
    await client.post("/v1/things", json={"name": "b"}, headers=keyed("new"))
    assert await keys(database) == 1
    await client.post("/v1/things", json={"name": "a"}, headers=keyed("old"))
    assert await names(database) == ["a", "a", "b"]


async def test_a_change_for_the_version_that_was_seen_is_made_and_answers_with_the_next(
    client: httpx.AsyncClient,
) -> None:
    made = await client.post("/v1/things", json={"name": "a"})
    path = f"/v1/things/{made.json()['thing_id']}"
    matches: tuple[tuple[dict[str, str], int, str], ...] = (
        ({"If-Match": made.headers["etag"]}, 200, '"2"'),
        ({}, 200, '"3"'),
        ({"If-Match": "*"}, 200, '"4"'),
        ({"If-Match": '"7", "4-shown"'}, 200, '"5"'),
        ({"If-Match": 'W/"5"'}, 412, ""),
        ({"If-Match": '"4"'}, 412, ""),
        ({"If-Match": "5"}, 412, ""),
        ({"If-Match": '"99999999999999999999999"'}, 412, ""),
    )
    for headers, status, etag in matches:
        answer = await client.patch(path, json={"name": "b"}, headers=headers)
        assert (headers, answer.status_code, answer.headers.get("etag", "")) == (headers, status, etag)
        if status == 412:
            assert (answer.json()["code"], answer.json()["version"]) == ("precondition-failed", 5)


async def test_what_is_new_says_where_it_is_also_the_second_time(client: httpx.AsyncClient) -> None:
    made = [await client.post("/v1/things", json={"name": "a"}, headers=keyed("k")) for _ in range(2)]
    path = f"/v1/things/{made[0].json()['thing_id']}"
    assert [(each.status_code, each.headers["location"]) for each in made] == [(201, path)] * 2
    assert "location" not in (await client.patch(path, json={"name": "b"})).headers


async def test_of_two_who_saw_the_same_version_one_changes_it(
    client: httpx.AsyncClient, database: Database
) -> None:
    made = await client.post("/v1/things", json={"name": "a"})
    path = f"/v1/things/{made.json()['thing_id']}"
    headers = {"If-Match": '"1"'}
    answers = await asyncio.gather(
        *(client.patch(path, json={"name": name}, headers=headers) for name in "bcd")
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412]
    (done,) = [answer for answer in answers if answer.status_code == 200]
    assert await names(database) == [done.json()["name"]]


async def test_who_has_the_answer_already_is_not_given_it_again(client: httpx.AsyncClient) -> None:
    path = f"/v1/things/{uuid4()}"
    shown = await client.get(path)
    assert shown.headers["etag"] == '"7"'
    for known, status in (('"7"', 304), ('W/"7", "8"', 304), ("*", 304), ('"8"', 200)):
        answer = await client.get(path, headers={"If-None-Match": known})
        assert (known, answer.status_code, answer.headers["etag"]) == (known, status, '"7"')
    other = await client.get(f"{path}?also=g3", headers={"If-None-Match": '"7"'})
    assert (other.status_code, other.headers["etag"]) == (200, '"7-g3"')


@pytest.mark.parametrize(
    ("content", "headers", "status", "code"),
    [
        (b'{"name": "a"}', {"Content-Type": "text/plain"}, 415, "not-json"),
        (b'{"name": "a"}', {}, 415, "not-json"),
        (b'{"name": "a"', {"Content-Type": "application/json"}, 422, "invalid-request"),
        (b'{"name": "\xff"}', {"Content-Type": "application/json"}, 422, "unreadable-body"),
        (b'{"name": "a\\u0000"}', {"Content-Type": "application/json"}, 422, "invalid-request"),
        (b'{"name": "\\ud800"}', {"Content-Type": "application/json"}, 422, "invalid-request"),
        (b'{"\\ud800": "a"}', {"Content-Type": "application/json"}, 422, "invalid-request"),
        (b"[" * 100_000, {"Content-Type": "application/json"}, 422, None),
        (b"9" * 10_000, {"Content-Type": "application/json"}, 422, None),
        (b"", {}, 422, "invalid-request"),
        (b'"' + b"a" * 1_000_000 + b'"', {"Content-Type": "application/json"}, 413, "too-large"),
        (b'{"name": "a"}', {"Content-Type": "application/json", "Accept": "text/csv"}, 406, "not-acceptable"),
    ],
)
async def test_a_body_that_cannot_be_taken_is_a_problem_document(
    client: httpx.AsyncClient, content: bytes, headers: dict[str, str], status: int, code: str | None
) -> None:
    answer = await client.post("/v1/things", content=content, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert code in {answer.json()["code"], None}


async def test_the_facts_of_a_reason_are_members_of_its_document(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/things", json={"name": "taken"})
    assert answer.json()["name"] == "taken"


async def test_a_wrong_method_is_a_problem_document_that_names_the_right_ones(
    client: httpx.AsyncClient,
) -> None:
    for path, allowed in (("/v1/things", "POST"), (f"/v1/things/{uuid4()}", "GET, PATCH")):
        answer = await client.delete(path)
        assert (answer.status_code, answer.json()["code"]) == (405, "method-not-allowed")
        assert answer.headers["allow"] == allowed


@pytest.mark.parametrize("accept", ["*/*", "application/json", "text/html, application/*;q=0.1", ""])
async def test_who_accepts_json_gets_it(client: httpx.AsyncClient, accept: str) -> None:
    answer = await client.post("/v1/things", json={"name": "a"}, headers={"Accept": accept})
    assert answer.status_code == 201


async def test_routes_declare_what_they_may_answer(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    paths: dict[str, Any] = document["paths"]
    declared = {
        f"{method} {path}": sorted(operation["responses"])
        for path, operations in paths.items()
        for method, operation in operations.items()
    }
    assert declared == {
        "post /v1/things": ["201", "403", "406", "409", "413", "415", "421", "422", "503"],
        "patch /v1/things/{thing_id}": ["200", "403", "404", "406", "412", "413", "415", "421", "422", "503"],
        "get /v1/things/{thing_id}": ["200", "304", "404", "406", "421", "422", "503"],
    }
    refused = paths["/v1/things/{thing_id}"]["get"]["responses"]["422"]["content"]
    schema = {"$ref": "#/components/schemas/ProblemDocument"}
    assert refused == {"application/problem+json": {"schema": schema}}
    assert "HTTPValidationError" not in document["components"]["schemas"]
    assert document["components"]["schemas"]["ProblemDocument"]["required"][0] == "type"
