"""RabbitMQ: what has to be on it, publishing a log to it, and taking events and commands from it.

The broker carries events; it is never their source of truth. `topology` says what has to be there,
`preflight` makes it or refuses to go on, `publishing` and `consuming` have connections of their own.
"""

from services.shared.messaging.commands import CommandConsumer, Deployment
from services.shared.messaging.connections import PAUSES_SECONDS
from services.shared.messaging.consuming import Consumer
from services.shared.messaging.errors import BrokerAwayError
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
from services.shared.messaging.preflight import declare_topology, preflight
from services.shared.messaging.publishing import Publisher
from services.shared.messaging.topology import ConsumerTopology

__all__ = [
    "COMMANDS",
    "DEAD_EXCHANGE",
    "EVENTS",
    "LOG_STREAM",
    "PAUSES_SECONDS",
    "UNROUTED",
    "BrokerAwayError",
    "CommandConsumer",
    "Consumer",
    "ConsumerTopology",
    "Deployment",
    "Publisher",
    "command_queue_of",
    "dead_queue_of",
    "declare_topology",
    "preflight",
    "queue_of",
]
