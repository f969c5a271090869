"""What the broker gave up is moved into the dead letters of its service, and tried alone once.

A message that ends the process of its consumer takes those in hand with it, so the queue gives them up
together. Tried alone, each in an attempt that is committed before it is made, the innocent come back to life,
and the one that did it stays for an operator.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import structlog
from faststream.rabbit import RabbitMessage

from services.shared import dead_letters
from services.shared.batching import letter_of
from services.shared.cloud_events import from_amqp
from services.shared.dead_letters import DeadLetter
from services.shared.delivery import Unreadable
from services.shared.failures import NOWHERE, Failure, storable, unreadable, unreadable_for
from services.shared.letters import Desk
from services.shared.messaging.commands import read_command
from services.shared.messaging.names import command_consumer_of, command_queue_of, dead_queue_of
from services.shared.messaging.preflight import preflight
from services.shared.messaging.receiving import Receiver, Source
from services.shared.messaging.topology import ConsumerTopology, Hearing
from services.shared.patience import patiently
from services.shared.readiness import Pause

GIVEN_UP = "GivenUpByBroker"
"""Stands where other letters have the class of an error."""

log = structlog.stdlib.get_logger()


class Collector:
    """Empties the dead queue of one consumer into the dead letters of its service."""

    def __init__(self, url: str, desk: Desk, *, hearing: Hearing, declare: bool = True) -> None:
        self._url = url
        self._desk = desk
        self._consumer = hearing.consumer
        self._sources = hearing.sources
        self._declare = declare
        source = Source(dead_queue_of(self._consumer), self._consumer)
        self._receiver = Receiver(url, source, self._take, prepare=self._prepare)

    async def run(self) -> None:
        """Collect until cancelled; outages of the broker and of the database are waited out.

        Raises a RefusedError when the broker is not as it has to be.
        """
        await self._receiver.run()

    def paused(self) -> Pause | None:
        """Return for how long nothing could be collected, and why; None when all is well."""
        return self._receiver.paused()

    async def _prepare(self) -> None:
        await preflight(self._url, [ConsumerTopology(self._consumer, None)], declare=self._declare)

    async def _take(self, batch: Sequence[RabbitMessage]) -> None:
        for message in batch:
            consumer, letter, failure = self._read(message)
            is_kept = await patiently(
                partial(self._keep, consumer, letter, failure),
                service=self._desk.service,
                consumer=consumer,
            )
            if is_kept:
                log.warning("message_collected", consumer=consumer, place=letter.place, reason=failure.reason)
            if is_kept and (retrier := self._desk.retriers.get(consumer)):
                retrier.wake()

    def _read(self, message: RabbitMessage) -> tuple[str, DeadLetter, Failure]:
        """The consumer whose letter a message is, the letter, and why it is one."""
        try:
            consumer, letter = self._letter(message)
        except Exception as error:  # noqa: BLE001 -- what ends its reader would come again for ever
            return self._consumer, DeadLetter(None, message.body), unreadable(unreadable_for(error))
        return consumer, letter, _given_up(message.headers)

    def _letter(self, message: RabbitMessage) -> tuple[str, DeadLetter]:
        if message.headers.get("x-first-death-queue") == command_queue_of(self._consumer):
            command = read_command(message)
            return command_consumer_of(self._consumer), replace(command.letter, type=_command_type(message))
        received = from_amqp(
            message.headers, message.body, content_type=message.content_type, sources=self._sources
        )
        if isinstance(received, Unreadable):
            return self._consumer, DeadLetter(None, message.body, headers=message.headers)
        return self._consumer, replace(letter_of(received), headers=message.headers)

    async def _keep(self, consumer: str, letter: DeadLetter, failure: Failure) -> bool:
        async with self._desk.database.session() as session:
            is_kept = await dead_letters.bury_tried_out(session, consumer, letter, failure)
            await session.commit()
        return is_kept


def _given_up(headers: Mapping[str, object]) -> Failure:
    why = storable(str(headers.get("x-first-death-reason", NOWHERE)))
    queue = storable(str(headers.get("x-first-death-queue", NOWHERE)))
    return Failure(f"{queue} gave it up: {why}", GIVEN_UP, lasting=False, where=why)


def _command_type(message: RabbitMessage) -> str | None:
    """The type of a command: as its sender says it, else the key by which it came before it was given up."""
    told = read_command(message).type
    return told if told != message.raw_message.routing_key else _first_key(message.headers.get("x-death"))


def _first_key(deaths: object) -> str | None:
    # The broker's header, or somebody's who imitates it.
    match deaths:
        case [*_, {"routing-keys": [str() as key, *_]}] if key:
            return storable(key)
    return None
