"""Records that know which of their fields changed, and count their changes."""

from collections.abc import Mapping
from datetime import datetime
from typing import cast

from contracts.events import SourceRef

IDS = "source_refs"
"""The field with the ids that other systems gave to a record."""


def change(record: object, values: Mapping[str, object]) -> tuple[str, ...]:
    """Set the fields of a record that differ from `values`, and return their names, in order.

    `source_refs` are added to those that the record has: a foreign id is never taken away (A12).
    """
    wanted = dict(values)
    if IDS in wanted:
        had, given = getattr(record, IDS), cast("tuple[SourceRef, ...]", wanted[IDS])
        wanted[IDS] = tuple(dict.fromkeys((*had, *given)))
    changed = tuple(name for name, value in wanted.items() if getattr(record, name) != value)
    for name in changed:
        setattr(record, name, wanted[name])
    return changed


class Tracked:
    """A record whose `sequence` counts its changes; `updated_at` is the business instant of the last."""

    source_refs: tuple[SourceRef, ...]
    sequence: int
    updated_at: datetime

    def update(self, values: Mapping[str, object], *, now: datetime) -> tuple[str, ...]:
        """Set fields; return the names of those that changed."""
        changed = change(self, values)
        if changed:
            self.sequence += 1
            self.updated_at = now
        return changed
