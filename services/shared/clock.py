"""The present moment as an argument: the one place that reads the wall clock."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Says what time business is at; nothing but the doors and the schedulers holds one."""

    def now(self) -> datetime:
        """Return the business instant, aware, in UTC."""
        ...


@dataclass(frozen=True)
class FrozenClock:
    """Always the same instant: `--as-of … --once`, imports and tests. A naive instant is a ValueError."""

    instant: datetime

    def __post_init__(self) -> None:
        if self.instant.tzinfo is None:
            message = f"a clock needs an instant with a time zone, not {self.instant.isoformat()}"
            raise ValueError(message)

    def now(self) -> datetime:
        """Return the frozen instant, in UTC."""
        return self.instant.astimezone(UTC)


@dataclass(frozen=True)
class RunningClock:
    """Goes at the speed of the machine's clock, `offset` ahead of it (negative: behind)."""

    offset: timedelta = field(default_factory=timedelta)

    def now(self) -> datetime:
        """Return the machine's time plus the offset, in UTC."""
        # The one door to the wall clock; everyone else is handed a Clock.
        return datetime.now(UTC) + self.offset  # noqa: TID251
