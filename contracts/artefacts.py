"""What is generated from the models: one JSON Schema per type of event and per type of command.

That of an event is of the envelope and its data, that of a command of the data alone.
`python -m contracts.artefacts` writes them; a test fails when the committed ones differ.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from contracts.commands import CommandData
from contracts.envelope import Envelope
from contracts.events import EventData
from contracts.registry import COMMANDS, EVENTS

SCHEMAS = Path(__file__).parent / "schemas"
EXAMPLES = Path(__file__).parent / "examples"
COMMAND_SCHEMAS = SCHEMAS / "commands"
COMMAND_EXAMPLES = EXAMPLES / "commands"
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_of(model: type[EventData]) -> dict[str, Any]:
    """The JSON Schema of a whole message with this data, as we produce it: closed at every level."""
    # The form on the wire, where an amount is text: what a subscriber reads.
    data = model.model_json_schema(mode="serialization", ref_template="#/$defs/{model}")
    envelope = Envelope.model_json_schema(mode="serialization")
    definitions = data.pop("$defs", {})
    owner = model.type.partition(".")[0]
    fixed = {
        "source": {"const": f"/genjin/{owner}"},
        "type": {"const": model.type},
        "record": {"type": "string", "pattern": f"^{model.record_kind}/[0-9a-f-]{{36}}$"},
        "sequence": {"type": "integer", "minimum": 1},
        "data": data,
    }
    schema = {
        "$schema": DIALECT,
        "$id": f"urn:genjin:{model.type}",
        "title": model.type,
        "description": data.pop("description"),
        "type": "object",
        "properties": _untitled(envelope["properties"] | fixed),
        "required": ["specversion", *envelope["required"]],
        "additionalProperties": False,
    }
    if definitions:
        schema["$defs"] = _untitled(definitions)
    return schema


def command_schema_of(model: type[CommandData]) -> dict[str, Any]:
    """The JSON Schema of a command, as we take it: closed, since what we do not know we cannot carry out."""
    schema = model.model_json_schema(ref_template="#/$defs/{model}")
    names = {"$schema": DIALECT, "$id": f"urn:genjin:command:{model.type}", "title": model.type}
    untitled: dict[str, Any] = _untitled(schema)
    return names | untitled


def schema_text(model: type[EventData | CommandData]) -> str:
    """The schema as the text of its file."""
    schema = schema_of(model) if issubclass(model, EventData) else command_schema_of(model)
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


def _untitled(node: Any) -> Any:  # noqa: ANN401 (a JSON value)
    """Drop the titles that repeat a field's name; a field of that name has a mapping there and stays."""
    if isinstance(node, list):
        return [_untitled(item) for item in node]
    if isinstance(node, Mapping):
        return {
            key: _untitled(value)
            for key, value in node.items()
            if not (key == "title" and isinstance(value, str))
        }
    return node


def write(directory: Path = SCHEMAS) -> None:
    """Write the schema of everything that is registered, and remove those of what is gone."""
    _write_all(directory, EVENTS)
    _write_all(directory / COMMAND_SCHEMAS.name, COMMANDS)


def _write_all(directory: Path, models: Mapping[str, type[EventData | CommandData]]) -> None:
    directory.mkdir(exist_ok=True)
    for path in directory.glob("*.json"):
        if path.stem not in models:
            path.unlink()
    for name, model in models.items():
        (directory / f"{name}.json").write_text(schema_text(model), encoding="utf-8")


if __name__ == "__main__":
    write()
