"""The operations of the document: who says what, who hears what, who obeys whom and how it answers."""

from typing import Any

from contracts.registry import COMMANDS, EVENTS
from services.asyncapi.channels import ANSWERS, channel_message
from services.asyncapi.messages import DONE, REFUSED, amqp, command_key
from services.asyncapi.parties import Parties, owner_of
from services.shared.messaging import dead_queue_of, queue_of
from services.shared.service import Service

Json = dict[str, Any]

_PERSISTENT = 2


def operations(parties: Parties) -> Json:
    """Return every operation, by its name: `<service>.says.…`, `.hears`, `.obeys.…`, `.collects`."""
    says = {f"{owner_of(name)}.says.{_rest(name)}": _says(name) for name in EVENTS}
    obeys = {f"{owner_of(name)}.obeys.{_rest(name)}": _obeys(name) for name in COMMANDS}
    hears = {f"{name}.hears": _hears(service) for name, service in parties.services.items()}
    collects = {f"{name}.collects": _collects(name) for name in parties.services}
    return says | hears | obeys | collects


def _says(name: str) -> Json:
    return {
        "action": "send",
        "channel": _channel(name),
        "summary": f"{owner_of(name)} says it after the commit, again until the broker has it.",
        "messages": [channel_message(name, name)],
        "bindings": amqp({"deliveryMode": _PERSISTENT, "mandatory": True}),
        "tags": [{"name": owner_of(name)}],
    }


def _hears(service: Service) -> Json:
    queue = queue_of(service.subscriptions.consumer)
    return {
        "action": "receive",
        "channel": _channel(queue),
        "summary": f"{service.name} acts upon these, skips the others, and acknowledges after the commit.",
        "messages": [channel_message(queue, each) for each in service.subscriptions.by_type],
        "bindings": amqp({"ack": True}),
        "tags": [{"name": service.name}],
    }


def _obeys(name: str) -> Json:
    key = command_key(name)
    return {
        "action": "receive",
        "channel": _channel(key),
        "summary": f"{owner_of(name)} carries it out once, however often it comes, and answers if asked to.",
        "messages": [channel_message(key, key)],
        "reply": {
            "address": {"location": "$message.header#/reply_to"},
            "channel": _channel(ANSWERS),
            "messages": [channel_message(ANSWERS, DONE), channel_message(ANSWERS, REFUSED)],
        },
        "bindings": amqp({"ack": True}),
        "tags": [{"name": owner_of(name)}],
    }


def _collects(name: str) -> Json:
    return {
        "action": "receive",
        "channel": _channel(dead_queue_of(name)),
        "summary": f"{name} tries each of them once more, alone, and keeps for an operator what fails again.",
        "bindings": amqp({"ack": True}),
        "tags": [{"name": name}],
    }


def _rest(message_type: str) -> str:
    return message_type.partition(".")[2]


def _channel(name: str) -> Json:
    return {"$ref": f"#/channels/{name}"}
