"""Reads the `vocabulary` document: entities, their facts and closed domains."""

from typing import Final

from contracts.rules import Text
from services.rules.ruleset.definition import Entity, Field, FieldType, Vocabulary
from services.rules.ruleset.loader import reading
from services.rules.ruleset.loader.amounts import BadAmountError, read_amount
from services.rules.ruleset.loader.nodes import MapNode, Node, ScalarNode
from services.rules.ruleset.problems import Report

KINDS: Final = ("customer", "opportunity", "plan")
_FIELD_KEYS: Final = ("type", "values", "labels", "absent", "min", "past", "label", "source")
_TYPES: Final = tuple(kind.value for kind in FieldType if kind is not FieldType.DURATION)


def read_vocabulary(document: MapNode, report: Report) -> Vocabulary:
    """Return what the document declares; a field that is wrong is reported and left out."""
    found = reading.keys(document, ("vocabulary", "entities"), report, required=("entities",))
    entities: dict[str, Entity] = {}
    for key, node in reading.entries(found.get("entities"), report, zh="实体", en="entities"):
        if key.text in KINDS:
            entities[key.text] = _entity(key.text, node, report)
        else:
            reading.unknown(key, KINDS, report, zh="实体", en="entity")
    for entity in entities.values():
        if entity.belongs_to and entity.belongs_to not in entities:
            report.problem(
                document.where,
                zh=f"“{entity.name}”属于“{entity.belongs_to}”，但词汇表没有它。",
                en=f"“{entity.name}” belongs to “{entity.belongs_to}”, which the vocabulary does not have.",
            )
    return Vocabulary(entities)


def _entity(name: str, node: Node, report: Report) -> Entity:
    known = ("belongs_to", "label", "fields")
    found = reading.keys(node, known, report, required=("fields",))
    fields: dict[str, Field] = {}
    for key, part in reading.entries(found.get("fields"), report, zh="字段", en="fields"):
        field_name = reading.name(key, report)
        if field_name and (field := _field(field_name, part, report)):
            fields[field_name] = field
    owner = found.get("belongs_to")
    belongs_to = reading.word(owner, ("customer",), report, zh="实体", en="entity") if owner else None
    return Entity(name, fields, belongs_to)


def _field(name: str, node: Node, report: Report) -> Field | None:
    before = report.count
    found = reading.keys(node, _FIELD_KEYS, report, required=("type",))
    written = reading.word(found.get("type"), _TYPES, report, zh="类型", en="type")
    if written is None:
        return None
    kind = FieldType(written)
    values = members(found.get("values"), report) if kind is FieldType.ENUM else ()
    field = Field(
        name,
        kind,
        values=values,
        absent=_absent(found.get("absent"), report),
        minimum=_minimum(found.get("min"), kind, report),
        past=reading.flag(found.get("past"), report),
        label=reading.text(found["label"], report) if "label" in found else None,
        labels=_labels(found.get("labels"), values, report),
    )
    _refuse_misplaced(field, node, {"values", "min", "past", "labels"} & set(found), report)
    return field if report.count == before else None


def _refuse_misplaced(field: Field, node: Node, found: set[str], report: Report) -> None:
    fitting: dict[FieldType, set[str]] = {
        FieldType.ENUM: {"values", "labels"},
        FieldType.MONEY: {"min"},
        FieldType.NUMBER: {"min"},
        FieldType.INSTANT: {"past"},
    }
    for key in sorted(found - fitting.get(field.type, set())):
        report.problem(
            node.where,
            zh=f"{field.name}：类型 {field.type} 没有“{key}”。",
            en=f"{field.name}: the type {field.type} has no “{key}”.",
        )
    if field.type is FieldType.ENUM and not field.values:
        report.problem(
            node.where, zh=f"{field.name}：缺少取值列表 values。", en=f"{field.name}: `values` is missing."
        )
    if field.type is FieldType.TAGS and field.nullable:
        report.problem(
            node.where,
            zh=f"{field.name}：标签没有 absent，没有标签就是空集。",
            en=f"{field.name}: tags have no `absent`; no tags is an empty set.",
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


def _absent(node: Node | None, report: Report) -> str | None:
    found = reading.text(node, report) if node is not None else None
    return found.zh if found else None


def _minimum(node: Node | None, kind: FieldType, report: Report) -> int | None:
    if not isinstance(node, ScalarNode):
        return None
    try:
        return read_amount(node.text, kind)
    except BadAmountError as error:
        report.problem(node.where, zh=error.zh, en=error.en)
        return None


def _labels(node: Node | None, values: tuple[str, ...], report: Report) -> dict[str, Text]:
    labels: dict[str, Text] = {}
    for key, part in reading.entries(node, report, zh="取值的名称", en="labels of values"):
        if key.text not in values:
            reading.unknown(key, values, report, zh="取值", en="value")
        elif label := reading.text(part, report):
            labels[key.text] = label
    return labels
