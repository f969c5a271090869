"""What holds for a subject at an instant: the answer of every evaluator."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from services.rules.ruleset.definition.facts import Value


@dataclass(frozen=True, slots=True)
class RungInstant:
    """When a rung of an active clock is reached."""

    rung: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ClockState:
    """An active clock: its anchor, the instants of all its rungs, and how many of them are reached."""

    anchor: datetime
    rungs: tuple[RungInstant, ...]
    reached: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What holds for one subject at one instant.

    `rows` names the row that decided each decision; `clocks` has the active ones; before `next_instant`
    (None: never) nothing of this changes unless a fact does.
    """

    values: Mapping[str, Value]
    rows: Mapping[str, str]
    clocks: Mapping[str, ClockState]
    next_instant: datetime | None
