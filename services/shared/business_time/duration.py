"""Lengths of time as rules write them: `14d + 3wd`, `-60d`, `1mo - 2d`, `0`."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from services.shared.errors import RefusedError


class Unit(StrEnum):
    """What a term counts; `wh` and `wd` are hours and days of work."""

    MIN = "min"
    H = "h"
    D = "d"
    W = "w"
    MO = "mo"
    Q = "q"
    WH = "wh"
    WD = "wd"


# About a hundred years of each: enough for any rule, and no sum of terms leaves the years a date can have.
_MOST = {
    Unit.MIN: 52_560_000,
    Unit.H: 876_000,
    Unit.D: 36_500,
    Unit.W: 5_200,
    Unit.MO: 1_200,
    Unit.Q: 400,
    Unit.WH: 200_000,
    Unit.WD: 25_000,
}
_MOST_TERMS = 8
_TERM = re.compile(r"([+-]?)\s*([0-9]{1,9})(min|h|d|w|mo|q|wh|wd)(?![a-z0-9])\s*")


class BadDurationError(RefusedError, ValueError):
    """“{text}” is no duration from “{part}” on: write 30min, 24h, 14d, 2w, 1mo, 1q, 4wh, 3wd or 14d + 3wd."""

    # Also a ValueError, so that a Pydantic validator can raise it and the file's line is reported.
    slug = "bad-duration"
    zh = "“{text}”不是时长，从“{part}”起看不懂：请写 30min、24h、14d、2w、1mo、1q、4wh、3wd 或 14d + 3wd。"
    text: str
    part: str


class DurationTooLongError(BadDurationError):
    """“{text}” is too long at “{part}”: no term may exceed a hundred years, and there are at most 8 terms."""

    slug = "duration-too-long"
    zh = "时长“{text}”过长，问题在“{part}”：每一项不超过一百年，最多 8 项。"


@dataclass(frozen=True, slots=True)
class Duration:
    """Terms in the order they are added; terms of zero are dropped, so that `0d` equals `0`.

    Raises:
        DurationTooLongError: a term is longer than a hundred years, or there are more than eight.
    """

    terms: tuple[tuple[int, Unit], ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "terms", tuple((amount, unit) for amount, unit in self.terms if amount))
        for index, (amount, unit) in enumerate(self.terms):
            if abs(amount) > _MOST[unit] or index >= _MOST_TERMS:
                raise DurationTooLongError(text=str(self), part=f"{amount}{unit}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `str` writes; spaces around `+` and `-` may be left out.

        Raises:
            BadDurationError: the text is something else; it names the part that is not understood.
        """
        terms: list[tuple[int, Unit]] = []
        rest = text.strip()
        while rest and rest != "0":
            found = _TERM.match(rest)
            if not found or (terms and not found[1]):
                raise BadDurationError(text=text, part=rest)
            terms.append((int(found[1] + found[2]), Unit(found[3])))
            rest = rest[found.end() :]
        if (rest == "0" and terms) or (not rest and not terms):
            raise BadDurationError(text=text, part=rest)
        return cls(tuple(terms))

    def __add__(self, other: "Duration") -> "Duration":
        """Return the duration that adds this one first and the other to its result (`{every} + 3wd`)."""
        return Duration(self.terms + other.terms)

    def __str__(self) -> str:
        if not self.terms:
            return "0"
        words = [f"{'-' if amount < 0 else '+'} {abs(amount)}{unit}" for amount, unit in self.terms]
        first = words[0].removeprefix("+ ").replace("- ", "-")
        return " ".join([first, *words[1:]])
