"""The values that others may send us, each held to what can be stored."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints

from contracts.money import Money

EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
CENT = Decimal("0.01")
LATEST = datetime(2100, 1, 1, tzinfo=UTC)


def _in_our_time(moment: datetime) -> datetime:
    # Compared as it is written: year 1 in one zone has no instant in another.
    if not EARLIEST <= moment < LATEST:
        message = "must be an instant from 1900 to 2099"
        raise ValueError(message)
    return moment.astimezone(UTC)


def _not_negative(money: Money) -> Money:
    if money.amount < 0:
        message = "must not be negative"
        raise ValueError(message)
    # As it is kept: 15 and 15.00 are the same amount, and are told the same way.
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

Moment = Annotated[AwareDatetime, AfterValidator(_in_our_time)]
"""An instant of the years 1900 to 2099, with an offset; becomes UTC."""

Amount = Annotated[Money, AfterValidator(_not_negative)]
"""An amount of money, not negative."""

Tags = Annotated[tuple[Annotated[Line, Field(max_length=50)], ...], Field(max_length=50)]
"""Up to 50 words, each of up to 50 characters."""
