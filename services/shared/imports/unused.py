"""Columns of a file that nothing reads, with what they may have been meant for."""

from collections.abc import Collection, Iterator, Mapping

from services.shared.imports.errors import Reason
from services.shared.imports.findings import UnusedColumn
from services.shared.imports.following import belonging, belongs_to
from services.shared.imports.kinds import Field
from services.shared.imports.mapping import ImportMapping
from services.shared.imports.table import Table
from services.shared.imports.targets import ImportTarget
from services.shared.imports.text import suggestion


def unused_columns(
    table: Table,
    mapping: ImportMapping,
    *,
    target: ImportTarget,
    targets: Mapping[str, ImportTarget],
    taken: Collection[str] = (),
) -> list[UnusedColumn]:
    """The columns that the mapping neither reads nor ignores, and that are not `taken` otherwise."""
    named = {*taken, *mapping.ignore, *mapping.columns()}
    used = {table.name_of(name) for name in named if table.has(name)}
    return [
        UnusedColumn(column, _suggestion(column, table, target=target, targets=targets))
        for column in table.columns
        if column and column not in used
    ]


def _suggestion(
    column: str, table: Table, *, target: ImportTarget, targets: Mapping[str, ImportTarget]
) -> Reason | None:
    own = next((field for field in target.fields.values() if _is_for(field, column, table)), None)
    if own is not None:
        return _could_feed(own)
    kind = belongs_to(target.what, column, table)
    if kind is not None:
        return kind
    for other in targets.values():
        if any(_is_for(field, column, table) for field in other.fields.values()):
            return belonging(other.what)
    near = suggestion(column, _words(target.fields))
    return Reason(zh=near.zh, en=near.en.strip()) if near.zh else None


def _is_for(field: Field, column: str, table: Table) -> bool:
    return any(column in table.all_named(word) for word in (field.name, *field.aliases))


def _could_feed(field: Field) -> Reason:
    word = next(iter(field.aliases), field.name)
    return Reason(
        zh=f"可导入为“{word}”：请写入映射，或列入 ignore",
        en=f"It can feed the field {field.name}: add it to the mapping, or to ignore",
    )


def _words(fields: Mapping[str, Field]) -> Iterator[str]:
    for field in fields.values():
        yield from (*field.aliases, field.name)
