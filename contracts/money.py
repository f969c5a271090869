"""An amount of money with its currency."""

from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

MINOR_UNITS = 100
"""Minor units in one unit of the currency (分 in a 元); evaluators calculate in them."""

AMOUNT_DIGITS = 18


class Money(BaseModel):
    """An exact amount in one currency (ISO 4217 code)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    amount: Annotated[Decimal, Field(max_digits=AMOUNT_DIGITS, decimal_places=2)]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "CNY"

    @property
    def minor(self) -> int:
        """The amount in minor units: 12.34 is 1234."""
        return int(self.amount * MINOR_UNITS)
