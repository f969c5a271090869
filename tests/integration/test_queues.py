"""How full queues are, the broker says itself; what is not known is not told."""

import aio_pika
import pytest
from prometheus_client import Metric

from services.shared.watching.queues import queue_measure
from tests.conftest import Broker
from tests.rabbitmq import PrivateNode


def told(metrics: list[Metric], name: str) -> dict[str, float]:
    [family] = [metric for metric in metrics if metric.name == name]
    return {sample.labels.get("queue", ""): sample.value for sample in family.samples}


async def test_messages_that_wait_are_counted_and_queues_that_are_not_there_left_out(
    rabbitmq: Broker | PrivateNode,
) -> None:
    name = "genjin.test_queues"
    async with await aio_pika.connect(rabbitmq.url) as connection:
        channel = await connection.channel()
        await channel.declare_queue(name, auto_delete=True)
        for _ in range(2):
            await channel.default_exchange.publish(aio_pika.Message(b"x"), routing_key=name)
        metrics = list(await queue_measure(rabbitmq.url, ["genjin.nowhere", name])())
        nothing = list(await queue_measure(rabbitmq.url, ["genjin.nowhere"])())
        await channel.queue_delete(name)
    assert told(metrics, "genjin_queue_messages") == {name: 2}
    assert told(metrics, "genjin_queue_consumers") == {name: 0}
    assert told(metrics, "genjin_broker_up") == {"": 1}
    assert told(nothing, "genjin_broker_up") == {"": 1}


@pytest.mark.parametrize("queues", [[], ["genjin.rules"]])
async def test_a_broker_that_is_away_is_told_as_away(queues: list[str]) -> None:
    metrics = list(await queue_measure("amqp://nobody@127.0.0.1:9/", queues)())
    assert told(metrics, "genjin_queue_messages") == {}
    assert told(metrics, "genjin_broker_up") == {"": 0}
