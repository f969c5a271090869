"""What has to be on the broker, as values: exchanges, queues, bindings; nothing that RabbitMQ 4 refuses.

Everything is declared with arguments, not by policies: a queue that was made otherwise is then refused by the
broker itself, which names the argument.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Literal, Protocol

from contracts.registry import EVENTS as EVENT_TYPES
from services.shared.commands import Commands
from services.shared.messaging.names import (
    COMMANDS,
    DEAD_EXCHANGE,
    EVENTS,
    LOG_STREAM,
    UNROUTED,
    command_queue_of,
    dead_queue_of,
    queue_of,
)

Argument = str | int | bool

DELIVERY_LIMIT = 20
"""How often a queue delivers one message. What it then gives up is collected and tried alone, so that those
that were only near a message which ends its process come back to life.
"""

_UNLIMITED = 1_000_000
"""RabbitMQ 4 gives up after 20 deliveries where nothing is said; what is dead already must not be lost."""

_OWNERS = sorted({event_type.partition(".")[0] for event_type in EVENT_TYPES})
_UNROUTED_BYTES = 1024**3
_QUORUM: Mapping[str, Argument] = {"x-queue-type": "quorum"}
_STREAM: Mapping[str, Argument] = {
    "x-queue-type": "stream",
    "x-max-age": "7D",
    "x-max-length-bytes": 5 * 1000**3,
    "x-stream-max-segment-size-bytes": 100 * 1000**2,
}


@dataclass(frozen=True)
class Exchange:
    """A durable exchange; `alternate` takes what it cannot route."""

    name: str
    type: Literal["topic", "direct", "fanout"]
    alternate: str | None = None

    @property
    def arguments(self) -> dict[str, Argument]:
        """The arguments it is declared with."""
        return {"alternate-exchange": self.alternate} if self.alternate else {}


@dataclass(frozen=True)
class Queue:
    """A durable queue."""

    name: str
    arguments: Mapping[str, Argument]


@dataclass(frozen=True)
class Binding:
    """A way from an exchange into a queue."""

    queue: str
    exchange: str
    key: str


@dataclass(frozen=True)
class Seal:
    """An unused exchange `name`, there when `queue` and what it needs were declared as they have to be.

    It is for those who may not compare the arguments themselves.
    """

    queue: str
    name: str


@dataclass(frozen=True)
class Topology:
    """Exchanges, queues and bindings, and the seals of the queues that are consumed."""

    exchanges: tuple[Exchange, ...]
    queues: tuple[Queue, ...]
    bindings: tuple[Binding, ...]
    seals: tuple[Seal, ...] = ()


class Hearing(Protocol):
    """A consumer and the services whose logs it hears as a whole, as `Subscriptions` says it."""

    @property
    def consumer(self) -> str:
        """Its name."""
        ...

    @property
    def sources(self) -> frozenset[str]:
        """The services that it hears."""
        ...


@dataclass(frozen=True)
class ConsumerTopology:
    """What one consumer needs: its name, the services it hears, and the types of command that it obeys.

    `sources` is None where only commands are wanted.
    """

    consumer: str
    sources: frozenset[str] | None
    commands: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls, hearing: "Hearing | ConsumerTopology", commands: Commands | None = None
    ) -> "ConsumerTopology":
        """Return what a service with these subscriptions and commands needs."""
        if isinstance(hearing, cls):
            return hearing
        return cls(hearing.consumer, hearing.sources, frozenset(commands.by_type if commands else ()))


def topology_of(consumers: Iterable["Hearing | ConsumerTopology"]) -> Topology:
    """Return all that has to be on the broker for these consumers."""
    wanted = [ConsumerTopology.of(consumer) for consumer in consumers]
    dead = [_dead_part(each.consumer) for each in wanted]
    parts = [part for each in wanted for part in _parts(each)]
    everything = [_COMMON, *dead, *parts]
    return Topology(
        exchanges=_COMMON.exchanges,
        queues=tuple(queue for part in everything for queue in part.queues),
        bindings=tuple(binding for part in everything for binding in part.bindings),
        seals=tuple(_seal(part) for part in parts),
    )


_COMMON = Topology(
    exchanges=(
        Exchange(UNROUTED, "fanout"),
        Exchange(DEAD_EXCHANGE, "direct"),
        Exchange(EVENTS, "topic", alternate=UNROUTED),
        Exchange(COMMANDS, "direct", alternate=UNROUTED),
    ),
    queues=(
        Queue(UNROUTED, {**_QUORUM, "x-max-length-bytes": _UNROUTED_BYTES}),
        Queue(LOG_STREAM, _STREAM),
    ),
    bindings=(
        Binding(UNROUTED, UNROUTED, ""),
        # Not '#': what belongs to none of our services would count as routed, and nobody would be told.
        *(Binding(LOG_STREAM, EVENTS, f"*.{owner}.#") for owner in _OWNERS),
    ),
)


def _parts(wanted: ConsumerTopology) -> list[Topology]:
    parts = []
    if wanted.sources is not None:
        parts.append(_events_part(wanted.consumer, wanted.sources))
    if wanted.commands:
        parts.append(_commands_part(wanted.consumer, wanted.commands))
    return parts


def _events_part(consumer: str, sources: frozenset[str]) -> Topology:
    queue = Queue(queue_of(consumer), _given_up_to(consumer))
    bindings = (Binding(queue.name, EVENTS, f"*.{source}.#") for source in sorted(sources))
    return Topology((), (queue,), tuple(bindings))


def _commands_part(consumer: str, commands: frozenset[str]) -> Topology:
    # One replica at a time: the commands of a sender are carried out in the order in which it sent them.
    arguments = {**_given_up_to(consumer), "x-single-active-consumer": True}
    queue = Queue(command_queue_of(consumer), arguments)
    return Topology(
        (), (queue,), tuple(Binding(queue.name, COMMANDS, command) for command in sorted(commands))
    )


def _dead_part(consumer: str) -> Topology:
    queue = Queue(dead_queue_of(consumer), {**_QUORUM, "x-delivery-limit": _UNLIMITED})
    return Topology((), (queue,), (Binding(queue.name, DEAD_EXCHANGE, consumer),))


def _given_up_to(consumer: str) -> dict[str, Argument]:
    return {
        **_QUORUM,
        "x-delivery-limit": DELIVERY_LIMIT,
        "x-dead-letter-exchange": DEAD_EXCHANGE,
        "x-dead-letter-routing-key": consumer,
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",  # at-least-once needs it
    }


def _seal(part: Topology) -> Seal:
    parts = (_COMMON, part)
    facts = [
        [[each.name, each.type, each.alternate] for each in _COMMON.exchanges],
        [[each.name, dict(each.arguments)] for one in parts for each in one.queues],
        [[each.queue, each.exchange, each.key] for one in parts for each in one.bindings],
    ]
    digest = blake2b(json.dumps(facts, sort_keys=True).encode(), digest_size=6).hexdigest()
    queue = part.queues[0].name
    return Seal(queue, f"{queue}.declared.{digest}")
