"""The mapping of a file that comes without one: its headers are understood by the fields' own words."""

from collections.abc import Mapping

from services.shared.imports.errors import MissingColumnsError, NothingUnderstoodError
from services.shared.imports.kinds import Field
from services.shared.imports.mapping import ImportMapping, Source
from services.shared.imports.table import Table


def default_mapping(table: Table, *, what: str, fields: Mapping[str, Field]) -> ImportMapping:
    """Feed each field from the columns that bear its name or one of its aliases.

    Several such columns (客户名称 beside 公司名称, K15) are one field: the first with something in it counts.
    Columns that no field knows are left alone. Raises NothingUnderstoodError or MissingColumnsError.
    """
    sources = {
        name: Source(columns=found) for name, field in fields.items() if (found := _columns(table, field))
    }
    columns = ", ".join(name for name in table.columns if name)
    if not sources:
        raise NothingUnderstoodError(file=table.file, what=what, columns=columns)
    missing = [field for name, field in fields.items() if field.required and name not in sources]
    if missing:
        listed = ", ".join(repr(next(iter(field.aliases), field.name)) for field in missing)
        raise MissingColumnsError(file=table.file, missing=listed, columns=columns)
    return ImportMapping(what=what, fields=sources)


def _columns(table: Table, field: Field) -> tuple[str, ...]:
    return tuple(name for name in (field.name, *field.aliases) if table.has(name))
