"""Putting on the broker what has to be there, and refusing to work on what is there otherwise.

Who may configure: declaring is the check. An object that is there is compared by the broker, argument by
argument (type of queue, dead-lettering, delivery limit, alternate exchange, durability), and a difference is
told by name. `check` looks first whether the object is there, so that it makes none.

Who may not: AMQP tells such a user only whether an object is there. So declaring ends with a seal, an unused
exchange whose name has a digest of all that was declared: a service looks for its objects and for its seal,
which is there when this very topology was once declared and compared. That nobody has since deleted and
remade the alternate exchange of the events is tried with a message that nobody is bound to: without it the
message comes back, with it it waits a second in the queue of the unrouted.

Bindings can be made but not read over AMQP; one that is missing shows in `genjin audit` and is healed.
"""

import re
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from uuid import uuid4

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection
from aio_pika.exceptions import PublishError
from aiormq.exceptions import ChannelAccessRefused, ChannelNotFoundEntity, ChannelPreconditionFailed

from services.shared.errors import RefusedError
from services.shared.messaging.connections import plain_connection
from services.shared.messaging.errors import (
    MissingOnBrokerError,
    NotDurableError,
    NotPermittedError,
    UndeclaredTopologyError,
    UnsafeTopologyError,
    WrongAlternateExchangeError,
    WrongDeadLetteringError,
    WrongDeliveryLimitError,
    WrongQueueTypeError,
)
from services.shared.messaging.names import EVENTS, UNROUTED
from services.shared.messaging.topology import (
    ConsumerTopology,
    Exchange,
    Hearing,
    Queue,
    Topology,
    topology_of,
)

Step = Callable[[AbstractChannel], Awaitable[object]]

_PROBE_SECONDS = 1

_DIFFERENCE = re.compile(
    r"inequivalent arg '(?P<argument>[^']+)'.*: received (?P<expected>.*) but current is (?P<found>.*)$"
)
_VALUE = re.compile(r"(?:the value )?'(?P<value>[^']*)'")

_ERRORS: dict[str, type[UnsafeTopologyError]] = {
    "x-queue-type": WrongQueueTypeError,
    "x-delivery-limit": WrongDeliveryLimitError,
    "x-dead-letter-exchange": WrongDeadLetteringError,
    "x-dead-letter-routing-key": WrongDeadLetteringError,
    "x-dead-letter-strategy": WrongDeadLetteringError,
    "x-overflow": WrongDeadLetteringError,
    "alternate-exchange": WrongAlternateExchangeError,
    "durable": NotDurableError,
}


async def declare_topology(url: str, consumers: Iterable[Hearing | ConsumerTopology] = ()) -> Topology:
    """Declare what these consumers need, bound to the whole of their sources; again changes nothing.

    Raises BrokerAwayError, and a RefusedError for the first object that is there otherwise.
    """
    topology = topology_of(consumers)
    _raise_first(await differences(url, topology, is_declaring=True))
    return topology


async def preflight(url: str, consumers: Iterable[Hearing | ConsumerTopology], *, declare: bool) -> None:
    """Make sure that these consumers have what they need: by declaring it, or by looking.

    Raises BrokerAwayError, or a RefusedError that says what is not as it has to be.
    """
    await (declare_topology if declare else require_topology)(url, consumers)


async def require_topology(url: str, consumers: Iterable[Hearing | ConsumerTopology] = ()) -> None:
    """Refuse to go on unless all is there, as far as a user can tell who may not configure.

    Raises BrokerAwayError, or the RefusedError of the first thing that is missing.
    """
    topology = topology_of(consumers)
    async with plain_connection(url) as connection:
        look = _Look(connection)
        for exchange in topology.exchanges:
            await look.at(exchange.name, partial(_find_exchange, exchange.name))
        for queue in topology.queues:
            await look.at(queue.name, partial(_find_queue, queue.name))
        for seal in topology.seals:
            missing = UndeclaredTopologyError(queue=seal.queue, name=seal.name)
            await look.at(seal.name, partial(_find_exchange, seal.name), missing=missing)
    _raise_first(look.problems)


async def differences(url: str, topology: Topology, *, is_declaring: bool) -> list[RefusedError]:
    """Return what is there otherwise than it has to be; what is missing is made, or is a difference too.

    Raises BrokerAwayError.
    """
    async with plain_connection(url) as connection:
        look = _Look(connection)
        for exchange in topology.exchanges:
            await look.at(exchange.name, partial(_exchange, exchange, is_declaring=is_declaring))
        for queue in topology.queues:
            await look.at(queue.name, partial(_queue, queue, topology, is_declaring=is_declaring))
        if not look.problems:
            for seal in topology.seals:
                sealing = partial(_exchange, Exchange(seal.name, "fanout"), is_declaring=is_declaring)
                await look.at(seal.name, sealing)
    return look.problems


async def require_alternate_exchange(url: str) -> None:
    """Refuse to publish where messages that nobody hears would be lost: WrongAlternateExchangeError.

    Raises BrokerAwayError.
    """
    async with plain_connection(url) as connection:
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        exchange = await channel.get_exchange(EVENTS, ensure=False)
        # It is of no use to anybody: the broker forgets it again.
        probe = aio_pika.Message(b"", expiration=_PROBE_SECONDS, message_id=str(uuid4()))
        try:
            await exchange.publish(probe, routing_key="preflight.unrouted")
        except PublishError:
            raise WrongAlternateExchangeError(
                name=EVENTS, argument="alternate-exchange", found="none", expected=UNROUTED
            ) from None


class _Look:
    """Goes through objects one by one; a channel that the broker closes over one is replaced."""

    def __init__(self, connection: AbstractConnection) -> None:
        self.problems: list[RefusedError] = []
        self._connection = connection
        self._channel: AbstractChannel | None = None

    async def at(self, name: str, step: Step, *, missing: RefusedError | None = None) -> None:
        if self._channel is None or self._channel.is_closed:
            self._channel = await self._connection.channel()
        try:
            await step(self._channel)
        except ChannelNotFoundEntity:
            self.problems.append(missing or MissingOnBrokerError(name=name))
        except ChannelPreconditionFailed as error:
            self.problems.append(_difference(name, str(error)))
        except ChannelAccessRefused as error:
            self.problems.append(NotPermittedError(name=name, reason=str(error)))


async def _exchange(wanted: Exchange, channel: AbstractChannel, *, is_declaring: bool) -> None:
    if not is_declaring:
        await _find_exchange(wanted.name, channel)
    await channel.declare_exchange(wanted.name, wanted.type, durable=True, arguments=dict(wanted.arguments))


async def _queue(wanted: Queue, topology: Topology, channel: AbstractChannel, *, is_declaring: bool) -> None:
    if not is_declaring:
        await _find_queue(wanted.name, channel)
    queue = await channel.declare_queue(wanted.name, durable=True, arguments=dict(wanted.arguments))
    if is_declaring:
        for binding in topology.bindings:
            if binding.queue == wanted.name:
                await queue.bind(binding.exchange, routing_key=binding.key)


async def _find_exchange(name: str, channel: AbstractChannel) -> None:
    await channel.get_exchange(name, ensure=True)


async def _find_queue(name: str, channel: AbstractChannel) -> None:
    await channel.get_queue(name, ensure=True)


def _difference(name: str, said: str) -> RefusedError:
    match = _DIFFERENCE.search(said)
    if match is None:
        return UnsafeTopologyError(name=name, argument="?", found=said, expected="?")
    kind = _ERRORS.get(match["argument"], UnsafeTopologyError)
    found, expected = (_value(match[each]) for each in ("found", "expected"))
    return kind(name=name, argument=match["argument"], found=found, expected=expected)


def _value(said: str) -> str:
    match = _VALUE.match(said)
    return match["value"] if match else said


def _raise_first(problems: list[RefusedError]) -> None:
    for problem in problems:
        raise problem
