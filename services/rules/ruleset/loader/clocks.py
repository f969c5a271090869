"""Reads `clock` documents: the anchor, the condition and the ladder."""

from typing import Final, Literal, cast

from services.rules.ruleset.definition import (
    SUBJECT_KINDS,
    Clock,
    FieldType,
    Roles,
    StartMode,
    StartsAt,
    SubjectKind,
)
from services.rules.ruleset.loader import reading
from services.rules.ruleset.loader.decisions import read_tests
from services.rules.ruleset.loader.keys import read_accept, read_enabled, read_was
from services.rules.ruleset.loader.nodes import MapNode, Node, ScalarNode
from services.rules.ruleset.loader.rungs import read_rung
from services.rules.ruleset.loader.scope import Scope
from services.rules.ruleset.problems import RULE_FINDINGS, Findings, Report

_KEYS: Final = (
    "clock",
    "subject",
    "starts_at",
    "while",
    "ladder",
    "completes",
    "asks",
    "catch_up",
    "title",
    "source",
    "enabled",
    "was",
    "accept",
)


def read_clock(
    document: MapNode, scope: Scope, roles: Roles | None, findings: Findings
) -> tuple[Clock | None, bool]:
    """Return the clock, None when id, subject or anchor are missing, and whether all of it could be read.

    `roles` are None when roles.yaml could not be read.
    """
    before = len(findings.problems)
    rule = reading.identifier(document.entries[0][1], findings.about(None))
    report = findings.about(rule)
    parts = reading.keys(document, _KEYS, report, required=("subject", "starts_at", "ladder"))
    kind = reading.word(parts.get("subject"), SUBJECT_KINDS, report, zh="对象", en="subject")
    if kind is None:
        return None, False
    starts_at = _starts_at(parts.get("starts_at"), kind, scope, report)
    tests, texts = read_tests(parts.get("while"), kind, scope, report)
    ladder = reading.items(parts.get("ladder"), report, zh="梯级", en="rungs")
    rungs = [read_rung(item, kind, scope, roles, report) for item in ladder]
    completes = _either(parts.get("completes"), ("fact", "person"), report)
    catch_up = _either(parts.get("catch_up"), ("highest", "all"), report)
    asks = _asks(parts.get("asks"), report)
    title = reading.text(parts["title"], report) if "title" in parts else None
    source = reading.source(parts["source"], report) if "source" in parts else None
    if starts_at is None or rule is None:
        return None, False
    clock = Clock(
        id=rule,
        subject=cast("SubjectKind", kind),
        starts_at=starts_at,
        condition=tests,
        ladder=tuple(rung for rung in rungs if rung),
        where=document.where,
        completes=cast("Literal['fact', 'person']", completes),
        asks=asks,
        catch_up=cast("Literal['highest', 'all']", catch_up),
        title=title,
        source=source,
        texts=texts,
        enabled=read_enabled(parts.get("enabled"), report),
        was=read_was(parts.get("was"), report),
        accept=read_accept(parts.get("accept"), RULE_FINDINGS, report),
    )
    return clock, report.count == before and len(tests) == len(texts) and None not in rungs


def _asks(node: Node | None, report: Report) -> tuple[str, ...]:
    names = [reading.name(item, report) for item in reading.items(node, report, zh="问题", en="questions")]
    return tuple(name for name in names if name)


def _either(node: Node | None, known: tuple[str, str], report: Report) -> str:
    return reading.word(node, known, report, zh="取值", en="value") or known[0]


def _starts_at(node: Node | None, kind: str, scope: Scope, report: Report) -> StartsAt | None:
    if isinstance(node, MapNode):
        found = reading.keys(node, ("latest_of", "first_of"), report)
        if len(found) != 1:
            report.problem(
                node.where, zh="请写 latest_of 或 first_of 之一。", en="Write one of latest_of and first_of."
            )
            return None
        mode, listed = next(iter(found.items()))
        fields = [
            _instant(item, kind, scope, report)
            for item in reading.items(listed, report, zh="字段", en="fields")
        ]
        names = tuple(name for name in fields if name)
        return StartsAt(StartMode(mode), names) if names else None
    name = _instant(node, kind, scope, report)
    return StartsAt(StartMode.FIELD, (name,)) if name else None


def _instant(node: Node | None, kind: str, scope: Scope, report: Report) -> str | None:
    written: ScalarNode | None = reading.scalar(
        node, report, zh="时间字段的名称", en="the name of an instant"
    )
    field = scope.field(written, kind, report) if written else None
    if field is None or written is None:
        return None
    if field.type is FieldType.INSTANT:
        return field.name
    report.problem(
        written.where,
        zh=f"“{field.name}”不是时间，不能作为起点。",
        en=f"“{field.name}” is no instant, a clock cannot start at it.",
    )
    return None
