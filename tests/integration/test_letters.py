"""Operators list, group, read, rehearse, replay and discard dead letters over HTTP (A7, interfaces.md)."""

import asyncio
from collections.abc import AsyncIterator, Hashable, Iterable
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from contracts.commands import CommandData
from contracts.envelope import Envelope
from contracts.events import EventData
from services.shared.batching import Batcher
from services.shared.commands import Commands
from services.shared.database import Database, dead_letters
from services.shared.dead_letters import DeadLetter, bury
from services.shared.delivery import Delivered
from services.shared.errors import RefusedError
from services.shared.failures import unreadable
from services.shared.http import install_problems
from services.shared.letters import Desk, dead_letters_router, desk_of
from services.shared.letters.views import Selection
from services.shared.unit_of_work import UnitOfWork
from tests.plumbing import (
    CLOCK,
    add_effects,
    customer_created,
    effects_of,
    log_customers,
    logged,
    note_effect,
    retrier_of,
    say,
    subscribed,
)

Json = dict[str, Any]


class UnwantedError(RefusedError):
    """It is not wanted."""

    slug = "unwanted"
    zh = "不接受。"


class Picky:
    """A handler that refuses until it is told otherwise, and then says something."""

    def __init__(self) -> None:
        self.error: Exception | None = UnwantedError()

    async def __call__(self, data: EventData, envelope: Envelope, unit: UnitOfWork) -> Iterable[Hashable]:
        """Refuse, or leave a row and say something."""
        if self.error:
            raise self.error
        say(unit, customer_created())
        return await note_effect(data, envelope, unit)


class Rig:
    """Two services with three dead letters each, and the door to both."""

    def __init__(self, databases: dict[str, Database]) -> None:
        self.databases = databases
        self.picky = Picky()
        self.batchers = {
            name: Batcher(
                database=database, clock=CLOCK, subscriptions=subscribed(self.picky, consumer=f"{name}-hears")
            )
            for name, database in databases.items()
        }
        desks = [Desk(batcher.database, [retrier_of(batcher)]) for batcher in self.batchers.values()]
        app = FastAPI()
        install_problems(app, locale="en")
        app.include_router(dead_letters_router(desks, CLOCK))
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://genjin")

    async def get(self, path: str = "", *, status: int = 200, **parameters: str | int) -> Json:
        """Read a route."""
        answer = await self.http.get(f"/v1/dead-letters{path}", params=parameters)
        return self._read(answer, status)

    async def post(self, path: str, body: object = None, *, status: int = 200, **parameters: str) -> Json:
        """Send an order."""
        answer = await self.http.post(f"/v1/dead-letters{path}", json=body, params=parameters)
        return self._read(answer, status)

    async def ids(self, **parameters: str) -> list[str]:
        """Return the ids of the letters that are meant."""
        answer = await self.http.get("/v1/dead-letters", params=parameters)
        return [letter["id"] for letter in self._read(answer, 200)["items"]]

    def _read(self, answer: httpx.Response, status: int) -> Json:
        assert answer.status_code == status, answer.text
        document: Json = answer.json()
        return document

    async def refuse(self, messages: list[Delivered], error: Exception) -> None:
        """Have messages refused for another reason, by the second service."""
        self.picky.error = error
        await self.batchers["there"].handle(messages)


@pytest.fixture
async def rig(fresh_databases: dict[str, Database]) -> AsyncIterator[Rig]:
    for database in fresh_databases.values():
        await add_effects(database)
    rig = Rig(fresh_databases)
    messages = await log_customers(fresh_databases["here"], 3)
    for batcher in rig.batchers.values():
        await batcher.handle(messages)
    async with rig.http:
        yield rig


async def test_letters_of_all_services_are_listed_in_pages_the_oldest_first(rig: Rig) -> None:
    first = await rig.get(limit=4)
    rest = await rig.get(limit=4, after=first["next"])
    assert (len(first["items"]), len(rest["items"]), rest["next"]) == (4, 2, None)
    everything = [*first["items"], *rest["items"]]
    assert [each["id"] for each in everything] == sorted(each["id"] for each in everything)
    assert {(each["service"], each["consumer"], each["state"]) for each in everything} == {
        ("here", "here-hears", "dead"),
        ("there", "there-hears", "dead"),
    }


async def test_letters_are_chosen_by_service_consumer_type_cause_and_state(rig: Rig) -> None:
    await rig.refuse(await log_customers(rig.databases["here"], 1), KeyError("fault"))
    assert len(await rig.ids(service="here")) == 3
    assert (await rig.get(service="nobody", status=404))["code"] == "unknown-service"
    assert len(await rig.ids(consumer="there-hears")) == 4
    assert len(await rig.ids(error_class="KeyError")) == 1
    assert len(await rig.ids(state="waiting")) == 1
    assert len(await rig.ids(state="discarded")) == 0
    assert len(await rig.ids(type="customers.customer_created.v1")) == 7
    assert len(await rig.ids(type="tea.tea_brewed.v1")) == 0
    await rig.get(state="tired", status=422)


async def test_letters_of_the_same_cause_are_one_group(rig: Rig) -> None:
    await rig.refuse(await log_customers(rig.databases["here"], 1), KeyError("fault"))
    groups = (await rig.get("/groups"))["items"]
    names = ("service", "error_class", "count", "waiting")
    assert [tuple(group[name] for name in names) for group in groups] == [
        ("here", "UnwantedError", 3, 0),
        ("there", "UnwantedError", 3, 0),
        ("there", "KeyError", 1, 1),
    ]
    largest = groups[0]
    assert (largest["reason"], largest["where"]) == ("It is not wanted.", "services.shared.delivery.apply")
    assert largest["example"] in await rig.ids(fingerprint=largest["fingerprint"], service="here")
    assert largest["first"] <= largest["last"]


async def test_a_letter_is_shown_with_its_body(rig: Rig) -> None:
    key = (await rig.ids())[0]
    letter = await rig.get(f"/{key}")
    assert letter["body_format"] == "json"
    assert letter["body"]["id"] == letter["event_id"]
    assert (letter["attempts"], letter["next_try_at"], letter["headers"]) == (1, None, None)
    assert (await rig.get(f"/{uuid4()}", status=404))["code"] == "unknown-dead-letter"


@pytest.mark.parametrize(
    ("consumer", "body", "shown"),
    [
        ("here-hears", b"\xff\x1b[2Jt\xc3\xa9", ("text", "\\xff\\x1b[2Jté")),
        ("here-hears", b'{"a": NaN}', ("text", '{"a": NaN}')),
        (
            "here.commands",
            b'{"source_system": "erp", "external_id": "7", "phone": "13800138000"}',
            ("withheld", {"source_system": "erp", "external_id": "7"}),
        ),
        ("here.commands", b"13800138000", ("withheld", {})),
    ],
)
async def test_any_body_is_shown_as_a_reader_can_bear_it(
    rig: Rig, consumer: str, body: bytes, shown: tuple[str, object]
) -> None:
    async with rig.databases["here"].session() as session:
        letter = DeadLetter(None, body, headers={"x-death": [{"count": 1}]})
        await bury(session, consumer, letter, unreadable("not an event"))
        await session.commit()
    (key,) = await rig.ids(error_class="Unreadable")
    read = await rig.get(f"/{key}")
    assert (read["body_format"], read["body"]) == shown
    assert read["headers"] == {"x-death": [{"count": 1}]}


async def test_a_dry_run_says_what_would_happen_and_changes_nothing(rig: Rig) -> None:
    key = (await rig.ids(service="there"))[0]
    before = await rig.get(f"/{key}")
    refused = await rig.post(f"/{key}/dry-run")
    assert (refused["result"], refused["error_class"]) == ("failed", "UnwantedError")
    rig.picky.error = None
    outcome = await rig.post(f"/{key}/dry-run")
    assert outcome["result"] == "applied"
    assert [said["type"] for said in outcome["said"]] == ["customers.customer_created.v1"]
    assert await rig.get(f"/{key}") == before
    assert await effects_of(rig.databases["there"]) == {}
    assert await logged(rig.databases["there"]) == []


async def test_a_replay_applies_the_letter_and_removes_it(rig: Rig) -> None:
    key = (await rig.ids(service="there"))[0]
    assert (await rig.post(f"/{key}/replay"))["result"] == "failed"
    assert (await rig.get(f"/{key}"))["attempts"] == 2
    rig.picky.error = None
    assert (await rig.post(f"/{key}/replay"))["result"] == "applied"
    assert list((await effects_of(rig.databases["there"])).values()) == [1]
    assert len(await logged(rig.databases["there"])) == 1
    assert (await rig.post(f"/{key}/replay", status=404))["code"] == "unknown-dead-letter"


async def test_a_letter_in_somebody_elses_hands_is_left_alone(rig: Rig) -> None:
    key = (await rig.ids(service="there"))[0]
    rig.picky.error = None
    async with rig.databases["there"].session() as session:
        await session.execute(select(dead_letters).where(dead_letters.c.id == UUID(key)).with_for_update())
        assert (await rig.post(f"/{key}/replay", status=409))["code"] == "dead-letter-busy"
        assert (await rig.post(f"/{key}/discard", {"reason": "x"}, status=409))["code"] == "dead-letter-busy"
        results = [each["result"] for each in (await rig.post("/replay", {"all": True}))["items"]]
    assert sorted(results) == ["applied"] * 5 + ["busy"]
    assert (await rig.post(f"/{key}/replay"))["result"] == "applied"


async def test_a_group_a_selection_or_all_are_replayed(rig: Rig) -> None:
    rig.picky.error = None
    group = (await rig.get("/groups"))["items"][0]
    chosen = {"fingerprint": group["fingerprint"]}
    assert len((await rig.post("/dry-run", chosen))["items"]) == 6
    done = (await rig.post("/replay", chosen, service="here"))["items"]
    assert [(each["service"], each["result"]) for each in done] == [("here", "applied")] * 3
    ids = [*(await rig.ids())[:2], str(uuid4())]
    answered = (await rig.post("/replay", {"ids": ids}))["items"]
    assert [each["result"] for each in answered] == ["applied", "applied", "gone"]
    assert len((await rig.post("/replay", {"all": True}))["items"]) == 1
    assert await rig.ids() == []
    assert set((await effects_of(rig.databases["there"])).values()) == {1}


async def test_very_many_are_replayed_in_bounded_steps(rig: Rig) -> None:
    first = await rig.post("/replay", {"all": True, "limit": 4})
    rest = await rig.post("/replay", {"all": True, "limit": 4, "after": first["next"]})
    assert (len(first["items"]), len(rest["items"]), rest["next"]) == (4, 2, None)
    assert {each["result"] for each in [*first["items"], *rest["items"]]} == {"failed"}
    assert {letter["attempts"] for letter in (await rig.get())["items"]} == {2}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"all": False},
        {"ids": []},
        {"all": True, "fingerprint": "x"},
        {"ids": ["x"]},
        {"all": True, "limit": 101},
    ],
)
async def test_a_selection_that_says_nothing_or_too_much_is_refused(rig: Rig, body: object) -> None:
    await rig.post("/replay", body, status=422)


async def test_a_discarded_letter_stays_to_be_read_and_is_not_tried(rig: Rig) -> None:
    key = (await rig.ids(service="there"))[0]
    await rig.post(f"/{key}/discard", {"reason": "  "}, status=422)
    await rig.post(f"/{key}/discard", status=422)
    assert (await rig.post(f"/{key}/discard", {"reason": "sent by mistake"}))["result"] == "discarded"
    assert (await rig.post(f"/{key}/discard", {"reason": "again"}))["result"] == "discarded"
    letter = await rig.get(f"/{key}")
    assert (letter["state"], letter["discarded_because"]) == ("discarded", "sent by mistake")
    assert (await rig.post(f"/{key}/replay", status=409))["code"] == "dead-letter-discarded"
    assert await rig.ids(state="discarded") == [key]
    (group,) = (await rig.get("/groups", service="there"))["items"]
    assert group["count"] == 2
    everything = {"all": True, "reason": "nobody wants them"}
    assert len((await rig.post("/discard", everything, service="there"))["items"]) == 2


async def test_a_letter_of_a_consumer_that_is_not_here_is_told_as_such(rig: Rig) -> None:
    async with rig.databases["here"].session() as session:
        await bury(session, "forgotten", DeadLetter(None, b"{}"), unreadable("x"))
        await session.commit()
    (key,) = await rig.ids(consumer="forgotten")
    outcome = await rig.post(f"/{key}/replay")
    assert (outcome["result"], outcome["error_class"]) == ("failed", "UnknownConsumer")


async def test_two_operators_who_replay_the_same_apply_everything_once(rig: Rig) -> None:
    rig.picky.error = None
    answers = await asyncio.gather(*(rig.post("/replay", {"all": True}) for _ in range(3)))
    results = [each["result"] for answer in answers for each in answer["items"]]
    assert results.count("applied") == 6
    assert set(results) <= {"applied", "busy", "gone"}
    for database in rig.databases.values():
        assert set((await effects_of(database)).values()) == {1}


class PutCup(CommandData):
    """A command of another system."""

    type = "here.put_cup.v1"


async def test_a_command_of_another_system_is_replayed_by_its_handler(fresh_database: Database) -> None:
    put: list[str] = []

    async def put_cup(command: PutCup, _unit: UnitOfWork) -> UUID:
        put.append(command.external_id)
        return uuid4()

    desk = desk_of(
        fresh_database,
        subscriptions=subscribed(consumer="here"),
        commands=Commands({PutCup: put_cup}),
        clock=CLOCK,
    )
    body = b'{"source_system": "erp", "external_id": "7"}'
    async with fresh_database.session() as session:
        for command_type in (PutCup.type, "here.break_cup.v1"):
            letter = DeadLetter(None, body, type=command_type)
            await bury(session, "here.commands", letter, unreadable("x"))
        await session.commit()
    outcomes = [await desk.replay(key) for _, key in await desk.select(Selection(all=True))]
    assert sorted(outcome.result for outcome in outcomes) == ["applied", "failed"]
    assert {outcome.failure.error_class for outcome in outcomes if outcome.failure} == {"UnknownCommandError"}
    assert put == ["7"]


async def refuse_in_turns(desks: Iterable[Desk], came: Iterable[str]) -> None:
    """Keep one refused command after the other, each at the next desk."""
    for number, desk in zip(came, desks, strict=True):
        body = f'{{"source_system": "erp", "external_id": "{number}"}}'.encode()
        async with desk.database.session() as session:
            letter = DeadLetter(None, body, type=PutCup.type)
            await bury(session, f"{desk.service}.commands", letter, unreadable("x"))
            await session.commit()


async def test_commands_are_listed_and_replayed_in_the_order_in_which_they_came(
    fresh_databases: dict[str, Database],
) -> None:
    put: list[str] = []

    async def put_cup(command: PutCup, _unit: UnitOfWork) -> UUID:
        put.append(command.external_id)
        if command.external_id == "3":
            raise UnwantedError
        return uuid4()

    commands = Commands({PutCup: put_cup})
    desks = [
        desk_of(database, subscriptions=subscribed(consumer=name), commands=commands, clock=CLOCK)
        for name, database in fresh_databases.items()
    ]
    came = [str(number) for number in range(12)]
    await refuse_in_turns(desks * 6, came)
    app = FastAPI()
    app.include_router(dead_letters_router(desks, CLOCK))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://genjin") as http:
        listed: list[str] = []
        after: dict[str, str] | None = {}
        while after is not None:
            page = (await http.get("/v1/dead-letters", params={"limit": 5, **after})).json()
            listed += [each["id"] for each in page["items"]]
            after = {"after": page["next"]} if page["next"] else None
        shown = [(await http.get(f"/v1/dead-letters/{key}")).json() for key in listed]
        after = {}
        while after is not None:
            asked = {"all": True, "limit": 4, **after}
            answer = (await http.post("/v1/dead-letters/replay", json=asked)).json()
            after = {"after": answer["next"]} if answer["next"] else None
    assert [each["body"]["external_id"] for each in shown] == came
    assert put == came
