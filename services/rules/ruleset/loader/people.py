"""Reads `roles.yaml`: how each role is found from the owner, and who is asked when nobody is."""

from typing import Final, Literal, cast

from services.rules.ruleset.definition import ASSIGNEE, OWNER, Role, Roles
from services.rules.ruleset.loader import reading
from services.rules.ruleset.loader.nodes import MapNode, Node, ScalarNode
from services.rules.ruleset.problems import Report

_BUILT_IN: Final = (OWNER, ASSIGNEE)
"""The roles that are not declared: who looks after the subject, and who carries a plan out."""
_STEPS: Final = ("manager", "lead", "deputy")
Step = Literal["manager", "lead", "deputy"]


def default_roles() -> Roles:
    """Return the roles of a directory without roles.yaml: those that are built in."""
    return Roles({name: Role(name) for name in _BUILT_IN})


def read_roles(document: MapNode, report: Report) -> Roles:
    """Return the roles, with those that are built in; what is wrong is reported and left out."""
    parts = reading.keys(document, ("roles", "fallback"), report, required=("roles",))
    roles = {name: Role(name) for name in _BUILT_IN}
    for key, node in reading.entries(parts.get("roles"), report, zh="角色", en="roles"):
        if key.text in _BUILT_IN:
            report.problem(
                key.where, zh=f"{key} 是内置角色，不必定义。", en=f"The role {key.text} is built in."
            )
        elif (name := _name(key, report)) and (role := _role(name, node, report)):
            roles[name] = role
    person, queue = _fallback(parts.get("fallback"), report)
    return Roles(roles, fallback_person=person, fallback_queue=queue)


def _name(key: ScalarNode, report: Report) -> str | None:
    head, dot, tail = key.text.partition(".")
    if dot and head == "department" and reading.name(ScalarNode(tail, key.where), report):
        return key.text
    if not dot:
        return reading.name(key, report)
    report.problem(
        key.where,
        zh=f"“{key}”不能用作角色名：请写 manager 或 department.product 这样的名称。",
        en=f"“{key.text}” cannot be a role: write a name like manager or department.product.",
    )
    return None


def _role(name: str, node: Node, report: Report) -> Role | None:
    parts = reading.keys(node, ("path", "department", "title"), report)
    title = reading.text(parts["title"], report) if "title" in parts else None
    if ("path" in parts) == ("department" in parts):
        report.problem(
            node.where,
            zh=f"角色“{name}”应写 path 或 department 之一。",
            en=f"The role “{name}” needs either a path or a department.",
        )
        return None
    if "department" in parts:
        found = reading.scalar(parts["department"], report, zh="部门", en="a department")
        return Role(name, department=found.text, title=title) if found else None
    steps = [
        reading.word(item, _STEPS, report, zh="步骤", en="step")
        for item in reading.items(parts["path"], report, zh="步骤", en="steps")
    ]
    path = cast("tuple[Step, ...]", tuple(step for step in steps if step))
    return Role(name, path=path, title=title)


def _fallback(node: Node | None, report: Report) -> tuple[str | None, str]:
    parts = reading.keys(node, ("person", "queue"), report)
    if node is not None and len(parts) != 1:
        report.problem(
            node.where,
            zh="fallback 应写 {queue: 队列} 或 {person: 姓名} 之一。",
            en="The fallback is either {queue: …} or {person: …}.",
        )
    person = reading.scalar(parts.get("person"), report, zh="姓名", en="a name")
    queue = reading.scalar(parts.get("queue"), report, zh="队列", en="a queue")
    return person.text if person else None, queue.text if queue else "unassigned"
