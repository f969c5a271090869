"""Reads golden examples and holds messages against the committed schemas."""

import json
from typing import Any

from jsonschema import Draft202012Validator

from contracts.artefacts import EXAMPLES, SCHEMAS


def example(name: str) -> dict[str, Any]:
    """The golden example of a type of event, as it stands in its file."""
    message: dict[str, Any] = json.loads((EXAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    return message


def problems(name: str, message: dict[str, Any]) -> list[str]:
    """What the committed schema of a type has against a message, formats included."""
    schema = json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
    validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    return [error.message for error in validator.iter_errors(message)]
