"""The channels of the document: a routing key for every message, every queue, and the way of answers."""

from collections.abc import Iterable
from typing import Any

from contracts.envelope import SLOTS
from contracts.registry import COMMANDS, EVENTS
from services.asyncapi.messages import DONE, REFUSED, amqp, command_key, component
from services.asyncapi.parties import Parties, events_of
from services.shared.messaging import COMMANDS as COMMAND_EXCHANGE
from services.shared.messaging import EVENTS as EVENT_EXCHANGE
from services.shared.messaging import (
    LOG_STREAM,
    UNROUTED,
    ConsumerTopology,
    command_queue_of,
    dead_queue_of,
    queue_of,
)
from services.shared.messaging.topology import Exchange, Queue

Json = dict[str, Any]

ANSWERS = "answers"


def channels(parties: Parties) -> Json:
    """Return every channel, by its name in the document."""
    exchanges = {exchange.name: exchange for exchange in parties.topology.exchanges}
    events = {name: _event_channel(name, exchanges[EVENT_EXCHANGE]) for name in EVENTS}
    commands = {
        command_key(name): _command_channel(name, exchanges[COMMAND_EXCHANGE], parties) for name in COMMANDS
    }
    queues = {queue.name: _queue_channel(queue, parties) for queue in parties.topology.queues}
    return events | commands | queues | {ANSWERS: _answers()}


def channel_message(channel: str, message: str) -> Json:
    """Return the reference to a message of a channel, as operations name it."""
    return {"$ref": f"#/channels/{channel}/messages/{message}"}


def _event_channel(name: str, exchange: Exchange) -> Json:
    return {
        "address": f"s{{slot}}.{name}",
        "title": f"Event {name}",
        "messages": _messages([name]),
        "parameters": {"slot": component("parameters", "slot")},
        "bindings": _by_routing_key(exchange),
        **_alternate(exchange),
    }


def _command_channel(name: str, exchange: Exchange, parties: Parties) -> Json:
    return {
        "address": name,
        "title": f"Command {name}",
        "messages": _messages([command_key(name)]),
        "bindings": _by_routing_key(exchange),
        "x-queue": command_queue_of(parties.obeyed_by(name)),
        **_alternate(exchange),
    }


def _queue_channel(queue: Queue, parties: Parties) -> Json:
    bindings = [each for each in parties.topology.bindings if each.queue == queue.name]
    description, messages = _contents(parties)[queue.name]
    facts = {"durable": True, "exclusive": False, "autoDelete": False}
    return {
        "address": queue.name,
        "title": f"{str(queue.arguments['x-queue-type']).capitalize()} {queue.name}",
        "description": description,
        "messages": _messages(messages),
        "bindings": amqp({"is": "queue", "queue": {"name": queue.name, **facts}}),
        "x-arguments": dict(queue.arguments),
        "x-bindings": [{"exchange": each.exchange, "routing-key": each.key} for each in bindings],
    }


def _contents(parties: Parties) -> dict[str, tuple[str, list[str]]]:
    """What each queue is for, and which messages come to it."""
    everything = [*EVENTS, *map(command_key, COMMANDS)]
    found = {
        LOG_STREAM: ("Every event, for new subscribers to replay from any offset.", list(EVENTS)),
        UNROUTED: (
            "What nobody is bound to; whatever is in here is a mistake.",
            everything,
        ),
    }
    for service in parties.services.values():
        wanted = ConsumerTopology.of(service.subscriptions, service.commands)
        name, heard = wanted.consumer, _heard(wanted)
        obeyed = [command_key(each) for each in sorted(wanted.commands)]
        found[queue_of(name)] = (f"The whole logs that {name} hears, shared by its replicas.", heard)
        found[command_queue_of(name)] = (f"Commands for {name}, one replica at a time.", obeyed)
        found[dead_queue_of(name)] = (
            f"What the queues of {name} have given up; it becomes dead letters.",
            heard + obeyed,
        )
    return found


def _heard(wanted: ConsumerTopology) -> list[str]:
    return [event for source in sorted(wanted.sources or ()) for event in events_of(source)]


def _answers() -> Json:
    return {
        "address": None,
        "title": "Answers to commands",
        "description": "The queue that the sender of a command names in `reply_to`, reached through the "
        "default exchange.",
        "messages": _messages([DONE, REFUSED]),
    }


def parameters() -> Json:
    """Return what stands in braces in addresses."""
    return {
        "slot": {
            "description": "Of the customer, or of the subject where no customer is concerned: blake2b of "
            f"the text of its id, 8 bytes, big-endian, modulo {SLOTS}. Bind `*` for all.",
            "enum": [f"{slot:02d}" for slot in range(SLOTS)],
        }
    }


def exchanges(parties: Parties) -> list[Json]:
    """Return every exchange as it is declared."""
    return [
        {"name": each.name, "type": each.type, "durable": True, "arguments": each.arguments}
        for each in parties.topology.exchanges
    ]


def _messages(names: Iterable[str]) -> Json:
    return {name: component("messages", name) for name in names}


def _by_routing_key(exchange: Exchange) -> Json:
    facts = {"name": exchange.name, "type": exchange.type, "durable": True, "autoDelete": False}
    return amqp({"is": "routingKey", "exchange": facts})


def _alternate(exchange: Exchange) -> Json:
    return {"x-alternate-exchange": exchange.alternate} if exchange.alternate else {}
