"""Messages through the rules service as a process, beside a bare loop that only consumes and publishes."""

import asyncio
import multiprocessing
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager

import aio_pika
from faststream import AckPolicy
from faststream.rabbit import Channel, QueueType, RabbitBroker, RabbitExchange, RabbitMessage, RabbitQueue
from faststream.rabbit import ExchangeType as FastStreamExchangeType
from pydantic_core import from_json
from sqlalchemy import text

from benchmarks.places import Bench, Place, running
from benchmarks.population import Population, populate
from benchmarks.table import Finding
from services.hosting.wiring import BUILDS, build_services
from services.shared.clock import FrozenClock
from services.shared.cloud_events import binary_mode
from services.shared.event_log import Stored
from services.shared.messaging import declare_topology, queue_of
from services.shared.settings import Settings

MESSAGES = 6_000
CUSTOMERS = 20_000
BARE_QUEUE = "bare"
BARE_SINK = "bare.sink"
PATIENCE_SECONDS = 600


async def measure(bench: Bench) -> list[Finding]:
    """Messages per second: one rules process and two, against the bare loop with the same messages."""
    async with bench.place("rules_process") as place:
        await declare_all(place)
        population = await populate(place, CUSTOMERS)
        quiet = await through_rules(population, replicas=1, first=1, stalled=False)
        raising = await through_rules(population, replicas=1, first=2, stalled=True)
        two = await through_rules(population, replicas=2, first=3, stalled=False)
        bare = await _through_bare_loop(place, population)
    goal = ">= 0.8"
    return [
        Finding("one rules process, nothing to say", quiet, "messages/s", bare, goal),
        Finding("one rules process, each raises a task", raising, "messages/s", bare, goal),
        Finding("two rules processes against one", two, "messages/s", quiet),
    ]


async def declare_all(place: Place) -> None:
    """Make the queues of all consumers, so that nothing that is said is unrouted."""
    settings = Settings.load({"encryption_keys": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="})
    clock = FrozenClock(place.clock.instant)
    services = build_services(place.databases, clock=clock, settings=settings, is_alone=True)
    assert services.keys() == BUILDS.keys()
    await declare_topology(place.amqp_url, [service.subscriptions for service in services.values()])


async def through_rules(
    population: Population, *, replicas: int, first: int, stalled: bool, count: int = MESSAGES
) -> float:
    """Messages per second that rules processes handle; the queue is full when they start."""
    place = population.place
    async with place.databases["rules"].session() as session:
        for table in ("inbox_watermark", "inbox_ahead"):
            await session.execute(text(f"truncate {table}"))
        await session.commit()
    await send(place, population.messages(count, stalled=stalled, first=first), to=queue_of("rules"))
    deployment = place.deployment(rules=replicas)
    with running(*deployment.replicas["rules"]):
        return await _rate(place, count)


async def send(place: Place, events: Iterable[Stored], *, to: str) -> None:
    """Put events into a queue as they are published."""
    async with _channel(place) as channel:
        underlay = await channel.get_underlay_channel()
        for batch in _batches(list(events), 500):
            await asyncio.gather(
                *(
                    underlay.basic_publish(each.body, routing_key=to, properties=each.properties)
                    for each in map(binary_mode, batch)
                )
            )


async def _rate(place: Place, count: int) -> float:
    """The slope between the first tenth and the end, without the start of the processes."""
    begun: tuple[float, int] | None = None
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        handled = await _handled(place)
        now = time.monotonic()
        if begun is None and handled >= count // 10:
            begun = now, handled
        if handled >= count and begun:
            return (count - begun[1]) / max(now - begun[0], 1e-9)
        await asyncio.sleep(0.02)
    message = f"only {await _handled(place)} of {count} messages were handled"
    raise TimeoutError(message)


async def _handled(place: Place) -> int:
    return await place.scalar(
        "rules",
        "select coalesce((select sum(position) from inbox_watermark), 0) + (select count(*) from inbox_ahead)",
    )


async def _through_bare_loop(place: Place, population: Population) -> float:
    """FastStream with the same payload: decode it, publish it on, acknowledge; in a process of its own."""
    async with _channel(place) as channel:
        for name in (BARE_QUEUE, BARE_SINK):
            await channel.declare_queue(name, durable=True, arguments={"x-queue-type": "quorum"})
        exchange = await channel.declare_exchange(BARE_SINK, "topic", durable=True)
        await (await channel.get_queue(BARE_SINK)).bind(exchange, "#")
    await send(place, population.messages(MESSAGES, stalled=False, first=9), to=BARE_QUEUE)
    done = multiprocessing.get_context("spawn").SimpleQueue()
    process = multiprocessing.get_context("spawn").Process(
        target=_bare_loop, args=(place.amqp_url, MESSAGES, done)
    )
    process.start()
    rate: float = await asyncio.to_thread(done.get)
    process.join()
    return rate


def _bare_loop(amqp_url: str, count: int, done: "multiprocessing.SimpleQueue[float]") -> None:
    done.put(asyncio.run(_consume_and_publish(amqp_url, count)))


async def _consume_and_publish(amqp_url: str, count: int) -> float:
    consumer = RabbitBroker(amqp_url, default_channel=Channel(), logger=None)
    publisher = RabbitBroker(amqp_url, default_channel=Channel(publisher_confirms=True), logger=None)
    exchange = RabbitExchange(BARE_SINK, type=FastStreamExchangeType.TOPIC, durable=True, declare=False)
    queue = RabbitQueue(BARE_QUEUE, queue_type=QueueType.QUORUM, durable=True, declare=False)
    times: list[float] = []
    finished = asyncio.Event()

    async def on_message(body: bytes, message: RabbitMessage) -> None:
        await publisher.publish(
            from_json(body),
            exchange=exchange,
            routing_key=message.raw_message.routing_key or "",
            headers=message.headers,
            persist=True,
        )
        await message.ack()
        times.append(time.monotonic())
        if len(times) == count:
            finished.set()

    consumer.subscriber(
        queue, channel=Channel(prefetch_count=200), ack_policy=AckPolicy.MANUAL, no_reply=True
    )(on_message)
    await publisher.connect()
    await consumer.start()
    await finished.wait()
    await consumer.stop()
    await publisher.stop()
    return (count - count // 10) / (times[-1] - times[count // 10])


def _batches(events: Sequence[Stored], size: int) -> Iterable[Sequence[Stored]]:
    return (events[start : start + size] for start in range(0, len(events), size))


@asynccontextmanager
async def _channel(place: Place) -> AsyncIterator[aio_pika.abc.AbstractChannel]:
    async with await aio_pika.connect(place.amqp_url) as connection:
        yield await connection.channel()
