"""`genjin topology` makes what the services need on the broker, and tells what is not as it has to be."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aio_pika
from aio_pika.abc import AbstractChannel

from tests.acceptance.process import genjin, result_of
from tests.rabbitmq import PrivateNode


@asynccontextmanager
async def channel_to(url: str) -> AsyncIterator[AbstractChannel]:
    async with await aio_pika.connect(url) as connection:
        yield await connection.channel()


async def test_the_topology_is_declared_checked_and_refused_when_it_is_otherwise(
    private_rabbitmq: PrivateNode,
) -> None:
    url = private_rabbitmq.url
    declared = result_of("topology", GENJIN_AMQP_URL=url)
    names = {queue["name"] for queue in declared["queues"]}
    assert names >= {f"genjin.{name}" for name in ("customers", "followups", "opportunities", "rules", "log")}
    assert genjin("topology", "--check", GENJIN_AMQP_URL=url).returncode == 0
    async with channel_to(url) as channel:
        await channel.queue_delete("genjin.rules")
        await channel.declare_queue("genjin.rules", durable=True, arguments={"x-queue-type": "quorum"})
    try:
        for options in ((), ("--check",)):
            refused = genjin("topology", *options, GENJIN_AMQP_URL=url, GENJIN_LOCALE="en")
            assert refused.returncode == 1
            assert "genjin.rules" in refused.stderr
    finally:
        async with channel_to(url) as channel:
            await channel.queue_delete("genjin.rules")
    missing = genjin("topology", "--check", GENJIN_AMQP_URL=url)
    assert missing.returncode == 1
    assert "消息代理上没有 genjin.rules" in missing.stderr.replace("\n", "")


def test_without_a_broker_the_topology_says_which_setting_or_that_it_is_away() -> None:
    unset = genjin("topology")
    assert (unset.returncode, "GENJIN_AMQP_URL" in unset.stderr) == (2, True)
    assert genjin("topology", GENJIN_AMQP_URL="amqp://guest:guest@127.0.0.1:1/").returncode == 3
