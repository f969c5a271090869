"""Values in words that need no language: what an explanation shows beside its label."""

from datetime import datetime, tzinfo
from decimal import Decimal

from contracts.money import MINOR_UNITS
from services.rules.ruleset.definition import Fact, FieldType

_LARGE = ((Decimal(10**8), "亿"), (Decimal(10**4), "万"))
_CENTS = Decimal("0.01")


def value_text(value: Fact, kind: FieldType, zone: tzinfo) -> str | None:
    """Return a value as text: amounts in 万 and 亿 where exact, instants in local time; None for null."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(zone).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, frozenset):
        return ", ".join(sorted(value))
    if kind is FieldType.MONEY and isinstance(value, int):
        return money_text(value)
    return str(value)


def money_text(minor: int) -> str:
    """Return an amount of minor units as people write it: 52万, 1.25亿, 1234.5; never rounded."""
    amount = Decimal(minor) / MINOR_UNITS
    for unit, word in _LARGE:
        share = amount / unit
        if abs(share) >= 1 and share == share.quantize(_CENTS):
            return f"{share.normalize():f}{word}"
    return f"{amount.normalize():f}"
