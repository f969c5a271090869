"""Numbers and amounts of money, read exactly: `52万`, `1.2亿`, `¥520,000.00`, `52万元`."""

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from math import isfinite

from contracts.money import AMOUNT_DIGITS, Money
from services.shared.imports.cells import CellError, as_text, exact
from services.shared.imports.table import Cell
from services.shared.imports.text import plain

_UNITS = {
    "": Decimal(1),
    "百": Decimal(100),
    "千": Decimal(1000),
    "k": Decimal(1000),
    "万": Decimal(10_000),
    "w": Decimal(10_000),
    "十万": Decimal(100_000),
    "百万": Decimal(1_000_000),
    "m": Decimal(1_000_000),
    "千万": Decimal(10_000_000),
    "亿": Decimal(100_000_000),
    "十亿": Decimal(1_000_000_000),
}
_CURRENCIES = {
    "¥": "CNY",
    "元": "CNY",
    "元整": "CNY",
    "圆": "CNY",
    "人民币": "CNY",
    "人民币元": "CNY",
    "rmb": "CNY",
    "cny": "CNY",
    "$": "USD",
    "us$": "USD",
    "usd": "USD",
    "美元": "USD",
    "€": "EUR",
    "eur": "EUR",
    "欧元": "EUR",
    "hk$": "HKD",
    "hkd": "HKD",
    "港元": "HKD",
    "港币": "HKD",
    "£": "GBP",
    "gbp": "GBP",
    "英镑": "GBP",
    "jpy": "JPY",
    "日元": "JPY",
}
_ANY_UNIT = "|".join(sorted(filter(None, _UNITS), key=len, reverse=True))
_ANY_CURRENCY = "|".join(re.escape(name) for name in sorted(_CURRENCIES, key=len, reverse=True))
_NUMBER = r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_AMOUNT = re.compile(
    rf"(?P<before>{_ANY_CURRENCY})?\s*(?P<number>{_NUMBER})\s*(?P<unit>{_ANY_UNIT})?\s*(?P<after>{_ANY_CURRENCY})?",
    re.ASCII,
)
_NEGATIVE = re.compile(r"\((?P<within>[^()+-]+)\)|-\s*(?P<behind>[^+-]+)|(?P<ahead>[^+-]+)-")
"""As accounting writes it: `(3,000.00)`, `-¥3,000`, `3,000.00-`."""
_CENT = Decimal("0.01")
_CENT_PLACES = 2
_NOISE = Decimal("1e-8")
"""What floats leave over; nobody writes so many decimals."""


@dataclass(frozen=True)
class AmountForm:
    """How the amounts of a column are written, in this row.

    `unit` multiplies bare numbers; `currency` is that of a number without a sign; `rate` is what one unit of
    a foreign currency is worth in `base`, None when the row does not say. `rounds` allows amounts finer than
    a cent, such as computed ones: half a cent and more counts as a cent.
    """

    base: str
    unit: Decimal = Decimal(1)
    currency: str | None = None
    rate: Decimal | None = None
    rounds: bool = False


@lru_cache(maxsize=256)
def unit_of(text: str) -> tuple[Decimal, str | None]:
    """The factor and the currency that a unit such as `万元` stands for; raises CellError."""
    match = _AMOUNT.fullmatch(f"1{plain(text).casefold()}")
    if match is None:
        raise CellError(zh=f"“{text}”不是金额单位", en=f"{text!r} is not a unit of money")
    currency = match["after"]
    return _UNITS[match["unit"] or ""], _CURRENCIES[currency] if currency else None


def currency_of(text: str) -> str:
    """The ISO 4217 code that a currency's name, sign or code stands for; raises CellError."""
    label = plain(text).casefold()
    if label in _CURRENCIES:
        return _CURRENCIES[label]
    if re.fullmatch(r"[a-z]{3}", label):
        return label.upper()
    raise CellError(zh=f"“{text}”不是币种", en=f"{text!r} is not a currency")


def to_number(cell: Cell) -> Decimal:
    """The exact number in a cell, thousands separators and a percent sign understood; raises CellError."""
    if isinstance(cell, float) and isfinite(cell):
        return exact(cell)
    text = plain(as_text(cell))
    share = text.endswith("%")
    if not re.fullmatch(_NUMBER, text.removesuffix("%").strip(), re.ASCII):
        raise CellError(zh=f"“{text}”不是数字", en=f"{text!r} is not a number")
    number = _decimal(text.removesuffix("%").strip())
    return number / 100 if share else number


def _decimal(text: str) -> Decimal:
    """The number of a text; one that is finer than a cent may be what a program made of a float."""
    number = Decimal(text.replace(",", ""))
    return number if len(text.partition(".")[2]) <= _CENT_PLACES else exact(float(number))


def to_money(cell: Cell, form: AmountForm, *, is_signed: bool = False) -> Money:
    """The amount in a cell, in the base currency.

    A unit or currency written in the cell wins over the form's. Raises CellError for what is no amount, is
    negative unless it `is_signed`, is finer than a cent, or is foreign money without a rate.
    """
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        text = format(to_number(cell), "f")
    else:
        text = plain(as_text(cell)).replace("\u2212", "-")
    positive, is_negative = _without_sign(text.casefold())
    match = _AMOUNT.fullmatch(positive)
    if match is None:
        raise CellError(zh=f"“{text}”不是金额", en=f"{text!r} is not an amount of money")
    number = _decimal(match["number"])
    bare = not (match["unit"] or match["after"])
    amount = number * (form.unit if bare else _UNITS[match["unit"] or ""])
    if is_negative:
        amount = -amount
    if amount < 0 and not is_signed:
        raise CellError(zh="金额不能为负数", en="An amount cannot be negative")
    return _in_base(amount, _currency(match["before"], match["after"], form), form)


def _without_sign(text: str) -> tuple[str, bool]:
    """An amount without the sign around it, and whether that sign makes it negative."""
    match = _NEGATIVE.fullmatch(text)
    return (match[match.lastgroup or 0].strip(), True) if match else (text, False)


def _currency(before: str | None, after: str | None, form: AmountForm) -> str:
    named = {_CURRENCIES[name] for name in (before, after) if name}
    if len(named) > 1:
        raise CellError(zh="金额写了两种币种", en="The amount names two currencies")
    return named.pop() if named else form.currency or form.base


def _in_base(amount: Decimal, currency: str, form: AmountForm) -> Money:
    if abs(amount) >= Decimal(10) ** (AMOUNT_DIGITS - 2):
        raise CellError(zh="金额过大", en="The amount is too large")
    cents = amount.quantize(_CENT, ROUND_HALF_UP)
    if currency == form.base:
        if abs(amount - cents) > _NOISE and not form.rounds:
            raise CellError(
                zh="金额精确到分以下；映射文件的 money 中写 round: cent 可四舍五入到分",
                en="The amount is finer than a cent; `round: cent` under `money` in a mapping rounds it",
            )
        return Money(amount=cents, currency=currency)
    if form.rate is None or form.rate <= 0:
        raise CellError(
            zh=f"金额币种为 {currency},不是 {form.base},而该行没有汇率",
            en=f"The amount is in {currency}, not {form.base}, and the row gives no rate",
        )
    return Money(amount=(amount * form.rate).quantize(_CENT, ROUND_HALF_UP), currency=form.base)
