"""Facts: what the subjects of rules are, and what is known of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal, get_args

from contracts.text import Text
from services.shared.business_time import Duration

Value = str | bool | int | Duration | None
Fact = str | bool | int | datetime | frozenset[str] | Duration | None
SubjectKind = Literal["customer", "opportunity", "plan"]
SUBJECT_KINDS: Final[tuple[SubjectKind, ...]] = get_args(SubjectKind)


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
    spans: tuple[Duration, Duration] | None = None
    """The least and the most that makes sense: of a duration, or after an instant; None is any."""
    shown: bool = False
    """Whether an output is meant for people only, so that no rule has to read it."""
    labels: Mapping[str, Text] = field(default_factory=dict, hash=False)
    """What people call each of the values."""

    @property
    def nullable(self) -> bool:
        """Whether the field can be null."""
        return self.absent is not None

    @property
    def is_rhythm(self) -> bool:
        """Whether the duration says how often something comes: `every`, `visit_every`."""
        return "every" in self.name.split("_")


@dataclass(frozen=True, slots=True)
class Entity:
    """One kind of subject with its facts."""

    name: str
    fields: Mapping[str, Field]
    belongs_to: str | None = None


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All entities by name, and what the services know of the outputs of decisions, by name too."""

    entities: Mapping[str, Entity]
    outputs: Mapping[str, Field] = field(default_factory=dict)
