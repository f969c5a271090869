"""Facts and values as plain JSON."""

from collections.abc import Mapping
from datetime import datetime

from services.rules.ruleset.definition import Fact, Field, FieldType, Value
from services.shared.business_time import Duration

Plain = str | bool | int | list[str] | None


def plain(value: Fact) -> Plain:
    """A fact or a value as JSON: instants in ISO 8601, durations as rules write them, tags sorted."""
    if value is None or isinstance(value, str | int):  # most are
        return value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Duration):
        return str(value)
    return sorted(value)


def all_plain(values: Mapping[str, Fact]) -> dict[str, Plain]:
    """Every value as JSON, under its name."""
    return {name: plain(value) for name, value in values.items()}


def typed(value: Plain, field: Field) -> Value:
    """The value of an output, from the JSON that `plain` made of it."""
    if field.type is FieldType.DURATION and isinstance(value, str):
        return Duration.parse(value)
    if isinstance(value, list):
        message = f"{field.name} is no value of a decision: {value}"
        raise TypeError(message)
    return value
