"""Which names the rules about one kind of subject may use."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from contracts.text import Text
from services.rules.ruleset.definition import Field, FieldType, Vocabulary
from services.rules.ruleset.loader.nodes import ScalarNode
from services.rules.ruleset.problems import Report, did_you_mean

_OWNER = {"owner.name": Text(zh="负责人", en="owner")}
_CUSTOMER = {"customer.name": Text(zh="客户名称", en="customer")}
_OPPORTUNITY = {"opportunity.name": Text(zh="商机名称", en="opportunity")}
_NAMES_OF: Mapping[str, Mapping[str, Text]] = {
    "customer": _CUSTOMER,
    "opportunity": {**_CUSTOMER, **_OPPORTUNITY},
    "plan": _CUSTOMER,
}


def labels_of(fields: Mapping[str, Field]) -> Mapping[str, Text | None]:
    """Return what people call the fields."""
    return {name: field.label for name, field in fields.items()}


@dataclass(frozen=True, slots=True)
class Scope:
    """Facts and outputs by name, as seen from a kind of subject.

    `unread` are outputs whose declaration is broken: they are reported there, not wherever they are used.
    `complete` is false when a file could not be read: then a missing name may be declared in it.
    """

    vocabulary: Vocabulary
    outputs: Mapping[str, Mapping[str, Field]]
    unread: frozenset[str] = frozenset()
    complete: bool = True
    missed: set[str] = field(default_factory=set, compare=False)

    def is_first(self, name: str) -> bool:
        """Return whether this name is missed for the first time: it is reported once, not at every use."""
        seen = name in self.missed
        self.missed.add(name)
        return not seen

    def fields_for(self, kind: str) -> Mapping[str, Field]:
        """Return every name that a rule about this kind may test."""
        entity = self.vocabulary.entities.get(kind)
        if entity is None:
            return {}
        above = self.outputs.get(entity.belongs_to, {}) if entity.belongs_to else {}
        return {**above, **self.outputs.get(kind, {}), **entity.fields}

    def field(self, node: ScalarNode, kind: str, report: Report) -> Field | None:
        """Return the field of this name; an unknown one is reported, with the nearest name or the reason."""
        return self.find(node.text, kind, node, report)

    def find(self, name: str, kind: str, node: ScalarNode, report: Report) -> Field | None:
        """Return the field `name`, which is written somewhere in `node`."""
        known = self.fields_for(kind)
        if name in known:
            return known[name]
        if name not in self.unread and self.complete:
            zh, en = self._elsewhere(name, kind) or did_you_mean(name, known, labels_of(known))
            if zh or self.is_first(name):
                report.problem(
                    node.where,
                    zh=f"“{kind}”没有名为“{name}”的字段{zh or '。'}",
                    en=f"There is no field “{name}” of {kind}{en or '.'}",
                )
        return None

    def texts_for(self, kind: str) -> Mapping[str, Text | None]:
        """Return every name that may stand in braces in a title, with what people call it."""
        return {**labels_of(self.fields_for(kind)), **_NAMES_OF.get(kind, {}), **_OWNER}

    def durations_for(self, kind: str) -> frozenset[str]:
        """Return the names of the outputs that are durations."""
        fields = self.fields_for(kind).items()
        return frozenset(name for name, field in fields if field.type is FieldType.DURATION)

    def _elsewhere(self, name: str, kind: str) -> tuple[str, str] | None:
        for other, entity in self.vocabulary.entities.items():
            if other != kind and (name in entity.fields or name in self.outputs.get(other, {})):
                zh = f"：它属于“{other}”，关于“{kind}”的规则读不到它。"
                return zh, f": it belongs to {other}, and rules about {kind} cannot read it."
        return None
