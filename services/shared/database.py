"""The database of one service: its engine and sessions, and the tables that every service has."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Uuid,
    func,
    make_url,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from services.shared.errors import TransientError

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

# Classes of SQLSTATE after which the same work may succeed: connection, transaction rollback (deadlock,
# serialization), resources, operator intervention, system error; then two single ones of mixed classes.
_TRANSIENT_CLASSES = frozenset({"08", "40", "53", "57", "58"})
_TRANSIENT_STATES = frozenset({"55P03", "25P03"})


def service_metadata() -> MetaData:
    """Return an empty collection of tables, whose constraints get predictable names."""
    return MetaData(naming_convention=NAMING_CONVENTION)


shared_metadata = service_metadata()
"""The tables every service has; each lives in the service's own schema."""

log_head = Table(
    "log_head",
    shared_metadata,
    Column("shard", SmallInteger, primary_key=True, autoincrement=False),
    Column("next_pos", BigInteger, nullable=False),
    comment="The next position of each shard of the event log; locked from the append to the commit.",
)

event_log = Table(
    "event_log",
    shared_metadata,
    Column("shard", SmallInteger, primary_key=True, autoincrement=False),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("event_id", Uuid, nullable=False),
    Column("type", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("customer_id", Uuid),
    Column("slot", SmallInteger, nullable=False),
    Column("envelope", Text, nullable=False, comment="The whole message, as JSON."),
    Column("logged_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    comment="Every event this service has said, append-only, with contiguous positions per shard.",
)

inbox_watermark = Table(
    "inbox_watermark",
    shared_metadata,
    Column("consumer", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("shard", SmallInteger, primary_key=True, autoincrement=False),
    Column("position", BigInteger, nullable=False),
    comment="Every position up to and including this one has been handled.",
)

inbox_ahead = Table(
    "inbox_ahead",
    shared_metadata,
    Column("consumer", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("shard", SmallInteger, primary_key=True, autoincrement=False),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    comment="Positions handled above the watermark, kept until those below them have arrived.",
)

dead_letters = Table(
    "dead_letters",
    shared_metadata,
    Column("id", Uuid, primary_key=True),
    Column("consumer", Text, nullable=False),
    Column("source", Text, comment="Null, as shard and position, for a message that names none."),
    Column("shard", SmallInteger),
    Column("position", BigInteger),
    Column("event_id", Uuid),
    Column("type", Text),
    Column("reason", Text, nullable=False),
    Column("error_class", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_try_at", DateTime(timezone=True), comment="Database time; null: only by an operator."),
    Column("body", LargeBinary, nullable=False),
    Column("headers", JSONB, comment="As they came with the message, where they are kept."),
    Column("fingerprint", Text, nullable=False, server_default="", comment="The same for the same cause."),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("failed_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("discarded_at", DateTime(timezone=True), comment="When an operator gave it up."),
    Column("discarded_because", Text),
    Index(None, "next_try_at"),
    comment="Messages that could not be handled, for an operator to read and replay.",
)

idempotency_keys = Table(
    "idempotency_keys",
    shared_metadata,
    Column("route", Text, primary_key=True),
    Column("key", Text, primary_key=True, comment="The Idempotency-Key of a request."),
    Column("fingerprint", Text, nullable=False, comment="Of the request; another one may not use the key."),
    Column("status", SmallInteger, nullable=False),
    Column("headers", JSONB, nullable=False),
    Column("body", Text),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now(), index=True),
    comment="Answers to requests that may come again, written in the transaction of their effects.",
)

delivery_cursor = Table(
    "delivery_cursor",
    shared_metadata,
    Column("destination", Text, primary_key=True),
    Column("shard", SmallInteger, primary_key=True, autoincrement=False),
    Column("position", BigInteger, nullable=False),
    comment="Every position up to and including this one has reached the destination.",
)


_VALUE_STATES = {"22000", "22008", "22021", "22P05"}
"""Not encodable, a date out of range, a character that PostgreSQL has not, one that JSON has not."""


class DatabaseAwayError(TransientError):
    """The database of {service} cannot be used at the moment: {reason}."""

    slug = "database-away"
    zh = "{service} 的数据库暂时不可用:{reason}。"
    service: str
    reason: str


class Signal:
    """Tells those who wait in this process that something happened, as often as it does."""

    def __init__(self) -> None:
        self.count = 0
        self._event = asyncio.Event()

    def set(self) -> None:
        """Wake everyone who waits."""
        self.count += 1
        self._event.set()
        self._event = asyncio.Event()

    async def wait_beyond(self, count: int, *, seconds: float) -> None:
        """Return when the signal was set after it had been set `count` times, or after so many seconds."""
        if self.count > count:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._event.wait()


class Database:
    """One service's schema: where it is, and the signal that its event log has grown."""

    def __init__(self, name: str, engine: AsyncEngine) -> None:
        self.name = name
        self.engine = engine
        self.sessions = async_sessionmaker(engine, expire_on_commit=False)
        self.appended = Signal()

    @classmethod
    def connect(cls, url: str, *, schema: str) -> "Database":
        """Return the database of the service that owns `schema`; connections are made when needed."""
        engine = create_async_engine(
            make_url(url).set(drivername="postgresql+asyncpg"),
            pool_size=5,
            max_overflow=10,
            hide_parameters=True,  # what rows hold belongs neither in logs nor in dead letters
            pool_pre_ping=True,  # after a restart of the server the first request works too
            connect_args={
                "server_settings": {
                    "search_path": schema,
                    "application_name": f"genjin-{schema}",
                    "timezone": "UTC",
                    "jit": "off",  # it costs more than these short statements
                    "idle_in_transaction_session_timeout": "60s",  # a frozen process must not hold the log
                }
            },
        )
        return cls(schema, engine)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        """Open a connected session, rolled back at the end unless committed; DatabaseAwayError if away."""
        async with self.sessions() as session:
            await self._reach(session)
            yield session

    async def dispose(self) -> None:
        """Close the connections."""
        await self.engine.dispose()

    async def _reach(self, session: AsyncSession) -> None:
        # Whatever keeps us from connecting, a wrong password too, is no fault of the message in hand.
        try:
            _ = await session.connection()
        except (OSError, SQLAlchemyError) as error:
            raise DatabaseAwayError(service=self.name, reason=_first_line(error)) from error


def is_transient(error: BaseException) -> bool:
    """Whether the same work may succeed when tried again later, without any change to it."""
    if isinstance(error, DBAPIError):
        state = str(getattr(error.orig, "sqlstate", None) or "")
        return error.connection_invalidated or state[:2] in _TRANSIENT_CLASSES or state in _TRANSIENT_STATES
    return isinstance(error, (TransientError, ConnectionError, PoolTimeoutError))


def is_about_values(error: DBAPIError) -> bool:
    """Whether a value was refused, before or by the server: a character or a date that it cannot hold."""
    return getattr(error.orig, "sqlstate", None) in _VALUE_STATES


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
