"""The parts of the path without anything of ours: two hops through the broker and two commits of one row."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import aio_pika
import asyncpg
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage
from sqlalchemy import make_url

from benchmarks.pacing import paced
from benchmarks.places import Place

_FIRST, _SECOND = "bare.first", "bare.second"
_BODY = b"x" * 600
_PREFETCH = 200


async def bare_seconds(place: Place, rate: float, count: int) -> list[float]:
    """Seconds of each message: publish, delivery, commit, publish, delivery, commit; in this process."""
    begun: dict[str, float] = {}
    ended: dict[str, float] = {}
    finished = asyncio.Event()
    pool = await asyncpg.create_pool(_plain(place.database_url), min_size=5, max_size=5)
    await pool.execute("create table bare_rows (id bigserial primary key, body bytea)")

    async def commit() -> None:
        await pool.execute("insert into bare_rows (body) values ($1)", _BODY)

    async with place.queues(_FIRST, _SECOND) as publishing, place.channel() as consuming:
        await consuming.set_qos(prefetch_count=_PREFETCH)

        async def on_first(message: AbstractIncomingMessage) -> None:
            await commit()
            await _publish(publishing, _SECOND, str(message.message_id))
            await message.ack()

        async def on_second(message: AbstractIncomingMessage) -> None:
            await commit()
            ended[str(message.message_id)] = time.monotonic()
            await message.ack()
            if len(ended) == count:
                finished.set()

        async def change(number: int) -> None:
            begun[str(number)] = time.monotonic()
            await _publish(publishing, _FIRST, str(number))

        await _consume(consuming, {_FIRST: on_first, _SECOND: on_second})
        await paced(count, rate, change)
        await finished.wait()
    await pool.close()
    return [ended[key] - instant for key, instant in begun.items()]


async def _consume(
    channel: AbstractChannel, callbacks: dict[str, Callable[[AbstractIncomingMessage], Awaitable[None]]]
) -> None:
    for name, callback in callbacks.items():
        await (await channel.get_queue(name)).consume(callback)


async def _publish(channel: AbstractChannel, queue: str, message_id: str) -> None:
    message = aio_pika.Message(_BODY, message_id=message_id, delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
    await channel.default_exchange.publish(message, routing_key=queue)


def _plain(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
