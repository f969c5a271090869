"""Facts and values as plain JSON."""

from collections.abc import Mapping
from datetime import datetime

from services.rules.ruleset.definition import Fact
from services.shared.business_time import Duration

Plain = str | bool | int | list[str] | None


def plain(value: Fact) -> Plain:
    """A fact or a value as JSON: instants in ISO 8601, durations as rules write them, tags sorted."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Duration):
        return str(value)
    if isinstance(value, frozenset):
        return sorted(value)
    return value


def all_plain(values: Mapping[str, Fact]) -> dict[str, Plain]:
    """Every value as JSON, under its name."""
    return {name: plain(value) for name, value in values.items()}
