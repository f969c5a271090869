"""Whatever dies, freezes or comes twice under load: everything is applied once and nothing is missing.

A4, A6, A7. What is right is what one undisturbed process makes of the same files.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

import aio_pika
import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from contracts.envelope import SHARDS
from services.audit import audit
from services.hosting.shipped import RULES
from services.loading import load, settled
from services.shared import event_log
from services.shared.cloud_events import to_amqp
from services.shared.database import Database
from services.shared.embedded_postgres import EmbeddedPostgres
from services.shared.errors import GenjinError
from services.shared.messaging import EVENTS
from services.shared.settings import SERVICES
from tests.acceptance import many_records
from tests.acceptance.deployment import Deployment
from tests.acceptance.seen import as_people_see_it, whole_result
from tests.acceptance.story import Place, Quiet, Stage, Story, distributed, embedded
from tests.plumbing import until
from tests.postgres import Template, execute, reachable_directory
from tests.rabbitmq import PrivateNode

PATIENCE_SECONDS = 120.0
"""How long nothing may move: longer than a load lives whose client has died."""


@pytest.fixture(scope="module")
def stage(migrated_template: Template, private_broker: PrivateNode) -> Stage:
    """Databases and the broker."""
    return Stage(migrated_template, private_broker)


@pytest.fixture(scope="module")
def undisturbed(stage: Stage) -> dict[str, Any]:
    """The result in one process that nothing disturbs."""
    return asyncio.run(_undisturbed(stage))


async def _undisturbed(stage: Stage) -> dict[str, Any]:
    async with stage.place(RULES, at=many_records.AS_OF) as place, embedded(place) as story:
        await load(story.client, many_records.requests(), Quiet())
        return await _seen(story)


@pytest.mark.parametrize("replicas", [2, 4])
async def test_replicas_share_the_same_customers_and_come_to_the_same_result(
    stage: Stage, undisturbed: Mapping[str, Any], replicas: int
) -> None:
    counts = {"rules": replicas, "followups": replicas}
    async with _deployed(stage, counts=counts) as story:
        await load(story.client, many_records.requests(), Quiet())
        assert await _seen(story) == undisturbed
        assert await _said_once(story)
        for replica in _processes(story).all:
            assert "message_handled" in replica.said.read_text("utf-8")


async def test_every_process_is_killed_under_load(stage: Stage, undisturbed: Mapping[str, Any]) -> None:
    """One after the other, and one of them freezes until the others have gone on without it."""
    async with _deployed(stage, counts={"rules": 2}) as story:
        loading = asyncio.create_task(_load_whatever_happens(story))
        for replica in _processes(story).all:
            await _after_some_progress(story)
            await asyncio.to_thread(replica.kill)
            replica.start()
        sleeper = _processes(story).replicas["rules"][1]
        await asyncio.to_thread(sleeper.wait_until_it_answers)
        sleeper.freeze()
        await _after_some_progress(story)
        sleeper.thaw()
        await loading
        assert await _seen(story) == undisturbed
        assert await _said_once(story)


async def test_the_broker_and_the_database_die_under_load(
    private_rabbitmq: PrivateNode, undisturbed: Mapping[str, Any]
) -> None:
    """The services wait for both to come back and burn no attempt meanwhile."""
    with reachable_directory() as directory:
        (directory / "server").mkdir()
        server = EmbeddedPostgres(directory / "server")
        url = await server.start()
        await execute(url, "create database faults")
        database_url = make_url(url).set(database="faults").render_as_string(hide_password=False)
        place = Place.make(directory, database_url=database_url, rules=RULES, at=many_records.AS_OF)
        try:
            async with distributed(place, private_rabbitmq) as story:
                loading = asyncio.create_task(_load_whatever_happens(story))
                await _after_some_progress(story)
                await asyncio.to_thread(private_rabbitmq.restart)
                await _after_some_progress(story)
                await server.stop()
                await server.start()
                await loading
                assert await _seen(story) == undisturbed
                assert await _said_once(story)
        finally:
            await server.stop()


async def test_doubled_reordered_and_poisonous_messages_change_nothing(
    stage: Stage, undisturbed: Mapping[str, Any]
) -> None:
    async with _deployed(stage) as story:
        await load(story.client, many_records.requests(), Quiet())
        messages = await _all_said(story)
        random.Random(1).shuffle(messages)
        poison = [
            ("s00.opportunities.poison.v1", aio_pika.Message(body, content_type="application/json"))
            for body in (b"\xff no JSON", b"[" * 100_000, b'{"a": "\\u0000"}')
        ]
        await _publish(story, [*messages, *poison, *messages])
        await until(lambda: _are_buried(story, len(poison)))
        assert await _seen(story) == undisturbed
        assert await _said_once(story)


@asynccontextmanager
async def _deployed(stage: Stage, *, counts: Mapping[str, int] | None = None) -> AsyncIterator[Story]:
    assert stage.broker
    async with (
        stage.place(RULES, at=many_records.AS_OF) as place,
        distributed(place, stage.broker, counts=counts) as story,
    ):
        yield story


def _processes(story: Story) -> Deployment:
    assert story.deployment
    return story.deployment


async def _load_whatever_happens(story: Story) -> None:
    """Load, and load again when that failed, as people do."""
    async with asyncio.timeout(3 * PATIENCE_SECONDS):
        while True:
            with suppress(GenjinError):
                await load(story.client, many_records.requests(), Quiet())
                return


async def _after_some_progress(story: Story) -> None:
    """Return when the rules have said more than they had."""
    before = await _count(story, "select count(*) from customers.event_log")

    async def has_grown() -> bool:
        grown = await _count(story, "select count(*) from customers.event_log")
        done = await _count(story, "select count(*) from followups.follow_ups") >= many_records.CUSTOMERS
        return grown > before or done

    await until(has_grown, seconds=PATIENCE_SECONDS)


async def _seen(story: Story) -> dict[str, Any]:
    """The result as people see it, when all is settled; nothing may be missing or dead."""
    await settled(story.client, Quiet(), patience=PATIENCE_SECONDS)
    audited = await audit(story.client)
    assert (audited.missing, audited.dead) == (0, 0)
    return as_people_see_it(await whole_result(story.client))


async def _said_once(story: Story) -> bool:
    """Whether no version of any record was said twice."""
    twice = (
        "select count(*) - count(distinct (envelope::json->>'record', envelope::json->>'sequence')) from {}"
    )
    return not sum([await _count(story, twice.format(f"{name}.event_log")) for name in SERVICES])


async def _are_buried(story: Story, count: int) -> bool:
    return await _count(story, "select count(*) from rules.dead_letters") == count


async def _count(story: Story, statement: str) -> int:
    engine = create_async_engine(story.database_url, poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            return int(await connection.scalar(text(statement)) or 0)
    except (OSError, SQLAlchemyError):
        return 0  # the database is on its way back
    finally:
        await engine.dispose()


async def _all_said(story: Story) -> list[tuple[str, aio_pika.Message]]:
    """Every event of every service as it was published, with its routing key."""
    said = []
    for name in SERVICES:
        database = Database.connect(story.database_url, schema=name)
        async with database.session() as session:
            for event in await event_log.read_shards(session, dict.fromkeys(range(SHARDS), 0), limit=10**6):
                headers, body = to_amqp(event)
                message = aio_pika.Message(body, headers=headers, content_type="application/json")
                said.append((event.envelope.routing_key, message))
        await database.dispose()
    return said


async def _publish(story: Story, messages: Iterable[tuple[str, aio_pika.Message]]) -> None:
    async with await aio_pika.connect(_processes(story).settings["GENJIN_AMQP_URL"]) as connection:
        exchange = await (await connection.channel()).get_exchange(EVENTS)
        for routing_key, message in messages:
            await exchange.publish(message, routing_key=routing_key)
