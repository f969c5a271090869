"""The present moment as an argument: the one place that reads the wall clock."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from services.shared.errors import SettingError, TransientError


class BadClockFileError(SettingError):
    """The clock file {path} holds no instant with a time zone; write one like 2025-05-20T18:00+08:00."""

    slug = "bad-clock-file"
    zh = "时钟文件 {path} 中没有带时区的时刻;请写入如 2025-05-20T18:00+08:00 的内容。"
    path: Path


class ClockFileAwayError(TransientError):
    """The clock file {path} holds no instant with a time zone at the moment."""

    slug = "clock-file-away"
    zh = "时钟文件 {path} 中暂时没有带时区的时刻。"
    path: Path


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


@dataclass(frozen=True)
class FileClock:
    """The instant that a file holds, as often as it is asked: several processes rehearse the same time."""

    path: Path

    @classmethod
    def of(cls, path: Path) -> "FileClock":
        """Return the clock of a file that has an instant now; else BadClockFileError."""
        clock = cls(path)
        try:
            clock.now()
        except ClockFileAwayError as error:
            raise BadClockFileError(path=path) from error
        return clock

    def now(self) -> datetime:
        """Return the instant in the file, in UTC; ClockFileAwayError while there is none."""
        try:
            instant = datetime.fromisoformat(self.path.read_text(encoding="utf-8").strip())
        except (OSError, ValueError) as error:
            raise ClockFileAwayError(path=self.path) from error
        if instant.tzinfo is None:
            raise ClockFileAwayError(path=self.path)
        return instant.astimezone(UTC)
