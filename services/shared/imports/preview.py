"""What a dry run shows of the first rows: records that would be made, and fields that would change."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

from services.shared.imports.kinds import Field
from services.shared.imports.parsed import ParsedRow
from services.shared.imports.stored import stored_form

MOST_ROWS = 50
_HIDDEN = "***"


@dataclass(frozen=True)
class FieldChange:
    """A field that would be set: its column in the file, and what stands there before and after."""

    field: str
    column: str
    before: str | None
    after: str


@dataclass(frozen=True)
class PreviewRow:
    """A row that would make or change a record, which is named as in the file; private values are masked."""

    row: int
    action: Literal["create", "change"]
    record: str
    fields: tuple[FieldChange, ...]

    @classmethod
    def of(
        cls,
        parsed: ParsedRow,
        changed: frozenset[str],
        *,
        fields: Mapping[str, Field],
        record: str,
        before: Mapping[str, object] | None,
    ) -> Self:
        """The preview of a row; `before` has the values of the record's fields, None for a new record."""
        names = [name for name in parsed.columns if name in changed]
        changes = [
            FieldChange(name, column, _shown(fields[name], (before or {}).get(name)), written)
            for name in names
            for column, written in (parsed.columns[name],)
            if written or before is not None
        ]
        return cls(parsed.number, "create" if before is None else "change", record, tuple(changes))

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The row that `asdict` wrote down."""
        return cls(**{**data, "fields": tuple(FieldChange(**each) for each in data["fields"])})


def _shown(field: Field, value: object) -> str | None:
    if value is None:
        return None
    if field.is_private:
        return _HIDDEN
    form = stored_form(value)
    return "、".join(form) if isinstance(form, list) else str(form)
