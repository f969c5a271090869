"""The shape of a ruleset after it was read: what the checks prove and the evaluators evaluate.

A subject is a customer, an opportunity or a plan. Its facts are plain values: enumerations, ids and tags
are text, money is in minor units, instants are aware and in UTC, and None is what `absent` names.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Literal

from contracts.rules import Severity, TaskKind, Text
from services.shared.business_time import Calendar, Duration

Value = str | bool | int | Duration | None
Fact = str | bool | int | datetime | frozenset[str] | Duration | None
SubjectKind = Literal["customer", "opportunity", "plan"]

OTHERWISE = "otherwise"
"""The row id of a decision's explicit default."""


class FieldType(StrEnum):
    """What values a fact or an output can have."""

    ID = "id"
    ENUM = "enum"
    BOOL = "bool"
    MONEY = "money"
    NUMBER = "number"
    INSTANT = "instant"
    TAGS = "tags"
    DURATION = "duration"


class HitPolicy(StrEnum):
    """Which of the matching rows of a decision decides."""

    UNIQUE = "unique"
    FIRST = "first"
    PRIORITY = "priority"


class AgeKind(StrEnum):
    """How an instant is compared with now."""

    OLDER_THAN = "older than"
    WITHIN_LAST = "within last"
    WITHIN_NEXT = "within next"


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a rule file; line and column count from 1."""

    file: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Field:
    """A fact of an entity, or an output of a decision.

    A field without `absent` is never null. `past` promises that an instant is not after now.
    """

    name: str
    type: FieldType
    values: tuple[str, ...] = ()
    absent: str | None = None
    minimum: int | None = None
    past: bool = False
    label: Text | None = None
    durations: tuple[Duration, ...] = ()
    labels: Mapping[str, Text] = field(default_factory=dict, hash=False)
    """What people call each of the values."""

    @property
    def nullable(self) -> bool:
        """Whether the field can be null."""
        return self.absent is not None


@dataclass(frozen=True, slots=True)
class Entity:
    """One kind of subject with its facts."""

    name: str
    fields: Mapping[str, Field]
    belongs_to: str | None = None


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All entities, by name."""

    entities: Mapping[str, Entity]


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


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a decision: when all tests hold, these values."""

    id: str
    tests: Mapping[str, Test]
    values: Mapping[str, Value]
    where: Position
    title: Text | None = None
    source: str | None = None
    texts: Mapping[str, str] = field(default_factory=dict)
    """Each test as it is written, for explanations."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A table: facts and earlier outputs to values. With `shadow` it is computed and has no effect."""

    id: str
    subject: SubjectKind
    returns: Mapping[str, Field]
    hit: HitPolicy
    rows: tuple[Row, ...]
    where: Position
    otherwise: Mapping[str, Value] | None = None
    shadow: bool = False
    title: Text | None = None
    source: str | None = None


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


@dataclass(frozen=True, slots=True)
class Role:
    """How a role is found: steps from the subject's owner (`manager`, `lead`, `deputy`), or a department."""

    name: str
    path: tuple[Literal["manager", "lead", "deputy"], ...] = ()
    department: str | None = None
    title: Text | None = None


@dataclass(frozen=True, slots=True)
class Roles:
    """All roles, and who is asked when nobody is found: a person by name, or a queue."""

    roles: Mapping[str, Role]
    fallback_person: str | None = None
    fallback_queue: str = "unassigned"


@dataclass(frozen=True)
class Ruleset:
    """A whole directory, proved: decisions in the order of their strata, then clocks.

    `digest` is the hash of the files it was read from.
    """

    vocabulary: Vocabulary
    calendar: Calendar
    roles: Roles
    decisions: tuple[Decision, ...]
    clocks: tuple[Clock, ...]
    digest: str

    @cached_property
    def decisions_of(self) -> Mapping[str, tuple[Decision, ...]]:
        """The decisions of each kind of subject, in the order in which they are evaluated."""
        return {
            kind: tuple(decision for decision in self.decisions if decision.subject == kind)
            for kind in self.vocabulary.entities
        }

    @cached_property
    def clocks_of(self) -> Mapping[str, tuple[Clock, ...]]:
        """The clocks of each kind of subject."""
        return {
            kind: tuple(clock for clock in self.clocks if clock.subject == kind)
            for kind in self.vocabulary.entities
        }

    def fields_for(self, kind: str) -> Mapping[str, Field]:
        """Every name that a rule about this kind may test: facts, outputs, and its customer's outputs."""
        entity = self.vocabulary.entities[kind]
        kinds = (entity.belongs_to, kind) if entity.belongs_to else (kind,)
        outputs = {
            name: output
            for decision in self.decisions
            if decision.subject in kinds
            for name, output in decision.returns.items()
        }
        return {**entity.fields, **outputs}


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
