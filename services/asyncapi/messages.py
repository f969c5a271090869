"""The messages of the document: events in CloudEvents' binary mode, commands, and the answers to them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from contracts.artefacts import COMMAND_EXAMPLES, COMMAND_SCHEMAS, EXAMPLES, SCHEMAS
from contracts.commands import CommandData, CommandDone
from contracts.envelope import SHARDS, Envelope
from contracts.events import EventData
from contracts.registry import COMMANDS, EVENTS
from services.asyncapi.parties import Parties, owner_of
from services.shared.cloud_events import JSON, PREFIXES, to_amqp
from services.shared.event_log import Logged
from services.shared.http import Problem
from services.shared.http.documents import PROBLEM_TYPE

Json = dict[str, Any]

DONE = "command_done"
REFUSED = "command_refused"
_DIALECT = "application/schema+json;version=draft-2020-12"
_EXAMPLE_POSITION = 4711
_BINDING_VERSION = "0.3.0"


def command_key(command_type: str) -> str:
    """Return the name of a command's message: an event may be of the same type."""
    return f"command.{command_type}"


def component(kind: str, name: str) -> Json:
    """Return the reference to a part of the document."""
    return {"$ref": f"#/components/{kind}/{name}"}


def amqp(binding: Json) -> Json:
    """Return facts about AMQP as a binding of the document."""
    return {"amqp": {**binding, "bindingVersion": _BINDING_VERSION}}


def messages(parties: Parties) -> Json:
    """Return every message, by its name in the document."""
    events = {name: _event(name, model, parties) for name, model in EVENTS.items()}
    commands = {command_key(name): _command(name, model) for name, model in COMMANDS.items()}
    return events | commands | {DONE: _done(), REFUSED: _refused()}


def schemas() -> Json:
    """Return the schemas that have no file of their own: headers and answers."""
    return {
        "EventHeaders": _event_headers(),
        "CommandHeaders": _COMMAND_HEADERS,
        "CommandDone": _schema_of(CommandDone),
        **_flat(Problem),
    }


def _event(name: str, model: type[EventData], parties: Parties) -> Json:
    return {
        "name": name,
        "title": name,
        "summary": _first_sentence(model),
        "contentType": JSON,
        "headers": component("schemas", "EventHeaders"),
        "payload": _in_file(f"{SCHEMAS.name}/{name}.json#/properties/data"),
        "correlationId": {"location": f"$message.header#/{PREFIXES[0]}correlationid"},
        "bindings": amqp({"messageType": name}),
        "examples": [_event_example(EXAMPLES / f"{name}.json")],
        "x-owner": owner_of(name),
        "x-heard-by": parties.heard_by(name),
        "x-envelope": {"$ref": f"{SCHEMAS.name}/{name}.json"},
    }


def _command(name: str, model: type[CommandData]) -> Json:
    payload = json.loads((COMMAND_EXAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    return {
        "name": name,
        "title": f"Command {name}",
        "summary": _first_sentence(model),
        "contentType": JSON,
        "headers": component("schemas", "CommandHeaders"),
        "payload": _in_file(f"{SCHEMAS.name}/{COMMAND_SCHEMAS.name}/{name}.json"),
        "bindings": amqp({"messageType": name}),
        "examples": [{"name": "golden", "payload": payload}],
        "x-owner": owner_of(name),
    }


def _done() -> Json:
    return {
        "name": DONE,
        "title": "A command was carried out",
        "summary": "The command is committed. `correlation_id` repeats that of the command.",
        "contentType": JSON,
        "payload": component("schemas", "CommandDone"),
        "bindings": amqp({}),
        "examples": [{"name": "golden", "payload": {"id": "01976a10-7c00-7001-8a00-000000000001"}}],
    }


def _refused() -> Json:
    config: Any = Problem.model_config["json_schema_extra"]
    return {
        "name": REFUSED,
        "title": "A command was refused",
        "summary": "Nothing was changed; `code` says why. `correlation_id` repeats that of the command.",
        "contentType": PROBLEM_TYPE,
        "payload": component("schemas", "Problem"),
        "bindings": amqp({}),
        "examples": [{"name": "golden", "payload": {**config["example"], "errors": []}}],
    }


def _event_example(path: Path) -> Json:
    envelope = Envelope.model_validate_json(path.read_bytes())
    headers, body = to_amqp(Logged(envelope.service, envelope.shard, _EXAMPLE_POSITION, envelope))
    return {"name": "golden", "headers": headers, "payload": json.loads(body)}


def _event_headers() -> Json:
    envelope = Envelope.model_json_schema(mode="serialization")
    attributes = {
        PREFIXES[0] + name: _untitled(schema)
        for name, schema in envelope["properties"].items()
        if name not in {"data", "datacontenttype"}
    }
    required = ["specversion", *(name for name in envelope["required"] if name != "data")]
    place = {
        "shard": {
            "type": "integer",
            "minimum": 0,
            "maximum": SHARDS - 1,
            "description": "The part of its owner's log that the event stands in.",
        },
        "position": {
            "type": "integer",
            "minimum": 1,
            "description": "Its place there. Source, shard and position name it for ever; no position of a "
            "shard is left out. One that comes again is a double.",
        },
    }
    return {
        "type": "object",
        "description": "CloudEvents 1.0 in binary mode, and the place in its owner's log.",
        "properties": attributes | place,
        "required": [*(PREFIXES[0] + name for name in required), *place],
    }


_COMMAND_HEADERS: Json = {
    "type": "object",
    "description": "Beside them the properties of AMQP: `type` (the type of command, else the routing key is "
    "taken for it), `reply_to` and `correlation_id` for those who wish for an answer.",
    "properties": {
        "accept-language": {"type": "string", "description": "Of the words of an answer, `zh` or `en`."},
        "traceparent": {"type": "string", "description": "W3C trace context."},
    },
}


def _untitled(schema: Mapping[str, Any]) -> Json:
    # A header that has no value is not sent: of "a text or null" the text remains.
    given = next((each for each in schema.get("anyOf", ()) if each != {"type": "null"}), schema)
    return {key: value for key, value in given.items() if key not in {"title", "default"}}


def _flat(model: type[BaseModel]) -> Json:
    schema = _schema_of(model)
    parts = schema.pop("$defs", {})
    return {model.__name__: schema, **parts}


def _schema_of(model: type[BaseModel]) -> Json:
    return model.model_json_schema(mode="serialization", ref_template="#/components/schemas/{model}")


def _in_file(reference: str) -> Json:
    return {"schemaFormat": _DIALECT, "schema": {"$ref": reference}}


def _first_sentence(model: type[BaseModel]) -> str:
    return " ".join((model.__doc__ or "").strip().partition("\n\n")[0].split())
