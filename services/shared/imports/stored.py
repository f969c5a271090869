"""The form in which imported values are kept, to see later whether the file changed."""

import hmac
import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from contracts.money import Money
from services.shared.imports.kinds import Field

Seal = Callable[[str], str]
"""Turns private text into a fingerprint that says whether it is the same, and nothing else."""

Stored = str | int | bool | list[str] | None


def sealing_with(key: bytes) -> Seal:
    """A seal under a secret key; with another key every private value looks changed."""

    def seal(text: str) -> str:
        return hmac.new(key, text.encode(), "sha256").hexdigest()[:32]

    return seal


def stored_form(value: object) -> Stored:
    """A value as JSON knows it; equal values have equal forms."""
    match value:
        case None | bool() | str() | int():
            return value if not isinstance(value, str) else str(value)
        case Money():
            return f"{value.amount} {value.currency}"
        case Decimal():
            return str(value.normalize())
        case datetime() | date():
            return value.isoformat()
        case tuple() | list():
            return [str(part) for part in value]
        case UUID():
            return str(value)
        case _:
            reason = f"{type(value).__name__} is not a value that an import keeps"
            raise TypeError(reason)


def stored_values(values: Mapping[str, object], fields: Mapping[str, Field], seal: Seal) -> dict[str, Stored]:
    """All values of a row as they are kept, the private ones as fingerprints."""
    return {
        name: seal(json.dumps(stored_form(value), ensure_ascii=False))
        if fields[name].is_private and value is not None
        else stored_form(value)
        for name, value in values.items()
    }
