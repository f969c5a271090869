"""Numbers as people write them, read exactly: `50万`, `1.2亿`, `-3`, `20.50`; never through a float."""

import re
from decimal import Decimal
from typing import Final

from services.rules.ruleset.definition import FieldType
from services.rules.ruleset.problems import asked
from services.rules.ruleset.suggestions import corrected

_AMOUNT = re.compile(r"(-?[0-9]{1,15}(?:\.[0-9]{1,12})?)(百万|千万|万|亿)?")
_FACTORS: Final = {"": 1, "万": 10_000, "百万": 1_000_000, "千万": 10_000_000, "亿": 100_000_000}
_MINOR_UNITS: Final = 100
# Every number up to here is exact in each of the evaluators, JSON and floats of other tools included.
_MOST: Final = 10**15


class BadAmountError(ValueError):
    """The text is no amount: a sentence why, in Chinese and in English."""

    def __init__(self, *, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


def read_amount(written: str, kind: FieldType) -> int:
    """Return a whole number, of minor units for money.

    Raises:
        BadAmountError: it is no number, too large, or not exact: a fraction of a count or of a minor unit.
    """
    found = _AMOUNT.fullmatch(written.strip())
    if not found:
        raise _no_number(written.strip())
    exact = Decimal(found[1]) * _FACTORS[found[2] or ""]
    units = exact * _MINOR_UNITS if kind is FieldType.MONEY else exact
    if abs(units) > _MOST:
        raise BadAmountError(zh=f"“{written}”过大。", en=f"“{written}” is too large.")
    if units == units.to_integral_value():
        return int(units)
    if kind is FieldType.MONEY:
        raise BadAmountError(
            zh=f"金额“{written}”超过两位小数。", en=f"the amount “{written}” has more than two decimals."
        )
    raise BadAmountError(zh=f"“{written}”不是整数。", en=f"“{written}” is no whole number.")


def _no_number(written: str) -> BadAmountError:
    meant = corrected(written, lambda text: bool(_AMOUNT.fullmatch(text)))
    zh, en = (
        asked(written, meant)
        if meant
        else ("：请写 20、50万 或 1.2亿 这样的数。", ": write one like 20, 50万 or 1.2亿.")
    )
    return BadAmountError(zh=f"“{written}”不是数字{zh}", en=f"“{written}” is no number{en}")
