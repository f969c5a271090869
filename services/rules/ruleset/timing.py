"""When answers change: anchors, the instants of rungs, and the next instant at which anything could differ.

Instants are aware and in UTC; durations are added by the calendar, left to right.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Protocol

from services.rules.ruleset.definition import (
    Age,
    AgeKind,
    Clock,
    ClockState,
    Fact,
    Offset,
    Ruleset,
    RungInstant,
    StartMode,
    StartsAt,
)
from services.shared.business_time import Duration


class Adder(Protocol):
    """What adds durations to instants: a calendar, or one that remembers."""

    def add(self, instant: datetime, duration: Duration) -> datetime:
        """Return the instant that lies the duration after another, in UTC."""
        ...


class RememberedAdditions:
    """A calendar that remembers: the rungs of a ladder share their first terms, and subjects come again."""

    def __init__(self, calendar: Adder, *, size: int = 16384) -> None:
        self._step = lru_cache(size)(calendar.add)
        self._terms = lru_cache(size)(_terms)

    def add(self, instant: datetime, duration: Duration) -> datetime:
        """Return the instant that lies the duration after another: one term after the other, as ever."""
        for term in self._terms(duration):
            instant = self._step(instant, term)
        return instant


def _terms(duration: Duration) -> list[Duration]:
    return [Duration((term,)) for term in duration.terms] or [duration]


def anchor_of(starts_at: StartsAt, facts: Mapping[str, Fact]) -> datetime | None:
    """Return the instant from which a clock counts; absent fields are left out, None when all are absent."""
    instants = [value for name in starts_at.fields if isinstance(value := facts.get(name), datetime)]
    if not instants:
        return None
    return min(instants) if starts_at.mode is StartMode.FIRST_OF else max(instants)


def instant_of(
    offset: Offset, anchor: datetime, known: Mapping[str, Fact], calendar: Adder
) -> datetime | None:
    """Return the anchor plus the variable's value, plus the duration; None when the variable is null."""
    if offset.variable is None:
        return calendar.add(anchor, offset.plus)
    length = known.get(offset.variable)
    return calendar.add(calendar.add(anchor, length), offset.plus) if isinstance(length, Duration) else None


def running(clock: Clock, known: Mapping[str, Fact], now: datetime, calendar: Adder) -> ClockState | None:
    """Return the state of a clock whose condition holds; None while an anchor or a duration is missing.

    A rung is never reached before the ones above it: its instant is the latest of its own and theirs.
    """
    anchor = anchor_of(clock.starts_at, known)
    if anchor is None:
        return None
    rungs: list[RungInstant] = []
    for rung in clock.ladder:
        at = instant_of(rung.at, anchor, known, calendar)
        if at is None:
            return None
        rungs.append(RungInstant(rung.id, max(at, rungs[-1].at) if rungs else at))
    return ClockState(anchor, tuple(rungs), reached=sum(rung.at <= now for rung in rungs))


def window(age: Age, instant: datetime, calendar: Adder) -> tuple[datetime | None, datetime | None]:
    """Return from when and until when a test of age holds for this instant; None is unbounded."""
    if age.kind is AgeKind.OLDER_THAN:
        return calendar.add(instant, age.duration), None
    if age.kind is AgeKind.WITHIN_LAST:
        return instant, calendar.add(instant, age.duration)
    return calendar.add(instant, backwards(age.duration)), instant


def backwards(duration: Duration) -> Duration:
    """Return the duration that takes each term away instead of adding it, in the same order."""
    return Duration(tuple((-amount, unit) for amount, unit in duration.terms))


def ages_of(ruleset: Ruleset, kind: str) -> frozenset[tuple[str, Age]]:
    """Return every test of age in the decisions and clocks of a kind of subject, with the field it reads."""
    conditions = [row.tests for decision in ruleset.decisions_of[kind] for row in decision.rows]
    conditions += [clock.condition for clock in ruleset.clocks_of[kind]]
    return frozenset(
        (name, test) for tests in conditions for name, test in tests.items() if isinstance(test, Age)
    )


def breakpoints(
    ages: Iterable[tuple[str, Age]],
    facts: Mapping[str, Fact],
    clocks: Iterable[ClockState],
    calendar: Adder,
) -> Iterator[datetime]:
    """Yield every instant at which a test of age flips or a rung of an active clock is reached."""
    for name, age in ages:
        value = facts.get(name)
        if isinstance(value, datetime):
            yield from (edge for edge in window(age, value, calendar) if edge is not None)
    for clock in clocks:
        yield from (rung.at for rung in clock.rungs)


def next_after(now: datetime, instants: Iterable[datetime]) -> datetime | None:
    """Return the earliest instant later than now; None when there is none."""
    return min((instant for instant in instants if instant > now), default=None)
