"""Who is asked: a role of `roles.yaml`, resolved from the owner of the subject."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from uuid import UUID

from contracts.followups import PersonChanged
from contracts.rules import Recipient
from services.rules.ruleset.definition import Role, Roles

OWNER = "owner"
FALLBACK = "fallback"
UNASSIGNED = "unassigned"


@dataclass(frozen=True)
class Recipients:
    """Resolves roles over the people that are known, and remembers the answers."""

    roles: Roles
    people: Mapping[UUID, PersonChanged]
    _known: dict[tuple[str, UUID | None], Recipient] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def names(self) -> Mapping[UUID, str]:
        """The names of our people."""
        return {person_id: person.name for person_id, person in self.people.items()}

    def asking(self, person_ids: Collection[UUID]) -> set[UUID]:
        """These people, and everyone of whose subjects a role may lead to them."""
        found = newest = set(person_ids)
        for _ in range(self.roles.longest_path):
            newest = {
                person_id
                for person_id, person in self.people.items()
                if not newest.isdisjoint((person.manager_id, person.lead_id, person.deputy_id))
            }
            found = found | newest
        return found

    def resolve(self, role: str, owner_id: UUID | None) -> Recipient:
        """The person or the queue that a role means for a subject of this owner.

        Who is missing falls to the nearest above: the last superior of the owner that the path reaches,
        else the owner's manager; then to the fallback. What nobody owns goes to the queue `unassigned`.
        """
        if (role, owner_id) not in self._known:
            self._known[role, owner_id] = self._resolve(role, owner_id)
        return self._known[role, owner_id]

    def _resolve(self, role: str, owner_id: UUID | None) -> Recipient:
        department = self.roles.department_of(role)
        if department:
            return self._department(role, department)
        owner = self.people.get(owner_id) if owner_id else None
        if owner is None:
            return Recipient(role=role, queue=UNASSIGNED, resolved_from=UNASSIGNED)
        if role == OWNER:
            return self._person(role, owner, resolved_from=OWNER)
        return self._above(self.roles.roles[role], owner)

    def _above(self, role: Role, owner: PersonChanged) -> Recipient:
        person, reached = owner, OWNER
        for step in role.path:
            above = self._step(person, step)
            if above is None:
                break
            person, reached = above, step
        else:
            return self._person(role.name, person, resolved_from=role.name)
        if person is not owner:
            return self._person(role.name, person, resolved_from=reached)
        manager = self._step(owner, "manager")
        if manager is not None:
            return self._person(role.name, manager, resolved_from="manager")
        return self._fallback(role.name)

    def _step(self, person: PersonChanged, step: str) -> PersonChanged | None:
        ids = {"manager": person.manager_id, "lead": person.lead_id, "deputy": person.deputy_id}
        above = ids[step]
        return self.people.get(above) if above else None

    def _department(self, role: str, name: str) -> Recipient:
        """The head of a department: its member whose manager is not in it."""
        members = {p.person_id: p for p in self.people.values() if p.department == name}
        heads = sorted(
            (p for p in members.values() if p.manager_id not in members), key=lambda p: str(p.person_id)
        )
        return self._person(role, heads[0], resolved_from=role) if heads else self._fallback(role)

    def _fallback(self, role: str) -> Recipient:
        named = [p for p in self.people.values() if p.name == self.roles.fallback_person]
        if named:
            first = min(named, key=lambda p: str(p.person_id))
            return self._person(role, first, resolved_from=FALLBACK)
        return Recipient(role=role, queue=self.roles.fallback_queue, resolved_from=FALLBACK)

    @staticmethod
    def _person(role: str, person: PersonChanged, *, resolved_from: str) -> Recipient:
        return Recipient(role=role, person_id=person.person_id, name=person.name, resolved_from=resolved_from)
