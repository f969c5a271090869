"""Ids are identity and outputs have one writer: nothing is declared twice, nothing hides anything else."""

from collections.abc import Iterable

from services.rules.ruleset.definition import (
    Clock,
    Decision,
    FieldType,
    HitPolicy,
    Position,
    Vocabulary,
)
from services.rules.ruleset.problems import Findings, Report


def check_ids(decisions: tuple[Decision, ...], clocks: tuple[Clock, ...], findings: Findings) -> None:
    """Write down rules, rows of a decision and rungs of a clock that share an id."""
    everything: list[Decision | Clock] = [*decisions, *clocks]
    rules = sorted(everything, key=lambda rule: (rule.where.file, rule.where.line))
    seen: dict[str, Position] = {}
    for rule in rules:
        first = seen.setdefault(rule.id, rule.where)
        if first is not rule.where:
            findings.about(rule.id).problem(
                rule.where,
                zh=f"编号“{rule.id}”已用于 {first.file} 第 {first.line} 行的规则。",
                en=f"The id “{rule.id}” is taken by the rule in {first.file}, line {first.line}.",
            )
    for decision in decisions:
        rows = ((row.id, row.where) for row in decision.rows)
        _twice(rows, findings.about(decision.id), zh="行", en="row")
    for clock in clocks:
        rungs = ((rung.id, rung.where) for rung in clock.ladder)
        _twice(rungs, findings.about(clock.id), zh="梯级", en="rung")


def _twice(entries: Iterable[tuple[str, Position]], report: Report, *, zh: str, en: str) -> None:
    seen: set[str] = set()
    for entry, where in entries:
        if entry and entry in seen:
            report.problem(where, zh=f"{zh}编号“{entry}”重复。", en=f"The {en} id “{entry}” is used twice.")
        seen.add(entry)


def check_outputs(decisions: tuple[Decision, ...], vocabulary: Vocabulary, findings: Findings) -> None:
    """Write down outputs with two writers, outputs that hide a fact, and `priority` without an order."""
    writers: dict[str, str] = {}
    for decision in decisions:
        report = findings.about(decision.id)
        for name in decision.returns:
            writer = writers.setdefault(name, decision.id)
            if writer != decision.id:
                report.problem(
                    decision.where,
                    zh=f"“{name}”已由规则“{writer}”给出，一个输出只能由一条规则给出。",
                    en=f"“{name}” is returned by “{writer}” already; an output has one writer.",
                )
            for entity in vocabulary.entities.values():
                if name in entity.fields:
                    report.problem(
                        decision.where,
                        zh=f"“{name}”是“{entity.name}”的事实，不能再作输出。",
                        en=f"“{name}” is a fact of {entity.name}; an output needs another name.",
                    )
        first = next(iter(decision.returns.values()), None)
        if decision.hit is HitPolicy.PRIORITY and first and first.type is not FieldType.ENUM:
            report.problem(
                decision.where,
                zh=f"priority 需要“{first.name}”列出取值的先后，如 [A, B, C]。",
                en=f"`priority` needs “{first.name}” to list its values in order, like [A, B, C].",
            )


def check_subjects(rules: Iterable[Decision | Clock], vocabulary: Vocabulary, findings: Findings) -> None:
    """Write down rules about a kind of subject that the vocabulary does not have."""
    for rule in rules:
        if vocabulary.entities and rule.subject not in vocabulary.entities:
            findings.about(rule.id).problem(
                rule.where,
                zh=f"词汇表没有实体“{rule.subject}”。",
                en=f"The vocabulary has no entity “{rule.subject}”.",
            )
