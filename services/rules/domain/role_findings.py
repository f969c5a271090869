"""Which roles of the rules lead to no person, for whom, and why."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from contracts.followups import PersonChanged
from contracts.text import Problem, Text
from services.rules.domain.recipients import FALLBACK, Recipients
from services.rules.ruleset.definition import Roles, Ruleset
from services.rules.ruleset.loader import ROLES_FILE, Loaded

NAMED = 3
"""How many people a finding names."""


@dataclass(frozen=True)
class RoleFinding:
    """A role that leads to no person; `rules` address it, and `for_all` says whether it never does.

    The role of a fallback person who does not exist is `fallback`, which no rule addresses.
    """

    role: str
    text: Text
    for_all: bool
    rules: tuple[str, ...] = ()


def people_findings(ruleset: Ruleset, people: Mapping[UUID, PersonChanged]) -> tuple[RoleFinding, ...]:
    """Return the roles that the enabled rules address and that lead to no person; none without people.

    Everybody counts as an owner of customers.
    """
    if not people:
        return ()
    recipients = Recipients(ruleset.roles, people)
    findings = [
        _department(recipients, role, rules)
        if ruleset.roles.department_of(role)
        else _path(recipients, role, rules)
        for role, rules in _addressed(ruleset).items()
    ]
    return tuple(finding for finding in (*findings, _fallback(ruleset.roles, people)) if finding)


def for_people(loaded: Loaded, files: Mapping[str, str], people: Mapping[UUID, PersonChanged]) -> Loaded:
    """Add a finding for each role that leads to none of our people, a warning where it is for some only."""
    if loaded.ruleset is None:
        return loaded
    found = people_findings(loaded.ruleset, people)
    lines = files.get(ROLES_FILE, "").splitlines()
    return replace(
        loaded,
        findings=(*loaded.findings, *(_problem(each, lines) for each in found if each.for_all)),
        warnings=(*loaded.warnings, *(_problem(each, lines) for each in found if not each.for_all)),
    )


def _problem(finding: RoleFinding, lines: list[str]) -> Problem:
    """Place a finding at the line that declares its role."""
    at, line = next(
        ((at, line) for at, line in enumerate(lines, start=1) if line.strip().startswith(f"{finding.role}:")),
        (1, ""),
    )
    column = len(line) - len(line.lstrip()) + 1
    return Problem(file=ROLES_FILE, line=at, column=column, message=finding.text)


def _addressed(ruleset: Ruleset) -> dict[str, tuple[str, ...]]:
    """The roles that enabled rules address, with the ids of these rules."""
    rules: dict[str, dict[str, None]] = {}
    for clock in (each for each in ruleset.clocks if each.enabled):
        for rung in clock.ladder:
            for action in (rung.task, rung.escalate, rung.notify):
                if action:
                    rules.setdefault(action.to, {})[clock.id] = None
    return {role: tuple(names) for role, names in rules.items()}


def _department(recipients: Recipients, role: str, rules: tuple[str, ...]) -> RoleFinding | None:
    reason = recipients.find(role, None).reason
    if reason is None:
        return None
    zh, en = _called(recipients.roles, role)
    text = Text(zh=f"{zh}找不到人：{reason.zh}。", en=f"{en} leads to no person: {reason.en}.")
    return RoleFinding(role, text, for_all=True, rules=rules)


def _path(recipients: Recipients, role: str, rules: tuple[str, ...]) -> RoleFinding | None:
    reasons = {
        owner: reason for owner in recipients.people if (reason := recipients.find(role, owner).reason)
    }
    if not reasons:
        return None
    zh, en = _called(recipients.roles, role)
    names_zh, names_en = _some(recipients.names[owner] for owner in reasons)
    first = min(reasons, key=lambda owner: recipients.names[owner])
    if len(reasons) == len(recipients.people):
        text = Text(
            zh=f"{zh}对所有负责人都找不到人，例如{reasons[first].zh}。",
            en=f"{en} leads to no person for any owner, for example {reasons[first].en}.",
        )
        return RoleFinding(role, text, for_all=True, rules=rules)
    text = Text(
        zh=f"{zh}对{len(recipients.people)}名负责人中的{len(reasons)}名找不到人（{names_zh}），"
        f"例如{reasons[first].zh}。",
        en=f"{en} leads to no person for {len(reasons)} of {len(recipients.people)} owners ({names_en}), "
        f"for example {reasons[first].en}.",
    )
    return RoleFinding(role, text, for_all=False, rules=rules)


def _fallback(roles: Roles, people: Mapping[UUID, PersonChanged]) -> RoleFinding | None:
    person = roles.fallback_person
    if person is None or any(each.name == person for each in people.values()):
        return None
    text = Text(
        zh=f"没有名为“{person}”的人，找不到人时任务进入队列“{roles.fallback_queue}”。",
        en=f"There is no person named {person}: what leads to no person goes to the queue "
        f"{roles.fallback_queue}.",
    )
    return RoleFinding(FALLBACK, text, for_all=True)


def _called(roles: Roles, role: str) -> tuple[str, str]:
    declared = roles.roles.get(role)
    title = declared.title if declared else None
    if title is None:
        return f"角色“{role}”", f"The role “{role}”"
    return f"角色“{title.zh}”（{role}）", f"The role “{title.en}” ({role})"


def _some(names: Iterable[str]) -> tuple[str, str]:
    """Up to three of the names, in Chinese and in English."""
    everybody = sorted(names)
    some, is_more = everybody[:NAMED], len(everybody) > NAMED
    return "、".join(some) + ("等" if is_more else ""), ", ".join(some) + (" and others" if is_more else "")
