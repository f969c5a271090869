"""A cursor publishing a log, beside bare confirmed publishing and beside faststream-outbox."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import cast

import aio_pika
import aiormq

from benchmarks.outbox import through_outbox
from benchmarks.places import Bench, Place
from benchmarks.population import populate
from benchmarks.table import Finding
from contracts.envelope import Envelope
from services.shared import event_log
from services.shared.cloud_events import Binary, binary_mode
from services.shared.cursors import BATCH, BrokerCursor
from services.shared.event_log import Stored
from services.shared.messaging import EVENTS, Publisher

EVENTS_COUNT = 8_000
ROUNDS = 2

Send = Callable[[Binary], Awaitable[object]]


async def measure(bench: Bench) -> list[Finding]:
    """Events per second of each, with the same messages to the same exchange; the best of some rounds."""
    count = bench.sized(EVENTS_COUNT)
    async with bench.place("publishing") as place:
        await _fill_log(place, count)
        events = await _log(place)
        cursor, bare, lean = 0.0, 0.0, 0.0
        for _ in range(ROUNDS):
            bare = max(bare, await _bare(place, events, through_exchange=True))
            cursor = max(cursor, await _through_cursor(place, count))
            lean = max(lean, await _bare(place, events, through_exchange=False))
        outbox = await through_outbox(place, [binary_mode(event).body for event in events])
    return [
        Finding("cursor and publisher, against bare aio-pika", cursor, "events/s", bare, ">= 0.9"),
        Finding("... against bare aiormq, without exchange objects", cursor, "events/s", lean),
        Finding("... against faststream-outbox", cursor, "events/s", outbox, ">= 1"),
    ]


async def _fill_log(place: Place, count: int) -> None:
    population = await populate(place, count)
    bodies = [event.body for event in population.messages(count, stalled=True)]
    async with place.databases["opportunities"].session() as session:
        for start in range(0, count, 500):
            batch = [Envelope.model_validate_json(body) for body in bodies[start : start + 500]]
            await event_log.append(session, batch)
        await session.commit()
    await place.execute("opportunities", "analyze")


async def _log(place: Place) -> list[Stored]:
    columns = "shard, position, event_id, type, slot, envelope"
    rows = await place.rows("opportunities", f"select {columns} from event_log order by shard, position")
    return [Stored(*row) for row in rows]


async def _through_cursor(place: Place, count: int) -> float:
    """With the database: the log read in batches, the position noted after each."""
    await place.execute("opportunities", "delete from delivery_cursor")
    publisher = Publisher(place.amqp_url, service="opportunities")
    await publisher.start()
    cursor = BrokerCursor(place.databases["opportunities"], publisher.publish)
    started = time.monotonic()
    published = await cursor.drain()
    seconds = time.monotonic() - started
    await publisher.close()
    if published != count:
        message = f"{published} events were published, not {count}"
        raise RuntimeError(message)
    return count / seconds


async def _bare(place: Place, events: Sequence[Stored], *, through_exchange: bool) -> float:
    """Without a database: the same bytes, as many on their way at once, made ready before."""
    messages = [binary_mode(event) for event in events]
    async with await aio_pika.connect(place.amqp_url) as connection:
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        send = await (_by_exchange(channel) if through_exchange else _by_channel(channel))
        started = time.monotonic()
        for start in range(0, len(messages), BATCH):
            await asyncio.gather(*map(send, messages[start : start + BATCH]))
        return len(messages) / (time.monotonic() - started)


async def _by_exchange(channel: aio_pika.abc.AbstractChannel) -> Send:
    exchange = await channel.get_exchange(EVENTS, ensure=False)

    async def send(message: Binary) -> object:
        given = message.properties
        return await exchange.publish(
            aio_pika.Message(
                message.body,
                headers=dict(given.headers or {}),
                content_type=given.content_type,
                delivery_mode=given.delivery_mode,
                message_id=given.message_id,
                type=given.message_type,
            ),
            routing_key=message.routing_key,
        )

    return send


async def _by_channel(channel: aio_pika.abc.AbstractChannel) -> Send:
    underlay = cast("aiormq.Channel", await channel.get_underlay_channel())

    async def send(message: Binary) -> object:
        return await underlay.basic_publish(
            message.body,
            exchange=EVENTS,
            routing_key=message.routing_key,
            properties=message.properties,
            mandatory=True,
            wait=False,
        )

    return send
