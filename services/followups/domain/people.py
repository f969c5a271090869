"""Our own people, and who stands above them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from contracts.events import SourceRef
from services.shared.changes import Tracked
from services.shared.errors import Locale, NotFoundError, RefusedError


class Relation(StrEnum):
    """What one of our people can be to another."""

    MANAGER = "manager"
    LEAD = "lead"
    DEPUTY = "deputy"

    def message(self, locale: Locale) -> str:
        """What people call it."""
        return _RELATIONS_ZH[self] if locale == "zh" else self.value


_RELATIONS_ZH = {Relation.MANAGER: "上级", Relation.LEAD: "团队负责人", Relation.DEPUTY: "代理人"}


class AmbiguousPersonError(RefusedError):
    """{count} people are named {name!r}; it cannot be told which one is meant."""

    slug = "ambiguous-person"
    zh = "有 {count} 个人名为“{name}”，无法确定是哪一个。"
    field: Relation
    name: str
    count: int


class UnknownNameError(RefusedError):
    """No person is named {name!r}: add a row for them, or correct the name."""

    slug = "unknown-name"
    zh = "没有名为“{name}”的人员：请为其加一行，或改正姓名。"
    name: str


class UnknownPersonError(RefusedError):
    """There is no person {person_id}."""

    slug = "unknown-person"
    zh = "没有编号为 {person_id} 的人员。"
    person_id: UUID


class PersonNotFoundError(NotFoundError):
    """We have no person {person_id}."""

    slug = "person-not-found"
    zh = "没有编号为 {person_id} 的人员记录。"
    person_id: UUID


class SelfReferenceError(RefusedError):
    """Nobody is their own {field}."""

    slug = "own-superior"
    zh = "不能把本人设为自己的{field}。"
    field: Relation


class CircleOfPeopleError(RefusedError):
    """The {field} of {name!r} would stand below {name!r}: nobody may be above themselves."""

    slug = "circle-of-people"
    zh = "“{name}”的{field}会成为其下级的下级：上下级关系不能成环。"
    field: Relation
    name: str


@dataclass(slots=True)
class Person(Tracked):
    """One of our own people, with the manager, the lead of the area and the deputy."""

    person_id: UUID
    name: str
    natural_key: str
    created_at: datetime
    updated_at: datetime
    source_refs: tuple[SourceRef, ...] = ()
    sequence: int = 1
    title: str | None = None
    department: str | None = None
    manager_id: UUID | None = None
    lead_id: UUID | None = None
    deputy_id: UUID | None = None
    email: str | None = None

    def check_place(self, *, managers: Mapping[UUID, UUID | None], leads: Mapping[UUID, UUID | None]) -> None:
        """Refuse a place in which the person would be above themselves; deputies may stand in for each other.

        `managers` and `leads` say of everybody else whom they have.

        Raises:
            SelfReferenceError, CircleOfPeopleError: the place is not possible.
        """
        for field, above in (
            (Relation.MANAGER, self.manager_id),
            (Relation.LEAD, self.lead_id),
            (Relation.DEPUTY, self.deputy_id),
        ):
            if above == self.person_id:
                raise SelfReferenceError(field=field)
        for field, above, known in (
            (Relation.MANAGER, self.manager_id, managers),
            (Relation.LEAD, self.lead_id, leads),
        ):
            if self._is_above(above, known):
                raise CircleOfPeopleError(field=field, name=self.name)

    def _is_above(self, start: UUID | None, above: Mapping[UUID, UUID | None]) -> bool:
        """Whether the way up from `start` leads to this person; it ends where it meets itself."""
        seen: set[UUID] = set()
        at = start
        while at is not None and at not in seen:
            if at == self.person_id:
                return True
            seen.add(at)
            at = above.get(at)
        return False


def in_circles(above: Mapping[str, str]) -> set[str]:
    """Return those who stand above themselves, by who stands above whom."""
    found: set[str] = set()
    seen: set[str] = set()
    for start in above:
        way: list[str] = []
        at = start
        while at in above and at not in seen:
            seen.add(at)
            way.append(at)
            at = above[at]
        if at in way:
            found.update(way[way.index(at) :])
    return found
