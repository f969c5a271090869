"""A story: an instance with the rules, the files and the time in the test's hands, in either way to run (A9).

What the story sees, it sees over the routes of the API.
"""

import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import httpx
from sqlalchemy import make_url

from services.cli.connection import attached
from services.client import Client, Json, http_client
from services.embedded import Embedded
from services.loading import Imported, load, settled
from services.shared.imports.requests import ImportRequest
from services.shared.settings import Settings
from tests.acceptance.deployment import ClockFile, Deployment, ToOwners, forget_messages
from tests.postgres import Template, execute, reachable_directory
from tests.rabbitmq import PrivateNode
from tests.rules_rig import MovableClock

SHANGHAI = ZoneInfo("Asia/Shanghai")
PEOPLE = """
name,manager
王海涛,刘佩珊
李思敏,刘佩珊
刘佩珊,陈国栋
陈国栋,
"""
"""Two sellers, their manager, and hers."""

ROLES = """
roles:
  manager: {path: [manager]}
  director: {path: [manager, manager]}
fallback: {queue: unassigned}
"""


def local(moment: str) -> datetime:
    """An instant written as local time in Shanghai."""
    return datetime.fromisoformat(moment).replace(tzinfo=SHANGHAI)


def shown(instant: str) -> str:
    """An instant of an answer, as local time in Shanghai."""
    return f"{datetime.fromisoformat(instant).astimezone(SHANGHAI):%Y-%m-%dT%H:%M}"


class Quiet:
    """Hears how far a load is, and says nothing."""

    def importing(self, request: ImportRequest, report: Json) -> None:
        """Say nothing."""

    def settling(self, *, missing: int, due: int) -> None:
        """Say nothing."""


class Movable(Protocol):
    """Business time that a test moves."""

    instant: datetime


@dataclass(frozen=True)
class Story:
    """An instance that only the test moves through time, at a place of its own.

    `deployment` has its processes, where it has processes of its own.
    """

    place: "Place"
    clock: Movable
    client: Client
    http: httpx.AsyncClient
    deployment: Deployment | None = None

    @property
    def database_url(self) -> str:
        """The superuser's URL of its database."""
        return self.place.database_url

    async def load(self, **files: str) -> list[Imported]:
        """Import texts of CSV, by what they are, in their order; then all is settled."""
        requests = [
            ImportRequest(what=what, file=f"{what}.csv", content=text.strip().encode())
            for what, text in files.items()
        ]
        imported = await self.import_all(requests)
        assert [one.report["rejected"] for one in imported] == [[]] * len(files)
        return imported

    async def import_all(self, requests: Sequence[ImportRequest]) -> list[Imported]:
        """Import files as `genjin load` does; then all is settled."""
        return await load(self.client, requests, Quiet())

    async def at(self, moment: str) -> None:
        """Go to an instant of local time; what falls due until then is settled."""
        self.clock.instant = local(moment).astimezone(UTC)
        await settled(self.client, Quiet())

    async def settle(self) -> None:
        """Wait until what was said is heard and evaluated."""
        await settled(self.client, Quiet())

    async def tasks(self, **filters: object) -> list[Json]:
        """The tasks that a filter leaves; open ones unless it says otherwise."""
        wanted = {"status": "open", **filters}
        found = [task async for task in self.client.items("/v1/tasks", **wanted)]
        return sorted(found, key=lambda task: (str(task["rule"]), str(task["subject_name"])))

    async def only_task(self, **filters: object) -> Json:
        """The one task that a filter leaves."""
        tasks = await self.tasks(**filters)
        assert len(tasks) == 1, tasks
        return tasks[0]

    async def open(self) -> list[str]:
        """The open tasks, as `subject/rule/rung`."""
        return [f"{task['subject_name']}/{task['rule']}/{task['rung']}" for task in await self.tasks()]

    async def customers(self, **filters: object) -> list[str]:
        """The names of the customers that a filter leaves."""
        found = [customer["name"] async for customer in self.client.items("/v1/customers", **filters)]
        return sorted(found)

    async def customer(self, name: str) -> Json:
        """A customer, with what the rules decided."""
        return next(
            customer
            for customer in [each async for each in self.client.items("/v1/customers")]
            if customer["name"] == name
        )

    async def decided(self, name: str) -> Mapping[str, Any]:
        """What the rules decided about a customer, as its page shows it."""
        values: Mapping[str, Any] = (await self.customer(name))["decided"]
        return values

    async def every(self, path: str, **filters: object) -> list[Json]:
        """All items of a list, page by page."""
        return [item async for item in self.client.items(path, **filters)]

    async def status(self, path: str, **parameters: Any) -> tuple[int, str]:  # noqa: ANN401 -- as httpx
        """The HTTP status of a refused question, and the code of its problem document."""
        answer = await self.http.get(path, params=parameters or None)
        assert answer.headers["content-type"] == "application/problem+json"
        return answer.status_code, answer.json()["code"]

    async def why(self, subject: str, rule: str | None = None) -> Json:
        """Why something holds, and why not."""
        return await self.client.get("/v1/why", subject=subject, rule=rule)

    async def rows(self, subject: str) -> dict[str, str]:
        """Which row of each decision holds for a subject."""
        return {decision["rule"]: decision["row"] for decision in (await self.why(subject))["decisions"]}


class Telling(Protocol):
    """Opens a story with rules, at an instant of local time."""

    def __call__(self, rules: str | Path, *, at: str) -> AbstractAsyncContextManager[Story]:
        """Open it for as long as the context lasts."""


@dataclass(frozen=True)
class Stage:
    """Where stories are told: in one process, or with a broker by services as processes of their own."""

    template: Template
    broker: PrivateNode | None = None

    @asynccontextmanager
    async def telling(self, rules: str | Path, *, at: str) -> AsyncIterator[Story]:
        """Open an instance with these rules (a text, or a directory), empty, at an instant of local time."""
        async with self.place(rules, at=at) as place, self.opened(place) as story:
            yield story

    def opened(self, place: "Place") -> AbstractAsyncContextManager[Story]:
        """Open a story at a place, which may have been open before."""
        return distributed(place, self.broker) if self.broker else embedded(place)

    @asynccontextmanager
    async def place(self, rules: str | Path, *, at: str) -> AsyncIterator["Place"]:
        """Prepare what a story needs, and put it away afterwards."""
        template, name = self.template, f"genjin_story_{secrets.token_hex(6)}"
        copy = f'create database "{name}" template "{template.name}" strategy file_copy'
        await execute(template.admin_url, copy)
        url = make_url(template.admin_url).set(database=name).render_as_string(hide_password=False)
        try:
            with reachable_directory() as directory:
                yield Place.make(directory, database_url=url, rules=rules, at=at)
        finally:
            await execute(template.admin_url, f'drop database "{name}" with (force)')


@dataclass(frozen=True)
class Place:
    """What every story has: a directory, a database (the superuser's URL), rules, and an instant in UTC."""

    directory: Path
    database_url: str
    rules_dir: Path
    instant: datetime

    @classmethod
    def make(cls, directory: Path, *, database_url: str, rules: str | Path, at: str) -> "Place":
        """Put the rules into the directory, unless they lie somewhere already; `at` is local time."""
        return cls(directory, database_url, _placed(rules, directory / "rules"), local(at).astimezone(UTC))


@asynccontextmanager
async def embedded(place: Place) -> AsyncIterator[Story]:
    """Open a story in this process."""
    clock = MovableClock(place.instant)
    settings = Settings.load(
        {
            "database_url": place.database_url,
            "data_dir": place.directory / "data",
            "rules_dir": place.rules_dir,
            "locale": "en",
        }
    )
    failed: Exception | None = None
    async with (
        Embedded.open(settings, clock=clock) as opened,
        attached(opened) as client,
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app=opened.app, raise_app_exceptions=False),
            base_url="http://127.0.0.1",
        ) as http,
    ):
        try:
            yield Story(place, clock, client, http)
        except Exception as error:  # noqa: BLE001 -- it is raised again
            failed = error
    if failed:  # raised out here it stays what it is, and no group of background work wraps it
        raise failed


@asynccontextmanager
async def distributed(
    place: Place,
    broker: PrivateNode,
    *,
    counts: Mapping[str, int] | None = None,
    settings: Mapping[str, str] | None = None,
) -> AsyncIterator[Story]:
    """Open a story in processes of its own; `counts` says how many replicas a service has, if not one."""
    with broker.apart() as amqp_url:
        async with _distributed(place, amqp_url, counts or {}, settings or {}) as story:
            yield story


@asynccontextmanager
async def _distributed(
    place: Place, amqp_url: str, counts: Mapping[str, int], more: Mapping[str, str]
) -> AsyncIterator[Story]:
    clock = ClockFile(place.directory / "clock", place.instant)
    settings = {
        **more,
        "GENJIN_DATABASE_URL": place.database_url,
        "GENJIN_AMQP_URL": amqp_url,
        "GENJIN_RULES_DIR": str(place.rules_dir),
        "GENJIN_CLOCK_FILE": str(clock.path),
    }
    await forget_messages(amqp_url)
    with Deployment(place.directory, settings=settings, counts=counts).running() as deployment:
        async with (
            AsyncExitStack() as doors,
            httpx.AsyncClient(transport=ToOwners(deployment.urls), base_url="http://127.0.0.1") as http,
        ):
            client = Client(
                {
                    name: await doors.enter_async_context(http_client(url, locale="en"))
                    for name, url in deployment.urls.items()
                }
            )
            yield Story(place, clock, client, http, deployment)


def _placed(rules: str | Path, directory: Path) -> Path:
    if isinstance(rules, Path):
        return rules
    directory.mkdir()
    (directory / "roles.yaml").write_text(ROLES, encoding="utf-8")
    (directory / "rules.yaml").write_text(rules, encoding="utf-8")
    return directory
