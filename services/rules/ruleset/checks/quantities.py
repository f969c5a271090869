"""Amounts and lengths of time, as rules have them and as titles write them in Chinese and English."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import chain
from typing import Final
from unicodedata import normalize

from services.shared.business_time import Duration, Unit


class Kind(StrEnum):
    """What can be compared: `24h` and `1d` are minutes both, working days are something else."""

    AMOUNT = "amount"
    MINUTES = "minutes"
    MONTHS = "months"
    WORKING_HOURS = "working hours"
    WORKING_DAYS = "working days"


@dataclass(frozen=True, slots=True)
class Quantity:
    """An amount or a length of time, in the one unit of its kind."""

    kind: Kind
    number: Decimal


def spoken_as(quantity: Quantity) -> frozenset[Quantity]:
    """Return what people may mean by a quantity: hours are working hours too, and a year is 365 days."""
    number, year = quantity.number, Decimal(_DAYS_OF_A_YEAR * 1_440)
    meant = {quantity}
    if quantity.kind is Kind.MINUTES:
        meant.add(Quantity(Kind.WORKING_HOURS, number / 60))
    if quantity.kind is Kind.MONTHS and not number % 12:
        meant.add(Quantity(Kind.MINUTES, number / 12 * year))
    return frozenset(meant)


@dataclass(frozen=True, slots=True)
class Mention:
    """A quantity that a title has, as it is written there."""

    written: str
    quantity: Quantity


_DAYS_OF_A_YEAR: Final = 365
_UNITS: Final = {
    Unit.MIN: (Kind.MINUTES, 1),
    Unit.H: (Kind.MINUTES, 60),
    Unit.D: (Kind.MINUTES, 1_440),
    Unit.W: (Kind.MINUTES, 10_080),
    Unit.MO: (Kind.MONTHS, 1),
    Unit.Q: (Kind.MONTHS, 3),
    Unit.WH: (Kind.WORKING_HOURS, 1),
    Unit.WD: (Kind.WORKING_DAYS, 1),
}
YEAR: Final = Quantity(Kind.MONTHS, Decimal(12))
QUARTER: Final = Quantity(Kind.MONTHS, Decimal(3))
MONTH: Final = Quantity(Kind.MONTHS, Decimal(1))
_HALVES: Final = {"年": Quantity(Kind.MONTHS, Decimal(6)), "小时": Quantity(Kind.MINUTES, Decimal(30))}

_HAN_DIGITS: Final = {"两": 2, **{sign: number for number, sign in enumerate("一二三四五六七八九", 1)}}
_HAN_UNITS: Final = {"十": 10, "百": 100, "千": 1_000}
_ONES: Final = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TEENS: Final = ("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen")
_TENS: Final = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_ENGLISH_WORDS: Final = {
    **{word: number for number, word in enumerate((*_ONES, *_TEENS), 1)},
    **{word: 10 * number for number, word in enumerate(_TENS, 2)},
}
_SCALES: Final = {
    **dict.fromkeys(("元", "yuan", "rmb", "cny"), 1),
    **dict.fromkeys(("千元", "k", "thousand"), 1_000),
    **dict.fromkeys(("百万", "million"), 1_000_000),
    "万": 10_000,
    "千万": 10_000_000,
    "亿": 100_000_000,
}
_NAMES: Final = {
    Unit.MIN: ("分钟", "minute", "min"),
    Unit.H: ("小时", "hour", "h"),
    Unit.D: ("天", "日", "自然日", "自然天", "calendar day", "day", "daily", "d"),
    Unit.W: ("周", "星期", "礼拜", "week", "weekly"),
    Unit.MO: ("月", "month", "monthly", "mo"),
    Unit.Q: ("季", "季度", "quarter", "quarterly"),
    Unit.WH: ("工作小时", "working hour", "business hour", "wh"),
    Unit.WD: ("工作日", "workday", "working day", "business day", "wd"),
}
_UNIT_OF: Final = {name: unit for unit, names in _NAMES.items() for name in names}
_YEARS: Final = ("年", "year", "yearly", "annually")
"""No rule can write a year: it is twelve months."""

_ARABIC = r"\d+(?:,\d{3})*(?:\.\d+)?"
_HAN = "[一二两三四五六七八九十][一二两三四五六七八九十百千]*"
_ENGLISH = rf"(?>(?:{'|'.join(_TENS)})(?:[ -](?:{'|'.join(_ONES)}))?|{'|'.join((*_TEENS, *_ONES))})(?![a-z])"
_NUMBER = rf"(?:{_ARABIC}|{_HAN}|{_ENGLISH})"
# Not in the middle of a word or a number, and no ordinal, weekday or "the last": 第3天, R070, 周一, 上一年.
_START = r"(?<![a-z0-9_第上下这那某同另统唯周])(?<!星期)(?<!\d[.,])"
_TWO = rf"{_START}(?:(?P<low>{_NUMBER})\s*(?:至|到|或|[-–—~]|to\b|or\b)\s*)?(?P<high>{_NUMBER})"
_EN_UNIT = (
    r"(?P<unit>(?:working|business)[ -](?:day|hour)|workday|calendar day|minute|hour|day|week|fortnight"
    r"|month|quarter|year)s?(?![a-z]|\s+of\b)"
)
_AMOUNTS: Final = (
    re.compile(
        rf"{_TWO}\s*(?P<scale>千元|元|(?:亿|千万|百万|万)(?![人家户次个条台])"
        r"|(?:k|thousand|million|yuan|rmb|cny)(?![a-z]))"
    ),
    re.compile(rf"(?:[¥$]|rmb|cny)\s*(?P<high>{_ARABIC})"),
    re.compile(rf"{_START}(?P<high>\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?)"),
)
_OFTEN = r"(?!\s*(?:[2-9二两三四五六七八九]|\d\d+)\s*次)"
_LENGTHS: Final = (
    re.compile(
        rf"每隔?\s*(?P<high>{_NUMBER})?\s*个?(?P<unit>工作日|工作小时|小时|天|日|周|星期|月|季度?|半?年){_OFTEN}"
    ),
    re.compile(
        rf"{_TWO}\s*(?P<unit>个?(?:工作日|工作小时|自然[日天]|小时|星期(?![一二三四五六日])|礼拜)|天|分钟"
        r"|周(?![年岁])|个月|个季度?|年(?![级代底初度月])|(?<!月\d)(?<!月\d\d)日(?=[内后未无没以之]))(?!半)"
    ),
    re.compile(r"(?<![年月周天个一-九上下0-9])(?P<unit>半年|半个?小时)"),
    re.compile(r"(?P<unit>隔周|双周)"),
    re.compile(rf"{_TWO}[\s-]*{_EN_UNIT}"),
    re.compile(rf"(?<![a-z])(?P<half>half)[ -](?:an? )?{_EN_UNIT}"),
    re.compile(rf"(?<!times )(?<!twice )(?<![a-z])(?:an?|each|per|every(?P<other> other)?) {_EN_UNIT}"),
    re.compile(r"(?<![a-z])(?P<unit>daily|weekly|fortnightly|monthly|quarterly|yearly|annually)(?![a-z])"),
    re.compile(r"(?<![a-z0-9_])(?P<high>\d+)(?P<unit>min|h|d|mo|wh|wd)(?![a-z0-9])"),
)
_LONGEST_YEARS: Final = 10


def amount(number: Decimal) -> Quantity:
    """Return an amount in the unit of the currency, or a plain number."""
    return Quantity(Kind.AMOUNT, number)


def totals(duration: Duration) -> Mapping[Kind, int]:
    """Return how much of each kind a duration is in all."""
    sums: Counter[Kind] = Counter()
    for number, unit in duration.terms:
        kind, factor = _UNITS[unit]
        sums[kind] += number * factor
    return sums


def lengths(duration: Duration) -> frozenset[Quantity]:
    """Return the terms of a duration and their sums; so long before is as long as so long after."""
    parts = chain(*(totals(Duration((term,))).items() for term in duration.terms), totals(duration).items())
    return frozenset(Quantity(kind, Decimal(abs(number))) for kind, number in parts)


def mentions(words: str) -> tuple[Mention, ...]:
    """Return the amounts and lengths of time that a title has; numbers without a unit are none.

    What rules cannot count, like half a month or twice a week, is left out.
    """
    text = normalize("NFKC", re.sub(r"\{[^{}]*\}", " ", words)).casefold()
    found: list[tuple[int, Mention]] = []
    for pattern in (*_AMOUNTS, *_LENGTHS):
        for match in pattern.finditer(text):
            written = match[0].strip()
            found += [(match.start(), Mention(written, each)) for each in _read(match)]
        text = pattern.sub(lambda match: " " * len(match[0]), text)
    return tuple(mention for _, mention in sorted(found, key=lambda each: each[0]))


def _read(match: re.Match[str]) -> Iterator[Quantity]:
    parts = match.groupdict()
    unit = parts.get("unit")
    for name in ("low", "high"):
        number = _number(parts[name]) if parts.get(name) else None
        if number is not None:
            yield from (
                _length(number, unit) if unit else [amount(number * _SCALES[parts.get("scale") or "元"])]
            )
    if unit and not parts.get("high"):
        yield from _bare(unit, half=bool(parts.get("half")), other=bool(parts.get("other")))


def _bare(unit: str, *, half: bool, other: bool) -> Iterator[Quantity]:
    """Yield a length that is written without a number: 半年, 双周, every week."""
    if unit.startswith("半"):
        yield _HALVES[unit.removeprefix("半").removeprefix("个")]
    elif half:
        yield from ([_HALVES["年"]] if unit == "year" else [_HALVES["小时"]] if unit == "hour" else [])
    elif unit in ("隔周", "双周"):
        yield from _length(Decimal(2), "周")
    else:
        yield from _length(Decimal(2 if other else 1), unit)


def _length(number: Decimal, unit: str) -> Iterator[Quantity]:
    name = unit.removeprefix("个").replace("-", " ")
    if name in _YEARS:
        if number <= _LONGEST_YEARS:
            yield Quantity(Kind.MONTHS, number * 12)
    elif name.startswith("fortnight"):
        yield from _length(number * 2, "week")
    elif name in _UNIT_OF:
        kind, factor = _UNITS[_UNIT_OF[name]]
        yield Quantity(kind, number * factor)


def _number(text: str) -> Decimal | None:
    """Return a number in digits, Chinese numerals or English words; None for about: 两三."""
    if text[0].isdecimal():
        return Decimal(text.replace(",", ""))
    if text[0] not in _HAN_DIGITS and text[0] not in _HAN_UNITS:
        return Decimal(sum(_ENGLISH_WORDS[word] for word in re.split("[ -]", text)))
    total = digit = 0
    for sign in text:
        if sign in _HAN_UNITS:
            total += (digit or 1) * _HAN_UNITS[sign]
            digit = 0
        elif digit:
            return None
        else:
            digit = _HAN_DIGITS[sign]
    return Decimal(total + digit)
