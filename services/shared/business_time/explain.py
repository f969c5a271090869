"""Working-time arithmetic in words: `2025-09-30 16:00 + 3 working days → 2025-10-11 18:00 (skips …)`."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Self, TypeVar

from services.shared.business_time.duration import Duration
from services.shared.business_time.words import as_steps
from services.shared.business_time.working_days import Span
from services.shared.errors import Locale

T = TypeVar("T", date, int)

_MOST_RUNS = 3
_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "notes": " ({})",
        "between": "; ",
        "skips": "skips {}",
        "days": "{count} days off from {first} to {last}",
        "make_up": "{} is a make-up working day",
        "make_ups": "{} are make-up working days",
        "provisional": "the public holidays of {} are not published yet",
        "comma": ", ",
    },
    "zh": {
        "notes": "({})",
        "between": ";",
        "skips": "跳过{}",
        "days": "{first}至{last}之间的{count}个休息日",
        "make_up": "{}为调休上班日",
        "make_ups": "{}为调休上班日",
        "provisional": "{}年放假安排尚未公布，暂按周末推算",
        "comma": "、",
    },
}


@dataclass(frozen=True, kw_only=True)
class Arithmetic:
    """One addition, with the days that made it longer or shorter; times are local."""

    start: datetime
    end: datetime
    duration: Duration
    skipped: tuple[date, ...]
    make_up: tuple[date, ...]
    provisional: tuple[int, ...]

    @classmethod
    def over(cls, spans: Iterable[Span], *, start: datetime, end: datetime, duration: Duration) -> Self:
        """Gather the days off, make-up days and unpublished years in the spans that were counted in work."""
        seen = list(spans)
        return cls(
            start=start,
            end=end,
            duration=duration,
            skipped=_sorted(span.off for span in seen),
            make_up=tuple(day for day in _sorted(span.make_up for span in seen) if day != start.date()),
            provisional=_sorted(span.provisional for span in seen),
        )

    def words(self, locale: Locale) -> str:
        """Return the sentence, with its notes in brackets where there are any."""
        text = _TEXTS[locale]
        steps = as_steps(self.duration)
        notes = text["between"].join(self._notes(text))
        bracket = text["notes"].format(notes) if notes else ""
        return (
            f"{_minute(self.start)} {steps.zh if locale == 'zh' else steps.en} → {_minute(self.end)}{bracket}"
        )

    def _notes(self, text: dict[str, str]) -> list[str]:
        notes = []
        if self.skipped:
            notes.append(text["skips"].format(self._skipped(text)))
        if self.make_up:
            form = text["make_up"] if len(self.make_up) == 1 else text["make_ups"]
            notes.append(form.format(text["comma"].join(map(str, self.make_up))))
        if self.provisional:
            notes.append(text["provisional"].format(text["comma"].join(map(str, self.provisional))))
        return notes

    def _skipped(self, text: dict[str, str]) -> str:
        runs = _runs(self.skipped)
        if len(runs) > _MOST_RUNS:
            return text["days"].format(count=len(self.skipped), first=self.skipped[0], last=self.skipped[-1])
        return text["comma"].join(str(a) if a == b else f"{a}…{b}" for a, b in runs)


def _sorted(parts: Iterable[tuple[T, ...]]) -> tuple[T, ...]:
    return tuple(sorted({each for part in parts for each in part}))


def _runs(days: tuple[date, ...]) -> list[tuple[date, date]]:
    runs: list[tuple[date, date]] = []
    for day in days:
        if runs and day - runs[-1][1] == timedelta(days=1):
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    return runs


def _minute(wall: datetime) -> str:
    return wall.strftime("%Y-%m-%d %H:%M")
