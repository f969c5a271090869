"""Connections to the broker: those that publish, those that consume, and plain ones for a moment.

Publishing and consuming have connections of their own, because a broker short of memory or disk freezes those
that publish, with their acknowledgements.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aio_pika
from aio_pika.abc import AbstractConnection
from aiormq.exceptions import AMQPError, ChannelInvalidStateError
from faststream import AckPolicy, BaseMiddleware, PublishCommand
from faststream.rabbit import Channel, RabbitBroker
from typing_extensions import override

from services.shared.messaging.errors import BrokerAwayError, SharedConnectionError

START_SECONDS = 30.0
HEARTBEAT_SECONDS = 10
"""A peer that is silent for two of these is taken for gone."""

PAUSES_SECONDS = (0.5, 1.0, 2.0, 5.0)
"""Between tries while the broker or the database is away; the last is repeated."""

AWAY = (AMQPError, ChannelInvalidStateError, OSError, TimeoutError)
"""What the client raises when the broker is away, or will not go on now."""


class _ConsumesOnly(BaseMiddleware):
    @override
    async def publish_scope(self, call_next: Callable[[Any], Awaitable[Any]], cmd: PublishCommand) -> Any:
        raise SharedConnectionError(name=cmd.destination)


def consuming_broker(url: str, consumer: str, *, prefetch: int) -> RabbitBroker:
    """Return an unconnected broker that consumes on one channel and refuses to publish."""
    return _broker(url, consumer, Channel(prefetch_count=prefetch), middlewares=(_ConsumesOnly,))


def publishing_broker(url: str, service: str) -> RabbitBroker:
    """Return an unconnected broker that publishes with confirms; see `require_publishing_only`."""
    return _broker(url, service, Channel(publisher_confirms=True, on_return_raises=True))


def require_publishing_only(broker: RabbitBroker) -> None:
    """Refuse a broker that has subscribers: SharedConnectionError."""
    if broker.subscribers:
        raise SharedConnectionError(name=str(broker.config.app_id))


def away(error: BaseException) -> BrokerAwayError:
    """Return the error that says why the broker is away."""
    return BrokerAwayError(reason=str(error) or type(error).__name__)


@asynccontextmanager
async def plain_connection(url: str, *, seconds: float = START_SECONDS) -> AsyncIterator[AbstractConnection]:
    """Connect for a moment; all that is done within has to be done in time. Raises BrokerAwayError."""
    try:
        # A queue that has lost its leader answers nothing at all.
        async with asyncio.timeout(seconds), await aio_pika.connect(url) as connection:
            yield connection
    except AWAY as error:
        raise away(error) from error


async def pause(failures: int) -> None:
    """Wait after so many failures in a row."""
    seconds = PAUSES_SECONDS[min(failures, len(PAUSES_SECONDS) - 1)]
    await asyncio.sleep(seconds * random.uniform(0.8, 1.2))  # noqa: S311 -- jitter guards no secret


def _broker(
    url: str, name: str, channel: Channel, *, middlewares: tuple[type[_ConsumesOnly], ...] = ()
) -> RabbitBroker:
    return RabbitBroker(
        url,
        app_id=f"genjin-{name}",
        default_channel=channel,
        ack_policy=AckPolicy.MANUAL,
        reconnect_interval=1.0,
        client_properties={"heartbeat": HEARTBEAT_SECONDS},
        middlewares=middlewares,
        logger=None,
    )
