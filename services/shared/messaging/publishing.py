"""Publishing the log of a service, with confirms."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from typing import cast

import aiormq
from aio_pika.abc import AbstractChannel
from faststream.rabbit import ExchangeType, RabbitExchange

from services.shared.cloud_events import binary_mode
from services.shared.errors import RefusedError
from services.shared.event_log import Stored
from services.shared.messaging.connections import AWAY, away, publishing_broker, require_publishing_only
from services.shared.messaging.names import EVENTS
from services.shared.messaging.preflight import preflight, require_alternate_exchange
from services.shared.messaging.topology import ConsumerTopology, Hearing

CONFIRM_SECONDS = 10.0


class Publisher:
    """Publishes events with confirms; connects when first used, and anew when its channel was closed.

    The queues of `consumers` are declared before anything is published, so that a consumer that starts later
    has missed nothing; without `declare`, all that is published to must be there. Each connecting makes sure
    of that; what is refused then, after it was right once, is waited for like an outage.
    """

    def __init__(
        self,
        url: str,
        *,
        service: str,
        declare: bool = True,
        consumers: Iterable[Hearing | ConsumerTopology] = (),
    ) -> None:
        self._url = url
        self._declare = declare
        self._consumers = tuple(consumers)
        self._service = service
        self._broker = publishing_broker(url, service)
        self._connecting = asyncio.Lock()
        self._channel: AbstractChannel | None = None

    async def publish(self, event: Stored) -> None:
        """Publish an event and return when the broker has it on disk.

        BrokerAwayError: it may not have it. Raises the RefusedErrors of the first preflight.
        """
        message = binary_mode(event)
        try:
            async with asyncio.timeout(CONFIRM_SECONDS):
                channel = await self._open_channel()
                # Not by way of the exchange: that waits for the socket once for each message.
                underlay = cast("aiormq.Channel", await channel.get_underlay_channel())
                await underlay.basic_publish(
                    message.body,
                    exchange=EVENTS,
                    routing_key=message.routing_key,
                    properties=message.properties,
                    mandatory=True,
                    wait=False,
                )
        except AWAY as error:
            raise away(error) from error

    async def start(self) -> None:
        """Connect, after the preflight; BrokerAwayError, or the RefusedError of the preflight."""
        try:
            _ = await self._open_channel()
        except AWAY as error:
            raise away(error) from error

    async def close(self) -> None:
        """Close the connection."""
        await self._broker.stop()

    async def _open_channel(self) -> AbstractChannel:
        if self._channel is not None and not self._channel.is_closed:
            return self._channel
        async with self._connecting:
            if self._channel is None:
                self._channel = await self._connect()
            elif self._channel.is_closed:
                # The broker closes it for good when what is published to is gone.
                with suppress(*AWAY):
                    await self._broker.stop()
                self._broker = publishing_broker(self._url, self._service)
                try:
                    self._channel = await self._connect()
                except RefusedError as error:
                    raise away(error) from error
            return self._channel

    async def _connect(self) -> AbstractChannel:
        require_publishing_only(self._broker)
        await preflight(self._url, self._consumers, declare=self._declare)
        if not self._declare:
            await require_alternate_exchange(self._url)
        await self._broker.connect()
        # Taken as it is: the preflight has made it, or has found it.
        taken = RabbitExchange(EVENTS, type=ExchangeType.TOPIC, durable=True, declare=False)
        return (await self._broker.declare_exchange(taken)).channel
