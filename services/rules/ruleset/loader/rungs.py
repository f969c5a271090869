"""Reads the rungs of a ladder: when, and what is done."""

import re
from typing import Final

from contracts.text import Severity, TaskKind
from services.rules.ruleset.definition import (
    ASSIGNEE,
    EscalateAction,
    FieldType,
    NotifyAction,
    Offset,
    Position,
    Roles,
    Rung,
    TaskAction,
)
from services.rules.ruleset.loader import reading
from services.rules.ruleset.loader.keys import read_was
from services.rules.ruleset.loader.names import ROLES_FILE
from services.rules.ruleset.loader.nodes import MapNode, Node, ScalarNode
from services.rules.ruleset.loader.scope import Scope
from services.rules.ruleset.loader.templates import read_template
from services.rules.ruleset.problems import Report, asked, did_you_mean
from services.rules.ruleset.suggestions import corrected, half_width, likely
from services.shared.business_time import Duration

_KEYS: Final = ("id", "at", "publishes", "do", "title", "source", "was")
_TASK_KEYS: Final = ("to", "title", "severity", "kind", "channel", "due")
_HAS_ASSIGNEE: Final = "plan"
"""The kind of subject that somebody else than its owner may carry out."""
_VARIABLE = re.compile(r"\{\s*([a-z0-9_]+)\s*\}\s*(?:([+-].*))?")


def read_rung(node: Node, kind: str, scope: Scope, roles: Roles | None, report: Report) -> Rung | None:
    """Return the rung; None when it has no usable id or offset."""
    parts = reading.keys(node, _KEYS, report, required=("id", "at", "do"))
    rung = reading.identifier(parts.get("id"), report)
    at = _offset(parts.get("at"), kind, scope, report)
    publishes = reading.word(parts.get("publishes"), ("next_touch_at",), report, zh="日期", en="date")
    actions = _Actions(kind, scope, roles, report)
    do = reading.keys(parts.get("do"), ("task", "escalate", "notify"), report)
    if isinstance(written := parts.get("do"), MapNode) and not written.entries:
        report.problem(node.where, zh="这一级什么也不做。", en="This rung does nothing.")
    task = actions.task(do["task"]) if "task" in do else None
    escalate = actions.escalate(do["escalate"]) if "escalate" in do else None
    notify = actions.notify(do["notify"]) if "notify" in do else None
    title = read_template(parts["title"], kind, scope, report) if "title" in parts else None
    source = reading.source(parts["source"], report) if "source" in parts else None
    if rung is None or at is None:
        return None
    return Rung(
        id=rung,
        at=at,
        where=node.where,
        task=task,
        escalate=escalate,
        notify=notify,
        publishes=publishes,
        title=title,
        source=source,
        text=str(parts["at"]),
        was=read_was(parts.get("was"), report),
    )


class _Actions:
    """Reads what a rung does, for one kind of subject."""

    def __init__(self, kind: str, scope: Scope, roles: Roles | None, report: Report) -> None:
        self._kind = kind
        self._scope = scope
        self._roles = roles
        self._report = report

    def task(self, node: Node) -> TaskAction | None:
        parts = reading.keys(node, _TASK_KEYS, self._report, required=("to",))
        severities, kinds = tuple(each.value for each in Severity), tuple(each.value for each in TaskKind)
        severity = reading.word(parts.get("severity"), severities, self._report, zh="严重程度", en="severity")
        kind = reading.word(parts.get("kind"), kinds, self._report, zh="任务类别", en="kind of task")
        to = self._role(parts.get("to"))
        if to is None:
            return None
        return TaskAction(
            to=to,
            title=read_template(parts["title"], self._kind, self._scope, self._report)
            if "title" in parts
            else None,
            severity=Severity(severity) if severity else Severity.NORMAL,
            kind=TaskKind(kind) if kind else None,
            channel=self._channel(parts.get("channel")),
            due=reading.length(parts["due"], self._report) if "due" in parts else None,
        )

    def escalate(self, node: Node) -> EscalateAction | None:
        parts = reading.keys(node, ("to", "title"), self._report, required=("to",))
        to = self._role(parts.get("to"))
        title = parts.get("title")
        words = read_template(title, self._kind, self._scope, self._report) if title else None
        return EscalateAction(to, words) if to else None

    def notify(self, node: Node) -> NotifyAction | None:
        parts = reading.keys(node, ("to", "title", "channel"), self._report, required=("to", "title"))
        to, channel = self._role(parts.get("to")), self._channel(parts.get("channel"))
        title = parts.get("title")
        words = read_template(title, self._kind, self._scope, self._report) if title else None
        return NotifyAction(to, words, channel) if to and words else None

    def _role(self, node: Node | None) -> str | None:
        found = reading.scalar(node, self._report, zh="角色，如 owner", en="a role, like owner")
        if found and self._roles is not None:
            self._check_role(found, self._roles)
        return found.text if found else None

    def _check_role(self, found: ScalarNode, roles: Roles) -> None:
        """Report a role that is not known, or that the kind of subject does not have."""
        titles = {
            name: role.title
            for name, role in roles.roles.items()
            if name != ASSIGNEE or self._kind == _HAS_ASSIGNEE
        }
        if found.text in titles:
            return
        if found.text == ASSIGNEE:
            self._report.problem(
                found.where,
                zh="角色“assignee”（执行人）只能用在关于跟进计划的规则里；这里请写 owner。",
                en="The role assignee is only for rules about plans (`subject: plan`); write owner here.",
            )
        elif likely(found.text, titles, titles) or self._scope.is_first(found.text):
            declared = [Position(ROLES_FILE, 1, 1)]
            reading.unknown(found, titles, self._report, zh="角色", en="role", also=declared)

    def _channel(self, node: Node | None) -> str | None:
        """Return a channel: a word, or `{output}` for a decision's value."""
        found = reading.scalar(node, self._report, zh="渠道", en="a channel")
        if found is None or not found.text.startswith("{"):
            return reading.member(found, self._report)
        name = found.text.strip("{} ")
        field = self._scope.find(name, self._kind, found, self._report)
        if field and field.type is not FieldType.ENUM:
            self._report.problem(
                found.where,
                zh=f"“{name}”没有渠道可取。",
                en=f"“{name}” has no values that could be a channel.",
            )
        return f"{{{name}}}"


def _offset(node: Node | None, kind: str, scope: Scope, report: Report) -> Offset | None:
    found = reading.scalar(
        node, report, zh='带引号的时间，如 "{every} + 3wd"', en='a quoted time, like "{every} + 3wd"'
    )
    if found is None:
        return None
    if "{" not in half_width(found.text):
        duration = reading.duration_of(found.text, found.where, report)
        return None if duration is None else Offset(duration)
    matched = _VARIABLE.fullmatch(found.text)
    if matched is None:
        meant = corrected(found.text, lambda text: bool(_VARIABLE.fullmatch(text)))
        zh, en = (
            asked(found.text, meant) if meant else ('：请写 "{every} + 3wd"。', ': write "{every} + 3wd".')
        )
        report.problem(found.where, zh=f"看不懂“{found}”{zh}", en=f"Cannot read “{found}”{en}")
        return None
    plus = reading.duration_of(matched[2], found.where, report) if matched[2] else Duration()
    known = scope.durations_for(kind)
    if matched[1] not in known and matched[1] not in scope.unread and scope.complete:
        hint_zh, hint_en = did_you_mean(matched[1], known)
        report.problem(
            found.where,
            zh=f"“{kind}”没有名为“{matched[1]}”的时长输出{hint_zh or '。'}",
            en=f"No decision gives {kind} a duration “{matched[1]}”{hint_en or '.'}",
        )
    plus = reading.short(plus, found.where, report)
    return None if plus is None else Offset(plus, matched[1])
