"""What tests of the shared plumbing have in common: fresh databases, events to send, effects to count."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable
from datetime import UTC, datetime
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, Column, Identity, Table, Uuid, func, insert, select, text

from contracts.customers import CustomerCreated
from contracts.envelope import Envelope
from contracts.events import EventData
from services.shared.batching import Batcher
from services.shared.clock import FrozenClock
from services.shared.database import Database, service_metadata
from services.shared.delivery import Delivered, Handler, Subscriptions
from services.shared.event_log import read_shards
from services.shared.inbox import Position
from services.shared.retrying import Retrier, events_for
from services.shared.unit_of_work import UnitOfWork, unit_of_work

NOW = datetime(2024, 5, 20, 1, 0, tzinfo=UTC)
CLOCK = FrozenClock(NOW)
SHARD_RANGE = range(8)

effect_metadata = service_metadata()
effects = Table(
    "effects",
    effect_metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("event_id", Uuid, nullable=False),
)


async def add_effects(database: Database) -> Database:
    """Add the table in which `note_effect` leaves its rows."""
    async with database.engine.begin() as connection:
        await connection.run_sync(effect_metadata.create_all)
    return database


def customer_created(customer_id: UUID | None = None, *, version: int = 1) -> CustomerCreated:
    """Return the data of an event about a customer."""
    customer_id = customer_id or uuid4()
    return CustomerCreated(
        customer_id=customer_id,
        customer_number=f"CUS{version:012d}",
        name="华信科技有限公司",
        natural_key="华信科技有限公司",
        version=version,
    )


def say(unit: UnitOfWork, data: CustomerCreated) -> Envelope:
    """Emit an event about a customer."""
    key = data.customer_id
    return unit.emit(data, record_id=key, sequence=data.version, subject=key, customer_id=key)


async def log_customers(database: Database, count: int) -> list[Delivered]:
    """Say that so many customers were created, and return what a consumer will be handed."""
    async with unit_of_work(database, now=NOW) as unit:
        for _ in range(count):
            say(unit, customer_created())
    return await logged(database)


async def logged(database: Database) -> list[Delivered]:
    """Return the whole log of a service as it will be delivered."""
    async with database.session() as session:
        events = await read_shards(session, dict.fromkeys(SHARD_RANGE, 0), limit=100_000)
    return [Delivered(event.source, event.shard, event.position, event.envelope) for event in events]


async def note_effect(_data: EventData, envelope: Envelope, unit: UnitOfWork) -> Iterable[Hashable]:
    """Leave a row for each time a message is applied."""
    await unit.session.execute(insert(effects).values(event_id=envelope.id))
    return [envelope.subject]


async def effects_of(database: Database) -> dict[UUID, int]:
    """Return how often each message was applied."""
    async with database.session() as session:
        rows = await session.execute(select(effects.c.event_id, func.count()).group_by(effects.c.event_id))
        return dict(iter(rows))


def subscribed(handler: Handler = note_effect, *, consumer: str = "rules") -> Subscriptions:
    """Return a consumer that hears of new customers."""
    return Subscriptions(consumer=consumer, handlers={CustomerCreated: handler})


def places(messages: Iterable[Delivered]) -> set[Position]:
    """Return where messages stand in the log."""
    return {message.place for message in messages}


async def somebody_waits(database: Database, *, for_a: str) -> bool:
    """Whether somebody waits in this database for a lock: `transactionid` or `advisory`."""
    waiting = """
    select count(*) from pg_stat_activity
     where datname = current_database() and wait_event_type = 'Lock' and wait_event = :for_a
    """
    async with database.session() as session:
        return bool(await session.scalar(text(waiting), {"for_a": for_a}))


async def until(condition: Callable[[], Awaitable[bool]], *, seconds: float = 30) -> None:
    """Return when the condition holds; TimeoutError when it does not in time."""
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110 -- it becomes true in a database, which tells nobody
            await asyncio.sleep(0.01)


def retrier_of(batcher: Batcher) -> Retrier:
    """What tries the dead letters of a batcher's consumer again."""
    return Retrier(
        batcher.database,
        consumer=batcher.subscriptions.consumer,
        apply_letter=events_for(batcher.subscriptions),
        clock=CLOCK,
    )
