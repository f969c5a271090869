"""Tests: what a cell of a rule asks of a fact."""

from dataclasses import dataclass
from enum import StrEnum

from services.shared.business_time import Duration


class AgeKind(StrEnum):
    """How an instant is compared with now."""

    OLDER_THAN = "older than"
    WITHIN_LAST = "within last"
    WITHIN_NEXT = "within next"


@dataclass(frozen=True, slots=True)
class Members:
    """`high`, `[high, mid]`, `not low`, `true`: one of these values, or null where `null` is listed.

    `not low` is read as the other values; null matches only where it is written.
    """

    values: frozenset[str | bool]
    null: bool = False


@dataclass(frozen=True, slots=True)
class Interval:
    """`>= 50万`, `[10万, 50万)`, `< 10万 or null`: integers, money in minor units; None is unbounded."""

    low: int | None = None
    high: int | None = None
    low_closed: bool = True
    high_closed: bool = False
    null: bool = False

    @property
    def whole(self) -> tuple[int | None, int | None]:
        """The same range as a first number and an end that no longer belongs to it."""
        low = None if self.low is None else self.low + (0 if self.low_closed else 1)
        high = None if self.high is None else self.high + (1 if self.high_closed else 0)
        return low, high


@dataclass(frozen=True, slots=True)
class Presence:
    """`null` or `not null`, for fields that have no members to list."""

    present: bool


@dataclass(frozen=True, slots=True)
class Age:
    """`older than 90d`, `within last 7d`, `within next 30d`, each with `or null`.

    With D the duration and t the field: older is t + D <= now; within last is t <= now < t + D; within
    next is t - D <= now < t. Instants half-open, D in the calendar's local time.
    """

    kind: AgeKind
    duration: Duration
    null: bool = False


@dataclass(frozen=True, slots=True)
class Tagged:
    """`has 重点客户` or `not has 重点客户`."""

    tag: str
    present: bool = True


Test = Members | Interval | Presence | Age | Tagged
