"""Reads `decision` documents: first what they return, so that names are known, then their conditions."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, cast

from services.rules.ruleset.definition import (
    SUBJECT_KINDS,
    Decision,
    Field,
    FieldType,
    HitPolicy,
    Row,
    SubjectKind,
    Test,
    Value,
)
from services.rules.ruleset.loader import reading
from services.rules.ruleset.loader.cells import read_test
from services.rules.ruleset.loader.keys import read_accept, read_enabled, read_was
from services.rules.ruleset.loader.nodes import MapNode, Node
from services.rules.ruleset.loader.outputs import read_returns, read_values
from services.rules.ruleset.loader.scope import Scope
from services.rules.ruleset.problems import ROW_FINDINGS, RULE_FINDINGS, Findings, Report
from services.shared.business_time import Duration

_KEYS: Final = (
    *("decision", "subject", "returns", "hit", "rows", "otherwise", "shadow", "title", "source"),
    *("enabled", "was", "accept"),
)
_ROW_KEYS: Final = ("id", "if", "then", "title", "source", "was", "accept")


@dataclass(frozen=True, slots=True)
class DraftDecision:
    """A decision before its conditions are read; each row has its `if` beside it.

    `names` are its outputs, those included whose declaration is broken; `whole` is false when anything of
    the document could not be read.
    """

    decision: Decision
    conditions: tuple[Node | None, ...]
    names: tuple[str, ...]
    report: Report
    whole: bool


def read_draft(
    document: MapNode, known: Mapping[str, Field], findings: Findings
) -> tuple[DraftDecision | None, tuple[str, ...]]:
    """Return the draft, None when it is about no known subject, and the names of the outputs.

    `known` are the outputs of which the services know something.

    What else is missing is reported and replaced, so that the rest is read too; an id by nothing.
    """
    before = len(findings.problems)
    rule = reading.identifier(document.entries[0][1], findings.about(None))
    report = findings.about(rule)
    parts = reading.keys(document, _KEYS, report, required=("subject", "returns", "hit", "rows"))
    subject = reading.word(parts.get("subject"), SUBJECT_KINDS, report, zh="对象", en="subject")
    policies = tuple(policy.value for policy in HitPolicy)
    hit = reading.word(parts.get("hit"), policies, report, zh="命中方式", en="hit policy")
    returns, names = read_returns(parts.get("returns"), known, report)
    rows, conditions = _rows(parts.get("rows"), returns, names, report)
    otherwise = read_values(parts["otherwise"], returns, names, report) if "otherwise" in parts else None
    shadow = reading.flag(parts.get("shadow"), report)
    title = reading.text(parts["title"], report) if "title" in parts else None
    source = reading.source(parts["source"], report) if "source" in parts else None
    if subject is None:
        return None, names
    decision = Decision(
        id=rule or "",
        subject=cast("SubjectKind", subject),
        returns=_with_durations(returns, rows, otherwise),
        hit=HitPolicy(hit) if hit else HitPolicy.UNIQUE,
        rows=rows,
        where=document.where,
        otherwise=otherwise,
        shadow=shadow,
        title=title,
        source=source,
        enabled=read_enabled(parts.get("enabled"), report),
        was=read_was(parts.get("was"), report),
        accept=read_accept(parts.get("accept"), RULE_FINDINGS, report),
    )
    whole = report.count == before
    return DraftDecision(decision, conditions, names, report, whole), names


def read_conditions(draft: DraftDecision, scope: Scope) -> tuple[Decision, bool]:
    """Return the decision with its tests, and whether it is whole; rows with broken tests are left out."""
    rows: list[Row] = []
    whole = draft.whole
    for row, condition in zip(draft.decision.rows, draft.conditions, strict=True):
        before = draft.report.count
        tests, texts = read_tests(condition, draft.decision.subject, scope, draft.report)
        if len(tests) == len(texts) and draft.report.count == before:
            rows.append(replace(row, tests=tests, texts=texts))
        else:
            whole = False
    return replace(draft.decision, rows=tuple(rows)), whole


def read_tests(
    node: Node | None, kind: str, scope: Scope, report: Report
) -> tuple[Mapping[str, Test], Mapping[str, str]]:
    """Return the tests of an `if` or a `while`, and each as it is written."""
    tests: dict[str, Test] = {}
    texts: dict[str, str] = {}
    for key, cell in reading.entries(node, report, zh="条件", en="tests"):
        texts[key.text] = str(cell)
        field = scope.field(key, kind, report)
        if field and (test := read_test(cell, field, report)):
            tests[key.text] = test
    return tests, texts


def _rows(
    node: Node | None, returns: Mapping[str, Field], names: tuple[str, ...], report: Report
) -> tuple[tuple[Row, ...], tuple[Node | None, ...]]:
    rows: list[Row] = []
    conditions: list[Node | None] = []
    for item in reading.items(node, report, zh="行", en="rows"):
        parts = reading.keys(item, _ROW_KEYS, report, required=("id", "if", "then"))
        row_id = reading.identifier(parts.get("id"), report)
        rows.append(
            Row(
                id=row_id or "",
                tests={},
                values=read_values(parts["then"], returns, names, report) if "then" in parts else {},
                where=item.where,
                title=reading.text(parts["title"], report) if "title" in parts else None,
                source=reading.source(parts["source"], report) if "source" in parts else None,
                was=read_was(parts.get("was"), report),
                accept=read_accept(parts.get("accept"), ROW_FINDINGS, report),
            )
        )
        conditions.append(parts.get("if"))
    return tuple(rows), tuple(conditions)


def _with_durations(
    returns: Mapping[str, Field], rows: tuple[Row, ...], otherwise: Mapping[str, Value] | None
) -> Mapping[str, Field]:
    """Give each output that is a duration its domain: the literals that the rows write, in their order."""
    values = [row.values for row in rows] + ([otherwise] if otherwise is not None else [])
    domains = {
        name: tuple(dict.fromkeys(found for each in values if isinstance(found := each.get(name), Duration)))
        for name, field in returns.items()
        if field.type is FieldType.DURATION
    }
    return {name: replace(field, durations=domains.get(name, ())) for name, field in returns.items()}
