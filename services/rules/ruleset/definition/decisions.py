"""Decisions: tables from facts to values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from contracts.text import Text
from services.rules.ruleset.definition.facts import Field, Position, SubjectKind, Value
from services.rules.ruleset.definition.tests import Test

OTHERWISE = "otherwise"
"""The row id of a decision's explicit default."""


class HitPolicy(StrEnum):
    """Which of the matching rows of a decision decides."""

    UNIQUE = "unique"
    FIRST = "first"
    PRIORITY = "priority"


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
    was: tuple[str, ...] = ()
    """Its former ids, the latest first."""
    accept: Mapping[str, str] = field(default_factory=dict)
    """Findings about it that are meant, each with the reason."""

    @property
    def identity(self) -> str:
        """The first id it ever had: what is stored of it is known by."""
        return self.was[-1] if self.was else self.id


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
    enabled: bool = True
    """False: as if it were not there; its outputs are null."""
    was: tuple[str, ...] = ()
    """Its former ids, the latest first."""
    accept: Mapping[str, str] = field(default_factory=dict)
    """Findings about it that are meant, each with the reason."""

    @property
    def identity(self) -> str:
        """The first id it ever had: what is stored of it is known by."""
        return self.was[-1] if self.was else self.id

    def identity_of_row(self, row_id: str) -> str:
        """The first id that a row ever had; `otherwise` is always called so."""
        return next((row.identity for row in self.rows if row.id == row_id), row_id)
