"""The feed pages through a service's log in order, and gaps are healed from it (A6, interfaces.md)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from structlog.testing import capture_logs

from contracts.envelope import SHARDS, Envelope
from services.hosting.serving import address, bind, serve
from services.shared import inbox
from services.shared.batching import Batcher
from services.shared.database import Database
from services.shared.delivery import Delivered
from services.shared.event_log import heads
from services.shared.feeds import feeds_router
from services.shared.healing import Healer
from services.shared.http import install_problems
from tests.plumbing import CLOCK, add_effects, effects_of, log_customers, logged, subscribed, until
from tests.postgres import execute

SOURCE = "customers"
"""What is said on the test's source has types of this service."""


def application(database: Database) -> FastAPI:
    app = FastAPI()
    install_problems(app, locale="en")
    app.include_router(feeds_router({SOURCE: database}, CLOCK))
    return app


@asynccontextmanager
async def serving(app: FastAPI) -> AsyncIterator[str]:
    """Serve on a free port and give the address."""
    listener = bind(0)
    server = asyncio.create_task(serve(app, listener))
    try:
        yield address(listener)
    finally:
        server.cancel()
        await asyncio.wait([server])


@pytest.fixture
async def source(fresh_databases: dict[str, Database]) -> Database:
    return fresh_databases["here"]


@pytest.fixture
async def target(fresh_databases: dict[str, Database]) -> Database:
    return await add_effects(fresh_databases["there"])


@pytest.fixture
async def http(source: Database) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(application(source))
    async with httpx.AsyncClient(transport=transport, base_url="http://genjin") as http:
        yield http


async def test_every_shard_is_read_in_order_and_without_a_gap(
    source: Database, http: httpx.AsyncClient
) -> None:
    said = await log_customers(source, 40)
    read = []
    for shard in range(SHARDS):
        after = 0
        while True:
            page = (await http.get(f"/v1/feeds/{SOURCE}?shard={shard}&after={after}&limit=3")).json()
            positions = [item["position"] for item in page["items"]]
            assert positions == list(range(after + 1, after + 1 + len(positions)))
            assert len(positions) <= 3
            read += page["items"]
            if not positions:
                break
            after = page["next"]
        assert after == page["heads"][str(shard)]
    assert [(item["shard"], item["position"]) for item in read] == [(m.shard, m.position) for m in said]
    assert [Envelope.model_validate(item["envelope"]) for item in read] == [m.envelope for m in said]


async def test_without_a_shard_only_the_heads_are_told(source: Database, http: httpx.AsyncClient) -> None:
    await log_customers(source, 9)
    page = (await http.get(f"/v1/feeds/{SOURCE}")).json()
    assert (page["service"], page["shard"], page["items"], page["next"]) == ("here", None, [], 0)
    async with source.session() as session:
        assert page["heads"] == {str(shard): head for shard, head in (await heads(session)).items()}


async def test_at_the_head_there_is_nothing_yet(source: Database, http: httpx.AsyncClient) -> None:
    await log_customers(source, 9)
    for shard, head in (await http.get(f"/v1/feeds/{SOURCE}")).json()["heads"].items():
        page = (await http.get(f"/v1/feeds/{SOURCE}?shard={shard}&after={head}")).json()
        assert (page["items"], page["next"]) == ([], head)


async def test_a_position_beyond_the_head_is_refused(source: Database, http: httpx.AsyncClient) -> None:
    """Whoever has read further than the log reaches has read another log."""
    await log_customers(source, 9)
    for shard, head in (await http.get(f"/v1/feeds/{SOURCE}")).json()["heads"].items():
        for after in (head + 1, 2**63 - 1):
            answer = await http.get(f"/v1/feeds/{SOURCE}?shard={shard}&after={after}")
            told = answer.json()
            assert (answer.status_code, told["code"]) == (422, "feed-position-beyond-head")
            assert (told["shard"], told["after"], told["head"]) == (int(shard), after, head)


@pytest.mark.parametrize(
    "asked", ["shard=8", "shard=-1", "shard=x", "shard=0&after=-1", "shard=0&limit=1001", "shard=0&limit=0"]
)
async def test_a_page_that_cannot_be_is_refused(http: httpx.AsyncClient, asked: str) -> None:
    assert (await http.get(f"/v1/feeds/{SOURCE}?{asked}")).status_code == 422


async def test_a_service_that_is_not_here_has_no_feed(http: httpx.AsyncClient) -> None:
    answer = await http.get("/v1/feeds/tea?shard=0")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown-feed")


@dataclass
class Hearing:
    """A consumer, what was said to it, and the one who looks after its gaps."""

    source: Database
    target: Database
    batcher: Batcher
    healer: Healer
    said: list[Delivered]

    async def missing(self) -> int:
        """Return what an audit would: how many positions were not handled."""
        async with self.source.session() as session:
            head = sum((await heads(session)).values())
        async with self.target.session() as session:
            handled = await inbox.handled(session, "rules")
        return head - sum(handled.values())

    async def assert_healed(self) -> None:
        """Everything was applied once and nothing is missing."""
        assert await self.missing() == 0
        assert await effects_of(self.target) == {
            each.envelope.id: 1 for each in self.said if isinstance(each.envelope, Envelope)
        }


@pytest.fixture
async def feed(source: Database) -> AsyncIterator[str]:
    async with serving(application(source)) as url:
        yield url


async def hearing(source: Database, target: Database, url: str, *, count: int = 60) -> Hearing:
    batcher = Batcher(database=target, clock=CLOCK, subscriptions=subscribed())
    await log_customers(source, count)
    said = [replace(message, source=SOURCE) for message in await logged(source)]
    return Hearing(source, target, batcher, Healer(batcher, {SOURCE: url, "tea": "http://nowhere"}), said)


async def test_positions_missing_in_the_middle_and_at_the_end_are_read_from_the_feed(
    source: Database, target: Database, feed: str
) -> None:
    heard = await hearing(source, target, feed)
    lost = {heard.said[5].place, heard.said[6].place, heard.said[-1].place, heard.said[30].place}
    await heard.batcher.handle([message for message in heard.said if message.place not in lost])
    assert await heard.missing() == 4
    assert await heard.healer.look() == 0
    assert await heard.healer.look() >= 4
    await heard.assert_healed()
    assert await heard.healer.look() == 0


async def test_what_no_broker_ever_brought_is_read_from_the_feed_in_pages(
    source: Database, target: Database, feed: str
) -> None:
    heard = await hearing(source, target, feed, count=2000)
    await heard.healer.look()
    assert await heard.healer.look() == 2000
    await heard.assert_healed()


async def test_a_backlog_that_moves_is_left_alone(source: Database, target: Database, feed: str) -> None:
    heard = await hearing(source, target, feed, count=200)
    for position in (1, 2, 3):
        assert await heard.healer.look() == 0
        await heard.batcher.handle([message for message in heard.said if message.position == position])
    assert await heard.healer.look() == 0


async def test_gaps_are_healed_for_as_long_as_the_healer_runs(
    source: Database, target: Database, feed: str
) -> None:
    heard = await hearing(source, target, feed)
    running = asyncio.create_task(Healer(heard.batcher, {SOURCE: feed}, seconds=0.05).run())

    async def is_whole() -> bool:
        return await heard.missing() == 0

    await until(is_whole)
    await log_customers(source, 5)
    await until(is_whole)
    running.cancel()
    await asyncio.wait([running])
    assert set((await effects_of(target)).values()) == {1}
    assert len(await effects_of(target)) == 65


async def test_what_is_delivered_and_healed_at_the_same_time_is_applied_once(
    source: Database, target: Database, feed: str
) -> None:
    heard = await hearing(source, target, feed)
    await heard.healer.look()
    other = Batcher(database=target, clock=CLOCK, subscriptions=subscribed(), size=7)
    await asyncio.gather(heard.healer.look(), other.handle(heard.said), other.handle(heard.said[::-1]))
    await heard.assert_healed()


async def test_an_outage_of_the_feed_is_told_once_and_waited_out(source: Database, target: Database) -> None:
    async with serving(application(source)) as url:
        heard = await hearing(source, target, url)
        await heard.healer.look()
    with capture_logs() as lines:
        assert [await heard.healer.look() for _ in range(3)] == [0, 0, 0]
    assert [line["event"] for line in lines] == ["healing_paused"]
    listener = bind(int(url.rpartition(":")[2]))
    server = asyncio.create_task(serve(application(source), listener))
    with capture_logs() as lines:
        assert await heard.healer.look() == 60
    server.cancel()
    await asyncio.wait([server])
    assert "healing_resumed" in [line["event"] for line in lines]
    await heard.assert_healed()


async def test_an_answer_that_is_no_feed_heals_nothing_and_breaks_nothing(
    source: Database, target: Database
) -> None:
    strange = FastAPI()

    @strange.get(f"/v1/feeds/{SOURCE}")
    async def read_feed() -> dict[str, str]:
        return {"heads": "many"}

    async with serving(strange) as url:
        heard = await hearing(source, target, url)
        with capture_logs() as lines:
            assert await heard.healer.look() == 0
    assert [line["reason"] for line in lines] == [
        f"The feed of {SOURCE} cannot be read at the moment: it is no feed."
    ]


async def test_a_statement_that_fails_in_passing_is_waited_out(
    source: Database, target: Database, *, feed: str, postgres_url: str
) -> None:
    heard = await hearing(source, target, feed)
    name = target.engine.url.database
    await execute(postgres_url, f"alter database \"{name}\" set lock_timeout = '10ms'")
    await target.dispose()
    async with target.session() as held:
        await held.execute(text("lock table inbox_watermark"))
        with capture_logs() as lines:
            assert await heard.healer.look() == 0
    assert "healing_paused" in [line["event"] for line in lines]
    await heard.healer.look()
    assert await heard.healer.look() == 60
    await heard.assert_healed()
