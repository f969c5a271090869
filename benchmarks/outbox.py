"""faststream-outbox relaying rows to RabbitMQ, set for throughput."""

import asyncio
import time
from collections.abc import Sequence

from faststream.rabbit import Channel, ExchangeType, RabbitBroker, RabbitExchange
from faststream_outbox import OutboxBroker, make_outbox_table
from pydantic_core import from_json
from sqlalchemy import MetaData, func, select
from sqlalchemy.ext.asyncio import create_async_engine

from benchmarks.places import Place
from services.shared.messaging import EVENTS

QUEUE = "events"
ROUTING_KEY = "s0.opportunities.opportunity_updated.v1"
WORKERS = 20
"""It wants a connection for each."""

BATCH = 200


async def through_outbox(place: Place, bodies: Sequence[bytes]) -> float:
    """Rows per second that it relays, from the first to the last that is confirmed and deleted."""
    database = place.databases["opportunities"]
    metadata = MetaData()
    table = make_outbox_table(metadata, table_name="bare_outbox")
    engine = create_async_engine(database.engine.url, pool_size=WORKERS + 2)
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    outbox = OutboxBroker(engine, outbox_table=table, logger=None)
    async with database.session() as session:
        await outbox.publish_batch(*map(from_json, bodies), queue=QUEUE, session=session)
        await session.commit()
    rabbit = RabbitBroker(place.amqp_url, default_channel=Channel(publisher_confirms=True), logger=None)
    first: list[float] = []

    async def relay(body: dict[str, object]) -> None:
        first.append(time.monotonic())
        await rabbit.publish(
            body,
            exchange=RabbitExchange(EVENTS, type=ExchangeType.TOPIC, durable=True, declare=False),
            routing_key=ROUTING_KEY,
            persist=True,
        )

    outbox.subscriber(
        QUEUE,
        max_workers=WORKERS,
        fetch_batch_size=BATCH,
        min_fetch_interval=0.01,
        terminal_flush_batch_size=BATCH,
    )(relay)
    await rabbit.connect()
    await outbox.start()
    try:
        async with database.session() as session:
            while await session.scalar(select(func.count()).select_from(table)):
                await session.commit()
                await asyncio.sleep(0.05)
        return len(bodies) / (time.monotonic() - first[0])
    finally:
        await outbox.stop()
        await rabbit.stop()
        await engine.dispose()
