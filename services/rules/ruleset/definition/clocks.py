"""Clocks: anchors with ladders, the only temporal primitive."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from contracts.text import Severity, TaskKind, Text
from services.rules.ruleset.definition.facts import Position, SubjectKind
from services.rules.ruleset.definition.tests import Test
from services.shared.business_time import Duration

_NAMES = re.compile(r"\{([^{}]*)\}")


class StartMode(StrEnum):
    """How a clock takes its anchor from its fields; absent ones are left out."""

    FIELD = "field"
    LATEST_OF = "latest_of"
    FIRST_OF = "first_of"


@dataclass(frozen=True, slots=True)
class StartsAt:
    """The anchor of a clock: with no field present the clock is inactive."""

    mode: StartMode
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Offset:
    """When a rung is reached: the anchor, plus the duration that a decision returned, plus a duration."""

    plus: Duration
    variable: str | None = None


@dataclass(frozen=True, slots=True)
class TaskAction:
    """Somebody has to do something."""

    to: str
    title: Text | None = None
    severity: Severity = Severity.NORMAL
    kind: TaskKind | None = None
    channel: str | None = None
    due: Duration | None = None

    @property
    def states_lateness(self) -> bool:
        """Whether it says that something is late already: a breach, or a warning that gives no time."""
        return self.severity is Severity.BREACH or (self.severity is Severity.WARNING and not self.due)


@dataclass(frozen=True, slots=True)
class EscalateAction:
    """Somebody above watches from here on."""

    to: str
    title: Text | None = None


@dataclass(frozen=True, slots=True)
class NotifyAction:
    """Somebody is told, once for the episode and the rung; never a task."""

    to: str
    title: Text
    channel: str | None = None


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of a ladder."""

    id: str
    at: Offset
    where: Position
    task: TaskAction | None = None
    escalate: EscalateAction | None = None
    notify: NotifyAction | None = None
    publishes: str | None = None
    title: Text | None = None
    source: str | None = None
    text: str = ""
    """The offset as it is written."""
    was: tuple[str, ...] = ()
    """Its former ids, the latest first."""

    @property
    def identity(self) -> str:
        """The first id it ever had: what its notices are known by."""
        return self.was[-1] if self.was else self.id


@dataclass(frozen=True, slots=True)
class Clock:
    """An anchor, a condition, and rungs at offsets from the anchor: the only temporal primitive."""

    id: str
    subject: SubjectKind
    starts_at: StartsAt
    condition: Mapping[str, Test]
    ladder: tuple[Rung, ...]
    where: Position
    completes: Literal["fact", "person"] = "fact"
    asks: tuple[str, ...] = ()
    catch_up: Literal["highest", "all"] = "highest"
    title: Text | None = None
    source: str | None = None
    texts: Mapping[str, str] = field(default_factory=dict)
    """Each test of `while` as it is written."""
    enabled: bool = True
    """False: as if it were not there; its tasks end, and come back under their ids."""
    was: tuple[str, ...] = ()
    """Its former ids, the latest first."""
    accept: Mapping[str, str] = field(default_factory=dict)
    """Findings about it that are meant, each with the reason."""

    @property
    def identity(self) -> str:
        """The first id it ever had: what its tasks and notices are known by."""
        return self.was[-1] if self.was else self.id

    @property
    def names(self) -> tuple[str, ...]:
        """Its id and its former ids."""
        return (self.id, *self.was)

    def rung_named(self, name: str) -> Rung | None:
        """The rung that has this id or had it formerly; None when there is none."""
        return next((rung for rung in self.ladder if name in (rung.id, *rung.was)), None)

    @property
    def tested(self) -> tuple[str, ...]:
        """The names that the condition and the offsets use."""
        offsets = [rung.at.variable for rung in self.ladder if rung.at.variable]
        return tuple(dict.fromkeys([*self.condition, *offsets]))

    @property
    def reads(self) -> frozenset[str]:
        """The names that the condition and the offsets use, and that the words of its tasks show."""
        return frozenset({*self.tested, *self._shown()})

    def _shown(self) -> Iterator[str]:
        actions = [action for rung in self.ladder for action in (rung.task, rung.escalate) if action]
        titles = [self.title, *(action.title for action in actions)]
        words = [text for title in titles if title for text in (title.zh, title.en)]
        words += [rung.task.channel for rung in self.ladder if rung.task and rung.task.channel]
        for each in words:
            yield from _NAMES.findall(each)
