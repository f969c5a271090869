"""Who is asked: a role of `roles.yaml`, resolved from the owner of the subject, or who carries it out."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal
from uuid import UUID

from contracts.followups import PersonChanged
from contracts.rules import MissingRole, Recipient
from contracts.text import Text
from services.rules.ruleset.definition import ASSIGNEE, OWNER, Role, Roles

FALLBACK = "fallback"
UNASSIGNED = "unassigned"

Step = Literal["manager", "lead", "deputy"]
_Key = tuple[UUID | None, str | None]


_STEP_WORDS = {
    "manager": Text(zh="经理", en="manager"),
    "lead": Text(zh="团队负责人", en="lead"),
    "deputy": Text(zh="代理人", en="deputy"),
}


@dataclass(frozen=True)
class Resolved:
    """Who a role leads to; `reason` says why it is not the one whom the role names."""

    recipient: Recipient
    reason: Text | None = None


@dataclass(frozen=True)
class Asked:
    """Who has a task, who watches it, and the roles of which somebody else was asked."""

    assignee: Recipient
    watchers: tuple[Recipient, ...]
    missing: tuple[MissingRole, ...]


@dataclass(frozen=True)
class Recipients:
    """Resolves roles over the people that are known, and remembers the answers."""

    roles: Roles
    people: Mapping[UUID, PersonChanged]
    _known: dict[tuple[str, UUID | None], Resolved] = field(default_factory=dict, compare=False, repr=False)

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

    def resolve(self, role: str, owner_id: UUID | None, assignee_id: UUID | None = None) -> Recipient:
        """The person or the queue that a role means for a subject of this owner and assignee."""
        return self.find(role, owner_id, assignee_id).recipient

    def find(self, role: str, owner_id: UUID | None, assignee_id: UUID | None = None) -> Resolved:
        """The person or the queue that a role means for a subject, and why it is not another.

        Who is missing falls to the nearest above: the last superior of the owner that the path reaches,
        else the owner's manager; then to the fallback. A subject without an owner goes to the queue
        `unassigned`. The assignee is the owner where none is set; other roles are found from the owner.
        """
        if role == ASSIGNEE:
            return self._assignee(assignee_id, owner_id)
        if (role, owner_id) not in self._known:
            self._known[role, owner_id] = self._resolve(role, owner_id)
        return self._known[role, owner_id]

    def ask(
        self,
        owner_id: UUID | None,
        assigned: str,
        higher: Iterable[str],
        *,
        assignee_id: UUID | None = None,
    ) -> Asked:
        """Who has a task that is assigned to a role, and who watches it because of `higher` roles.

        A higher role that is missing, or that leads back to the assignee, reaches the fallback unless it
        reaches somebody who is not asked yet.
        """
        first = self.find(assigned, owner_id, assignee_id)
        reasons = {assigned: first.reason}
        asked = {_key(first.recipient): first.recipient}
        for role in dict.fromkeys(higher):
            if role != assigned:
                found = self.find(role, owner_id, assignee_id)
                found = self._beyond(found, first.recipient, asked.keys())
                asked.setdefault(_key(found.recipient), found.recipient)
                reasons[role] = found.reason
        missing = tuple(
            MissingRole(role=role, title=self.roles.title_of(role), reason=reason)
            for role, reason in reasons.items()
            if reason
        )
        _, *watchers = asked.values()
        return Asked(first.recipient, tuple(watchers), missing)

    def _beyond(self, found: Resolved, assignee: Recipient, asked: Collection[_Key]) -> Resolved:
        """What was found, or the fallback where only who is asked already would be asked again."""
        recipient, reason = found.recipient, found.reason
        if recipient.resolved_from in (FALLBACK, UNASSIGNED) or _key(recipient) not in asked:
            return found
        if reason is None and _key(recipient) == _key(assignee):
            reason = Text(zh=f"{recipient.name}已经负责此任务", en=f"{recipient.name} has the task already")
        return self._fallback(recipient.role, reason) if reason else found

    def _assignee(self, assignee_id: UUID | None, owner_id: UUID | None) -> Resolved:
        """Who carries a plan out, else its owner."""
        assignee = self.people.get(assignee_id) if assignee_id else None
        if assignee:
            return Resolved(_person(ASSIGNEE, assignee, resolved_from=ASSIGNEE))
        found = self.find(OWNER, owner_id)
        recipient = found.recipient.model_copy(update={"role": ASSIGNEE})
        unknown = Text(zh="执行人不在人员名单中", en="the assignee is not a known person")
        return Resolved(recipient, unknown if assignee_id else found.reason)

    def _resolve(self, role: str, owner_id: UUID | None) -> Resolved:
        department = self.roles.department_of(role)
        if department:
            return self._department(role, department)
        if owner_id is None:
            return Resolved(Recipient(role=role, queue=UNASSIGNED, resolved_from=UNASSIGNED))
        owner = self.people.get(owner_id)
        if owner is None:
            recipient = Recipient(role=role, queue=UNASSIGNED, resolved_from=UNASSIGNED)
            return Resolved(recipient, Text(zh="负责人不在人员名单中", en="the owner is not a known person"))
        if role == OWNER:
            return Resolved(_person(role, owner, resolved_from=OWNER))
        return self._above(self.roles.roles[role], owner)

    def _above(self, role: Role, owner: PersonChanged) -> Resolved:
        passed, reason = self._walk(owner, role.path)
        if reason is None:
            return Resolved(_person(role.name, passed[-1], resolved_from=role.name))
        if len(passed) > 1:
            reached = role.path[len(passed) - 2]
            return Resolved(_person(role.name, passed[-1], resolved_from=reached), reason)
        above, _ = self._walk(owner, ("manager",))
        if len(above) > 1:
            return Resolved(_person(role.name, above[-1], resolved_from="manager"), reason)
        return self._fallback(role.name, reason)

    def _walk(self, owner: PersonChanged, path: Sequence[Step]) -> tuple[list[PersonChanged], Text | None]:
        """The people on a path, the owner first and none of them twice, and why it ends early."""
        passed = [owner]
        for place, step in enumerate(path):
            person = passed[-1]
            above_id = {"manager": person.manager_id, "lead": person.lead_id, "deputy": person.deputy_id}[
                step
            ]
            above = self.people.get(above_id) if above_id else None
            if above is None:
                return passed, _absent(person, step, is_named=above_id is not None)
            if above in passed:
                is_mutual = place > 0 and above is passed[-2] and path[place - 1] == step == "manager"
                return passed, _circle(person, above, step, is_mutual=is_mutual)
            passed.append(above)
        return passed, None

    def _department(self, role: str, name: str) -> Resolved:
        """The head of a department: its member whose manager is not in it."""
        members = {p.person_id: p for p in self.people.values() if p.department == name}
        heads = sorted(
            (p for p in members.values() if p.manager_id not in members), key=lambda p: str(p.person_id)
        )
        if heads:
            return Resolved(_person(role, heads[0], resolved_from=role))
        if members:
            return self._fallback(
                role, Text(zh=f"{name}的成员互为上级", en=f"all members of {name} have managers in it")
            )
        return self._fallback(role, Text(zh=f"{name}没有成员", en=f"{name} has no members"))

    def _fallback(self, role: str, reason: Text) -> Resolved:
        person = self.roles.fallback_person
        named = [p for p in self.people.values() if p.name == person]
        if named:
            first = min(named, key=lambda p: str(p.person_id))
            return Resolved(_person(role, first, resolved_from=FALLBACK), reason)
        if person:
            reason = Text(
                zh=f"{reason.zh}，也没有名为{person}的人",
                en=f"{reason.en}, and there is no person named {person}",
            )
        return Resolved(Recipient(role=role, queue=self.roles.fallback_queue, resolved_from=FALLBACK), reason)


def _key(recipient: Recipient) -> _Key:
    return recipient.person_id, recipient.queue


def _person(role: str, person: PersonChanged, *, resolved_from: str) -> Recipient:
    return Recipient(role=role, person_id=person.person_id, name=person.name, resolved_from=resolved_from)


def _absent(person: PersonChanged, step: Step, *, is_named: bool) -> Text:
    word, name = _STEP_WORDS[step], person.name
    if is_named:
        return Text(
            zh=f"{name}的{word.zh}不在人员名单中", en=f"the {word.en} of {name} is not a known person"
        )
    return Text(zh=f"{name}没有{word.zh}", en=f"{name} has no {word.en}")


def _circle(person: PersonChanged, above: PersonChanged, step: Step, *, is_mutual: bool) -> Text:
    word, name = _STEP_WORDS[step], person.name
    if above is person:
        return Text(zh=f"{name}的{word.zh}是本人", en=f"{name} is their own {word.en}")
    if is_mutual:
        return Text(zh=f"{above.name}和{name}互为上级", en=f"{above.name} and {name} manage each other")
    return Text(zh=f"{name}的{word.zh}又是{above.name}", en=f"the {word.en} of {name} is {above.name} again")
