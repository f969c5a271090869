"""The bare loop: FastStream consumes, decodes, publishes on with confirm, acknowledges; no database."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from faststream import AckPolicy
from faststream.rabbit import Channel, QueueType, RabbitBroker, RabbitMessage, RabbitQueue
from pydantic_core import from_json

from benchmarks.places import Place

PREFETCH = 200
_QUEUE, _SINK = "bare", "bare.sink"


async def through_bare_loop(place: Place, count: int, fill: Callable[[str], Awaitable[None]]) -> float:
    """Messages per second that the loop handles in a process of its own; `fill` fills its queue first."""
    async with place.queues(_QUEUE, _SINK):
        await fill(_QUEUE)
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(pool, _bare_loop, place.amqp_url, count)


def _bare_loop(amqp_url: str, count: int) -> float:
    return asyncio.run(_consume_and_publish(amqp_url, count))


async def _consume_and_publish(amqp_url: str, count: int) -> float:
    consumer = RabbitBroker(amqp_url, logger=None)
    publisher = RabbitBroker(amqp_url, default_channel=Channel(publisher_confirms=True), logger=None)
    times: list[float] = []
    finished = asyncio.Event()

    async def on_message(body: bytes, message: RabbitMessage) -> None:
        await publisher.publish(from_json(body), queue=_SINK, headers=message.headers, persist=True)
        await message.ack()
        times.append(time.monotonic())
        if len(times) == count:
            finished.set()

    consumer.subscriber(
        RabbitQueue(_QUEUE, queue_type=QueueType.QUORUM, durable=True, declare=False),
        channel=Channel(prefetch_count=PREFETCH),
        ack_policy=AckPolicy.MANUAL,
        no_reply=True,
        decoder=_undecoded,
    )(on_message)
    await publisher.connect()
    await consumer.start()
    await finished.wait()
    await consumer.stop()
    await publisher.stop()
    skipped = count // 10
    return (count - skipped) / (times[-1] - times[skipped - 1])


async def _undecoded(message: RabbitMessage) -> bytes:
    return message.body
