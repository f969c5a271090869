"""The vocabulary as the evaluators know it, and as a file."""

from collections.abc import Iterable
from functools import cache

from services.rules.domain.vocabulary.declaration import FactSource
from services.rules.domain.vocabulary.facts import FACTS, OUTPUTS
from services.rules.ruleset.definition import Entity, Field, Vocabulary


@cache
def built_in() -> Vocabulary:
    """The vocabulary that the services can fill."""
    return Vocabulary(
        outputs=OUTPUTS,
        entities={
            name: Entity(
                name=name,
                fields={source.field.name: source.field for source in facts},
                belongs_to=None if name == "customer" else "customer",
            )
            for name, facts in FACTS.items()
        },
    )


def _inline(field: Field) -> str:
    parts = [f"type: {field.type}"]
    if field.values:
        parts.append(f"values: [{', '.join(field.values)}]")
        labels = ", ".join(f"{name}: {{zh: {text.zh}, en: {text.en}}}" for name, text in field.labels.items())
        parts.append(f"labels: {{{labels}}}")
    if field.absent is not None:
        parts.append(f"absent: {field.absent}")
    if field.minimum is not None:
        parts.append(f"min: {field.minimum}")
    if field.past:
        parts.append("past: true")
    if field.spans:
        parts.append(f"within: [{field.spans[0]}, {field.spans[1]}]")
    if field.label:
        parts.append(f"label: {{zh: {field.label.zh}, en: {field.label.en}}}")
    return "{" + ", ".join(parts) + "}"


def _entity_lines(name: str, facts: Iterable[FactSource]) -> Iterable[str]:
    yield f"  {name}:"
    if name != "customer":
        yield "    belongs_to: customer"
    yield "    fields:"
    for source in facts:
        yield f"      # {source.owner}: {source.how}"
        yield f"      {source.field.name}: {_inline(source.field)}"


def as_yaml() -> str:
    """The vocabulary as the text of `rules/vocabulary.yaml`."""
    lines = [
        "# 由系统生成，供查阅，不会被读取。Generated for reference, never read.",
        "vocabulary: v1",
        "entities:",
        *(line for name, facts in FACTS.items() for line in _entity_lines(name, facts)),
    ]
    return "\n".join(lines) + "\n"
