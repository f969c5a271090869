"""The mapping of a file that comes without one: its headers are understood by the fields' own words."""

from collections.abc import Mapping

from services.shared.imports.errors import MissingColumnsError, NothingUnderstoodError, Reason
from services.shared.imports.headers import header_label
from services.shared.imports.kinds import Field
from services.shared.imports.mapping import ImportMapping, Source
from services.shared.imports.table import Table
from services.shared.imports.text import normalise_label

_MOST_TITLES = 20
"""How many rows below the first are looked at for a header."""


def default_mapping(
    table: Table, *, what: str, fields: Mapping[str, Field], said: ImportMapping | None = None
) -> ImportMapping:
    """Feed each field from the columns that bear its name or one of its aliases, beside what else is `said`.

    Several such columns (客户名称 beside 公司名称, K15) are one field: the first with something in it counts.
    Columns to ignore and those that no field knows are left alone.

    Raises:
        NothingUnderstoodError, MissingColumnsError: not all that is needed is there.
    """
    mapping = said or ImportMapping(what=what)
    ignored = {column for word in mapping.ignore for column in table.all_named(word)}
    sources = {
        name: Source(columns=found)
        for name, field in fields.items()
        if (found := tuple(column for column in _columns(table, field) if column not in ignored))
    }
    columns = ", ".join(name for name in table.columns if name)
    hint = _where_the_header_is(table, mapping.header_row, fields)
    if not sources:
        raise NothingUnderstoodError(file=table.file, what=what, columns=columns, hint=hint)
    missing = [field for name, field in fields.items() if field.required and name not in sources]
    if missing:
        listed = ", ".join(repr(next(iter(field.aliases), field.name)) for field in missing)
        raise MissingColumnsError(file=table.file, missing=listed, columns=columns, hint=hint)
    return mapping.model_copy(update={"fields": sources})


def _columns(table: Table, field: Field) -> tuple[str, ...]:
    words = (field.name, *field.aliases)
    return tuple(dict.fromkeys(column for word in words for column in table.all_named(word)))


def _where_the_header_is(table: Table, header_row: int, fields: Mapping[str, Field]) -> Reason:
    """A row further down that names all that is needed, as `header_row` in a mapping says it."""
    required = [field for field in fields.values() if field.required]
    needed = [{normalise_label(word) for word in (field.name, *field.aliases)} for field in required]
    for row in table.rows[:_MOST_TITLES]:
        labels = {header_label(str(cell)) for cell in (*row.cells, *row.surplus) if isinstance(cell, str)}
        if needed and all(words & labels for words in needed):
            return Reason(
                zh=f"；第 {row.number} 行像是表头，请在映射文件中写 header_row: {row.number}",
                en=f"; row {row.number} looks like the header: give a mapping with header_row: {row.number}",
            )
    return Reason(
        zh=f"；表头若不在第 {header_row} 行，请在映射文件中用 header_row 指明",
        en=f"; if the header is not in row {header_row}, header_row in a mapping says where it is",
    )
