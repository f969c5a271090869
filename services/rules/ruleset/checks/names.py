"""Ids are identity and outputs have one writer: nothing is declared twice, nothing hides anything else."""

from collections.abc import Iterable, Mapping

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
            places = (first, rule.where)
            zh, en = (" 和 ".join(f"{each.file} 第 {each.line} 行" for each in places), _places(places))
            findings.about(rule.id).problem(
                rule.where,
                zh=f"编号“{rule.id}”用了两次：{zh}。",
                en=f"The id “{rule.id}” is used twice: {en}.",
                also=[first],
            )
    _check_former_ids(rules, findings)
    for decision in decisions:
        rows = ((row.id, row.where) for row in decision.rows)
        _twice(rows, findings.about(decision.id), zh="行", en="row")
    for clock in clocks:
        rungs = ((rung.id, rung.where) for rung in clock.ladder)
        _twice(rungs, findings.about(clock.id), zh="梯级", en="rung")


def _places(places: Iterable[Position]) -> str:
    return " and ".join(f"{each.file}, line {each.line}" for each in places)


def _check_former_ids(rules: Iterable[Decision | Clock], findings: Findings) -> None:
    """Report former ids (`was`) that are the id, or a former id, of another rule, row or rung."""
    everything = list(rules)
    _former_twice([(each.id, each.was, each.where, each.id) for each in everything], findings)
    for rule in everything:
        parts = rule.rows if isinstance(rule, Decision) else rule.ladder
        _former_twice([(each.id, each.was, each.where, rule.id) for each in parts], findings)


def _former_twice(entries: list[tuple[str, tuple[str, ...], Position, str]], findings: Findings) -> None:
    owners = {name: name for name, *_ in entries}
    for name, was, where, rule in entries:
        for former in was:
            owner = owners.setdefault(former, name)
            if owner != name or former == name:
                findings.about(rule).problem(
                    where,
                    zh=f"“{name}”的旧编号“{former}”已由“{owner}”使用。",
                    en=f"“{former}”, a former id of “{name}”, belongs to “{owner}”.",
                )


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


def check_switches(
    decisions: tuple[Decision, ...], readers: Mapping[str, Iterable[str]], findings: Findings
) -> None:
    """Write down decisions that are switched off while others read an output that cannot be absent.

    `readers` has, for each output, the enabled rules that read it.
    """
    for decision in (each for each in decisions if not each.enabled):
        for name, output in decision.returns.items():
            reading = sorted(readers.get(name, ()))
            if reading and not output.nullable:
                findings.about(decision.id).problem(
                    decision.where,
                    zh=f"不能停用：{'、'.join(reading)} 要用到“{name}”。请先停用它们，或为该输出写 absent。",
                    en=f"It cannot be switched off: {', '.join(reading)} read “{name}”. "
                    "Switch them off first, or declare `absent` for this output.",
                )
