"""What is handed to a consumer, and what it says it will do with it.

A service's `subscribers.py` makes one `Subscriptions`: the table of what happens on what, which the broker
and the in-process cursors both bind.
"""

from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass

from contracts.envelope import Envelope
from contracts.events import EventData
from contracts.registry import decode
from services.shared.inbox import Position
from services.shared.unit_of_work import UnitOfWork

Handler = Callable[[EventData, Envelope, UnitOfWork], Awaitable[Iterable[Hashable]]]
"""Handles one message within a unit of work and returns what it touched, which may be nothing."""

Finish = Callable[[frozenset[Hashable], UnitOfWork], Awaitable[None]]
"""Runs once at the end of a transaction, with all that its messages touched."""


@dataclass(frozen=True)
class Subscriptions:
    """What one consumer hears, and what it does then.

    Every type without a handler is skipped, but its position counts as handled. `finish` runs when
    something was touched. An exception from a handler or from `finish` rolls the transaction back.
    """

    consumer: str
    handlers: Mapping[type[EventData], Handler]
    finish: Finish | None = None

    @property
    def sources(self) -> frozenset[str]:
        """The services whose logs this consumer has to receive, each as a whole."""
        return frozenset(model.type.partition(".")[0] for model in self.handlers)

    @property
    def by_type(self) -> dict[str, Handler]:
        """The handlers by the type of message."""
        return {model.type: handler for model, handler in self.handlers.items()}


@dataclass(frozen=True)
class Unreadable:
    """A message that is no envelope: its bytes as they came, and what is wrong with them."""

    body: bytes
    reason: str


@dataclass(frozen=True)
class Delivered:
    """A message and its place in the log of the service `source`; it may come more than once."""

    source: str
    shard: int
    position: int
    envelope: Envelope | Unreadable

    @property
    def place(self) -> Position:
        """The position under which the inbox knows the message."""
        return Position(self.source, self.shard, self.position)


async def apply(subscriptions: Subscriptions, envelopes: Iterable[Envelope], unit: UnitOfWork) -> int:
    """Give each message to its handler, then finish; returns how many were heard.

    What a handler emits is caused by its message; what `finish` emits, by the customer's last message.
    """
    handlers = subscriptions.by_type
    heard = [envelope for envelope in envelopes if envelope.type in handlers]
    touched: set[Hashable] = set()
    with unit.hearing(subscriptions.consumer, heard):
        for envelope in heard:
            unit.cause = envelope
            touched.update(await handlers[envelope.type](decode(envelope), envelope, unit))
        unit.cause = heard[0] if len(heard) == 1 else None
        if subscriptions.finish and touched:
            await subscriptions.finish(frozenset(touched), unit)
    return len(heard)
