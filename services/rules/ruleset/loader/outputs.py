"""Reads what a decision returns: the outputs with their types, and the values that rows give them."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Final

from contracts.text import Text
from services.rules.ruleset.definition import Field, FieldType, Value
from services.rules.ruleset.loader import reading
from services.rules.ruleset.loader.amounts import BadAmountError, read_amount
from services.rules.ruleset.loader.nodes import ListNode, MapNode, Node, ScalarNode
from services.rules.ruleset.problems import Report, did_you_mean

_SIMPLE: Final = {
    "bool": FieldType.BOOL,
    "duration": FieldType.DURATION,
    "number": FieldType.NUMBER,
    "money": FieldType.MONEY,
}
_BOOLS: Final = {"true": True, "false": False}
_WORDS: Final = ("absent", "label", "labels", "shown")


def read_returns(
    node: Node | None, known: Mapping[str, Field], report: Report
) -> tuple[dict[str, Field], tuple[str, ...]]:
    """Return the outputs that could be read, and the names of all.

    What the services know of an output (`known`) counts where the rule itself says nothing.
    """
    returns: dict[str, Field] = {}
    names: list[str] = []
    for key, part in reading.entries(node, report, zh="输出", en="outputs"):
        name = reading.name(key, report)
        if name is None:
            continue
        names.append(name)
        if field := _output(name, part, report):
            returns[name] = _completed(field, known.get(name))
    if node is not None and not names:
        report.problem(node.where, zh="没有任何输出。", en="There are no outputs.")
    return returns, tuple(names)


def _output(name: str, node: Node, report: Report) -> Field | None:
    """Return an output: its type or its values alone, or with its words.

    While its decision is enabled it is never null, since a table with a gap is refused.
    """
    if not isinstance(node, MapNode):
        return _bare(name, node, report)
    parts = reading.keys(node, ("type", "values", *_WORDS), report)
    declared = parts.get("values") or parts.get("type")
    if declared is None or ("values" in parts and "type" in parts):
        report.problem(
            node.where,
            zh=f"输出“{name}”应写 type 或 values 之一。",
            en=f"The output “{name}” has either a type or values.",
        )
        return None
    field = _bare(name, declared, report)
    if field is None:
        return None
    absent = reading.text(parts["absent"], report) if "absent" in parts else None
    return replace(
        field,
        absent=absent.zh if absent else None,
        label=reading.text(parts["label"], report) if "label" in parts else None,
        labels=_labels(parts.get("labels"), field.values, report),
        shown=reading.flag(parts.get("shown"), report),
    )


def _bare(name: str, node: Node, report: Report) -> Field | None:
    if isinstance(node, ListNode):
        values = members(node, report)
        return Field(name, FieldType.ENUM, values=values) if values else None
    kind = reading.word(node, tuple(_SIMPLE), report, zh="类型", en="type")
    return Field(name, _SIMPLE[kind]) if kind else None


def _completed(field: Field, known: Field | None) -> Field:
    if known is None or known.type is not field.type:
        return field
    return replace(
        field,
        label=field.label or known.label,
        labels=field.labels or known.labels,
        spans=known.spans,
        shown=field.shown or known.shown,
    )


def members(node: Node | None, report: Report) -> tuple[str, ...]:
    """Return the values of an enumeration, in order; a value written twice is reported."""
    found: list[str] = []
    for item in reading.items(node, report, zh="取值", en="values"):
        value = reading.member(item, report)
        if value in found:
            report.problem(item.where, zh=f"取值“{value}”重复。", en=f"The value “{value}” is written twice.")
        elif value:
            found.append(value)
    return tuple(found)


def _labels(node: Node | None, values: tuple[str, ...], report: Report) -> dict[str, Text]:
    labels: dict[str, Text] = {}
    for key, part in reading.entries(node, report, zh="取值的名称", en="labels of values"):
        if key.text not in values:
            reading.unknown(key, values, report, zh="取值", en="value")
        elif label := reading.text(part, report):
            labels[key.text] = label
    return labels


def read_values(
    node: Node, returns: Mapping[str, Field], names: Collection[str], report: Report
) -> dict[str, Value]:
    """Return the value that a `then` or an `otherwise` gives to each output; a missing one is reported.

    `names` are all outputs, those included whose type could not be read.
    """
    values: dict[str, Value] = {}
    written: set[str] = set()
    for key, part in reading.entries(node, report, zh="输出的值", en="values of outputs"):
        written.add(key.text)
        if key.text not in names:
            reading.unknown(key, names, report, zh="输出", en="output")
        elif key.text in returns and (value := _value(part, returns[key.text], report)) is not None:
            values[key.text] = value
    for name in returns:
        if name not in written:
            report.problem(node.where, zh=f"没有给出“{name}”的值。", en=f"There is no value for “{name}”.")
    return values


def _value(node: Node, field: Field, report: Report) -> Value:
    if field.type is FieldType.DURATION:
        return reading.short(reading.length(node, report), node.where, report)
    found = reading.scalar(node, report, zh=f"“{field.name}”的值", en=f"a value for “{field.name}”")
    if found is None:
        return None
    if field.type in (FieldType.MONEY, FieldType.NUMBER):
        return _number(found, field, report)
    domain: Mapping[str, Value] = (
        _BOOLS if field.type is FieldType.BOOL else {each: each for each in field.values}
    )
    if found.text in domain:
        return domain[found.text]
    hint_zh, hint_en = did_you_mean(found.text, domain, field.labels)
    report.problem(
        found.where,
        zh=f"{field.name}：没有“{found}”这个取值（有 {'、'.join(domain)}）{hint_zh or '。'}",
        en=f"{field.name}: there is no value “{found.text}” (there are {', '.join(domain)}){hint_en or '.'}",
    )
    return None


def _number(node: ScalarNode, field: Field, report: Report) -> int | None:
    try:
        return read_amount(node.text, field.type)
    except BadAmountError as error:
        report.problem(node.where, zh=error.zh, en=error.en)
        return None
