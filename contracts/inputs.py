"""The values that others may send us, each held to what can be stored."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, Strict, StringConstraints
from pydantic_core import PydanticCustomError

from contracts.money import Money

EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
CENT = Decimal("0.01")
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
_DATED = re.compile(r"\s*\d{4}-")


def _written_like(form: str) -> BeforeValidator:
    """Refuse what is not written like this, so numbers too, which would be taken as seconds since 1970."""

    def as_declared(value: Any) -> Any:  # noqa: ANN401 -- what anybody sends
        if isinstance(value, date) or (isinstance(value, str) and _DATED.match(value)):
            return value
        kind = "not_iso_8601"
        raise PydanticCustomError(kind, "must be written like {form}", {"form": form})

    return BeforeValidator(as_declared)


def _in_our_time(moment: datetime) -> datetime:
    # Compared as it is written: year 1 in one zone has no instant in another.
    if not EARLIEST <= moment < LATEST:
        kind = "instant_out_of_range"
        raise PydanticCustomError(kind, "must be an instant from 1900 to 2099")
    return moment.astimezone(UTC)


def _not_negative(money: Money) -> Money:
    if money.amount < 0:
        kind = "negative_amount"
        raise PydanticCustomError(kind, "must not be negative")
    return money


def _as_kept(money: Money) -> Money:
    # 15 and 15.00 are the same amount, and are told the same way.
    return money.model_copy(update={"amount": money.amount.quantize(CENT)})


Line = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\u0000-\u001f\u007f]*$"
    ),
]
"""Something on one line: a name, a title, a word; no control characters."""

Paragraph = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=4000, pattern=r"^[^\u0000]*$"),
]
"""Free text of up to 4000 characters; no NUL, which cannot be stored."""

Moment = Annotated[AwareDatetime, _written_like("2025-03-03T10:00:00+08:00"), AfterValidator(_in_our_time)]
"""An instant of the years 1900 to 2099, with an offset; becomes UTC."""

Day = Annotated[date, _written_like("2025-03-03")]
"""A day of the calendar."""

Flag = Annotated[bool, Strict()]
"""True or false, and nothing that only means so."""

SignedAmount = Annotated[Money, AfterValidator(_as_kept)]
"""An amount of money; a negative one is given back."""

Amount = Annotated[SignedAmount, AfterValidator(_not_negative)]
"""An amount of money, not negative."""

Tags = Annotated[tuple[Annotated[Line, Field(max_length=50)], ...], Field(max_length=50)]
"""Up to 50 words, each of up to 50 characters."""
