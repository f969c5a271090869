"""Rule files as texts, with a vocabulary of the test's own in a `vocabulary.yaml` beside them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from contracts.text import Text
from services.rules.ruleset.definition import Entity, Field, FieldType, Vocabulary
from services.rules.ruleset.loader import Loaded
from services.rules.ruleset.loader import load_files as load
from services.rules.ruleset.loader.amounts import read_amount
from services.shared.business_time import Duration


def load_files(
    files: Mapping[str, str], *, timezone: str = "Asia/Shanghai", before: Mapping[str, str] | None = None
) -> Loaded:
    """Load the files with the vocabulary that they bring, or with none."""
    rules = {name: text for name, text in files.items() if name != "vocabulary.yaml"}
    vocabulary = vocabulary_of(files.get("vocabulary.yaml", "entities: {}"))
    return load(rules, vocabulary, timezone=timezone, before=before)


def files_in(directory: Path) -> dict[str, str]:
    """Read the `*.yaml` files of a directory."""
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(directory.glob("*.yaml"))}


def vocabulary_of(text: str) -> Vocabulary:
    """Read a vocabulary: entities with their fields, and known outputs."""
    written = YAML(typ="safe", pure=True).load(text)
    return Vocabulary(
        entities={
            name: Entity(name, _fields(entity["fields"]), entity.get("belongs_to"))
            for name, entity in written["entities"].items()
        },
        outputs=_fields(written.get("outputs", {})),
    )


def _fields(written: Mapping[str, Mapping[str, Any]]) -> dict[str, Field]:
    return {name: _field(name, parts) for name, parts in written.items()}


def _field(name: str, parts: Mapping[str, Any]) -> Field:
    kind = FieldType(parts["type"])
    within = tuple(Duration.parse(each) for each in parts.get("within", ()))
    return Field(
        name,
        kind,
        values=tuple(parts.get("values", ())),
        absent=_text(parts["absent"]).zh if "absent" in parts else None,
        minimum=read_amount(str(parts["min"]), kind) if "min" in parts else None,
        past=parts.get("past", False),
        label=_text(parts["label"]) if "label" in parts else None,
        labels={value: _text(label) for value, label in parts.get("labels", {}).items()},
        spans=(within[0], within[1]) if within else None,
    )


def _text(written: str | Mapping[str, str]) -> Text:
    return Text(zh=written, en=written) if isinstance(written, str) else Text(**written)
