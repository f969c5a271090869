"""Where a file and a person both changed a field since the last import of the row."""

from collections.abc import Mapping

from services.shared.imports.errors import Reason
from services.shared.imports.stored import Seal, Stored, stored_form, stored_values
from services.shared.imports.targets import ImportRow, ImportTarget

_KEPT = Reason(
    zh="已被人工修改，而文件中已清空：保留人工修改",
    en="Changed by hand, and now blank in the file: kept as it is",
)
_REPLACED = Reason(
    zh="已被人工修改，而文件中也有更改：按文件更新",
    en="Changed by hand, and in the file too: set as the file says",
)


def settle_conflicts(
    row: ImportRow,
    *,
    target: ImportTarget,
    last: Mapping[str, Stored],
    current: Mapping[str, object],
    seal: Seal,
) -> None:
    """Report the fields that changed on both sides since the `last` import.

    What a person entered stays where the file has become blank, else the file is followed. `current` has the
    values of the record.
    """
    changed = row.changed - target.decided
    names = [name for name in row.values if name in changed and name in last and name in current]
    current = target.comparable(current, last)
    held = stored_values({name: current[name] for name in names}, target.fields, seal)
    told = stored_values({name: row.values[name] for name in names}, target.fields, seal)
    for name in names:
        blank = stored_form(target.blank(name))
        was, now, says = (None if form == blank else form for form in (last[name], held[name], told[name]))
        if now in (was, says):
            continue
        if row.values[name] is None:
            row.changed -= {name}
            row.note(name, _KEPT)
        else:
            row.note(name, _REPLACED)
