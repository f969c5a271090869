"""A whole ruleset: the rules of a directory with the people they ask and the calendar they count by."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from contracts.text import Text
from services.rules.ruleset.definition.clocks import Clock
from services.rules.ruleset.definition.decisions import Decision
from services.rules.ruleset.definition.facts import Field, Vocabulary
from services.shared.business_time import Calendar

Rule = Decision | Clock

OWNER = "owner"
ASSIGNEE = "assignee"
BUILT_IN_ROLES = {OWNER: Text(zh="负责人", en="owner"), ASSIGNEE: Text(zh="执行人", en="assignee")}
"""Who looks after the subject, and who carries a plan out: its owner where nobody else is named."""
DEPARTMENT_PREFIX = "department."


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

    def department_of(self, role: str) -> str | None:
        """The department that a role asks through its head; None for a role that is found from the owner."""
        declared = self.roles.get(role)
        if declared and declared.department:
            return declared.department
        return role.removeprefix(DEPARTMENT_PREFIX) if role.startswith(DEPARTMENT_PREFIX) else None

    def title_of(self, role: str) -> Text:
        """What people call a role."""
        declared, department = self.roles.get(role), self.department_of(role)
        if declared and declared.title:
            return declared.title
        if department:
            return Text(zh=f"{department}负责人", en=f"head of {department}")
        return BUILT_IN_ROLES.get(role) or Text(zh=role, en=role)

    @property
    def longest_path(self) -> int:
        """How many steps above the owner somebody is asked at most; who is missing falls to the manager."""
        return max((len(role.path) for role in self.roles.values()), default=1) or 1


@dataclass(frozen=True)
class Ruleset:
    """A whole directory, proved: decisions in the order of their strata, then clocks.

    `digest` is the hash of the files it was read from, `files` are the names of those that hold something.
    """

    vocabulary: Vocabulary
    calendar: Calendar
    roles: Roles
    decisions: tuple[Decision, ...]
    clocks: tuple[Clock, ...]
    digest: str
    files: frozenset[str] = frozenset()

    @property
    def rules(self) -> tuple[Rule, ...]:
        """All rules, enabled or not."""
        return (*self.decisions, *self.clocks)

    @cached_property
    def decisions_of(self) -> Mapping[str, tuple[Decision, ...]]:
        """The enabled decisions of each kind of subject, in the order in which they are evaluated."""
        return {
            kind: tuple(each for each in self.decisions if each.subject == kind and each.enabled)
            for kind in self.vocabulary.entities
        }

    @cached_property
    def clocks_of(self) -> Mapping[str, tuple[Clock, ...]]:
        """The enabled clocks of each kind of subject."""
        return {
            kind: tuple(each for each in self.clocks if each.subject == kind and each.enabled)
            for kind in self.vocabulary.entities
        }

    @cached_property
    def switched_off_outputs(self) -> Mapping[str, Mapping[str, Field]]:
        """The outputs of the disabled decisions about each kind of subject: null as long as they are off."""
        return {
            kind: {
                name: output
                for each in self.decisions
                if each.subject == kind and not each.enabled
                for name, output in each.returns.items()
            }
            for kind in self.vocabulary.entities
        }

    @cached_property
    def clocks_by_name(self) -> Mapping[str, Clock]:
        """Every clock, disabled or not, under its id and its former ids."""
        return {name: clock for clock in self.clocks for name in clock.names}

    @cached_property
    def asking_departments(self) -> tuple[str, ...]:
        """The ids, and former ids, of the clocks whose tasks ask a department."""
        return tuple(
            name
            for clock in self.clocks
            for rung in clock.ladder
            for action in (rung.task, rung.escalate)
            if action and self.roles.department_of(action.to)
            for name in clock.names
        )

    def disabled_giver_of(self, kind: str, name: str) -> Decision | None:
        """The disabled decision whose output a rule about this kind reads by this name; None if none is."""
        kinds = (self.vocabulary.entities[kind].belongs_to, kind)
        givers = (each for each in self.decisions if each.subject in kinds and name in each.returns)
        return next((each for each in givers if not each.enabled), None)

    @cached_property
    def fields_of(self) -> Mapping[str, Mapping[str, Field]]:
        """All that a rule about each kind of subject may test: facts, outputs, and its customer's outputs."""
        return {kind: self._fields(kind) for kind in self.vocabulary.entities}

    def _fields(self, kind: str) -> Mapping[str, Field]:
        entity = self.vocabulary.entities[kind]
        kinds = (entity.belongs_to, kind) if entity.belongs_to else (kind,)
        outputs = {
            name: output
            for decision in self.decisions
            if decision.subject in kinds
            for name, output in decision.returns.items()
        }
        return {**entity.fields, **outputs}
