"""Records that know which of their fields changed, and count their changes."""

from collections.abc import Mapping
from datetime import datetime


def change(record: object, values: Mapping[str, object]) -> tuple[str, ...]:
    """Set the fields of a record that differ from `values`, and return their names, in order."""
    changed = tuple(name for name, value in values.items() if getattr(record, name) != value)
    for name in changed:
        setattr(record, name, values[name])
    return changed


class Tracked:
    """A record whose `sequence` counts its changes; `updated_at` is the business instant of the last."""

    sequence: int
    updated_at: datetime

    def update(self, values: Mapping[str, object], *, now: datetime) -> tuple[str, ...]:
        """Set fields; return the names of those that changed."""
        changed = change(self, values)
        if changed:
            self.sequence += 1
            self.updated_at = now
        return changed
