"""With a broker: the same result, and the rules service as a process of its own."""

import asyncio
import secrets
from collections.abc import Iterator
from pathlib import Path

import aio_pika
import httpx
import pytest
from sqlalchemy import make_url

from services.shared.messaging import queue_of
from tests.acceptance.genjin import Genjin
from tests.conftest import Broker
from tests.postgres import execute
from tests.rabbitmq import PrivateNode


@pytest.fixture
def database_url(postgres_url: str) -> Iterator[str]:
    """A database of its own for commands, as a superuser's URL; dropped afterwards."""
    name = f"genjin_broker_{secrets.token_hex(6)}"
    asyncio.run(execute(postgres_url, f'create database "{name}"'))
    yield make_url(postgres_url).set(database=name).render_as_string(hide_password=False)
    asyncio.run(execute(postgres_url, f'drop database if exists "{name}" with (force)'))


@pytest.fixture
def amqp_url(rabbitmq: Broker | PrivateNode) -> Iterator[str]:
    """A broker on which nothing waits for the rules service, neither before nor after."""
    asyncio.run(_forget_the_queue(rabbitmq.url))
    yield rabbitmq.url
    asyncio.run(_forget_the_queue(rabbitmq.url))


def test_with_a_broker_the_result_is_the_same(amqp_url: str, database_url: str, tmp_path: Path) -> None:
    """A9: the rules service hears through its queue, by the same handlers, inbox and batcher."""
    settings = {"GENJIN_DATABASE_URL": database_url}
    with_broker = Genjin(tmp_path / "a", {**settings, "GENJIN_AMQP_URL": amqp_url})
    result = with_broker.json("up", "--sample", "--once")
    audit = with_broker.json("audit")

    # On the same database, so that ids are the same: the cursors find nothing left to deliver.
    without = Genjin(tmp_path / "a", settings).json("up", "--sample", "--once")

    assert result["tasks"]
    assert audit["missing"] == audit["dead"] == 0
    assert without == result


def test_the_rules_service_runs_by_itself(amqp_url: str, database_url: str, tmp_path: Path) -> None:
    settings = {"GENJIN_DATABASE_URL": database_url, "GENJIN_AMQP_URL": amqp_url}
    with Genjin(tmp_path, settings).serve("rules") as served:
        assert served.get("/readyz")["status"] == "ok"
        assert served.get("/v1/rulesets/active")["version"] == 1
        assert served.stop() == 0

    assert "Traceback" not in served.errors
    with pytest.raises(httpx.ConnectError):
        served.get("/healthz")


async def _forget_the_queue(url: str) -> None:
    # What waits there is of another database, whose logs have the same positions.
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        await channel.queue_delete(queue_of("rules"))
