"""Imported rows become values of records."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import ClassVar, cast
from uuid import UUID

from typing_extensions import override

from contracts.events import SourceRef
from contracts.vocabulary import Intent
from services.shared.changes import Tracked, change
from services.shared.entries import Entry, RecordTarget
from services.shared.imports.kinds import Choice, Field, Flag, Name, Ref, Tags, Text, field_map
from services.shared.imports.targets import ImportRow
from services.shared.unit_of_work import UnitOfWork

NOW = datetime(2025, 3, 3, 1, tzinfo=UTC)
ANNA, NEW = UUID(int=1), UUID(int=2)


@dataclass
class Thing(Tracked):
    """A record of the tests."""

    name: str
    natural_key: str
    sequence: int = 1
    updated_at: datetime = NOW
    owner_id: UUID | None = None
    intent: Intent | None = None
    is_big: bool = False
    tags: tuple[str, ...] = ()
    remarks: str | None = None
    source_refs: tuple[SourceRef, ...] = ()


@dataclass
class ThingTarget(RecordTarget):
    """Keeps what it is to put, and gives new things the id NEW."""

    what = "things"
    record_kind = "thing"
    fields = field_map(
        (
            Field("name", Name(), required=True),
            Field("owner", Ref("person")),
            Field("intent", Choice.of(Intent)),
            Field("is_big", Flag()),
            Field("tags", Tags()),
            Field("remarks", Text()),
        )
    )
    record_type = Thing
    words: ClassVar[Mapping[str, type[StrEnum]]] = {"intent": Intent}
    seen: list[Entry] = field(default_factory=list)

    @override
    async def put(self, entries: Sequence[Entry], unit: UnitOfWork) -> None:
        self.seen += entries
        for entry in entries:
            entry.record_id = entry.record_id or NEW


def a_row(values: Mapping[str, object], *, external_id: str | None = None) -> ImportRow:
    """A row all of whose values are to be set."""
    return ImportRow(
        number=2,
        record_id=None,
        source_refs=(SourceRef(source_system="erp", external_id=external_id),) if external_id else (),
        values=values,
        changed=frozenset(values),
    )


async def put(row: ImportRow) -> Entry:
    """What a row becomes."""
    target = ThingTarget()
    # Nothing here touches the unit.
    await target.apply(row, cast("UnitOfWork", None))
    (entry,) = target.seen
    return entry


async def test_values_have_the_names_and_types_of_the_record() -> None:
    entry = await put(a_row({"name": "远山 科技(上海)", "owner": ANNA, "intent": "high", "is_big": True}))
    assert entry.values == {
        "name": "远山 科技(上海)",
        "natural_key": "远山科技(上海)",
        "owner_id": ANNA,
        "intent": Intent.HIGH,
        "is_big": True,
    }
    assert isinstance(entry.values["intent"], Intent)


async def test_an_empty_cell_sets_the_default_of_the_field() -> None:
    entry = await put(a_row({"owner": None, "intent": None, "is_big": None, "tags": None, "remarks": None}))
    assert entry.values == {"owner_id": None, "intent": None, "is_big": False, "tags": (), "remarks": None}


async def test_only_what_is_to_be_set_is_passed_on() -> None:
    row = a_row({"name": "甲", "remarks": "乙"})
    row.changed = frozenset({"remarks"})
    assert (await put(row)).values == {"remarks": "乙"}


async def test_the_id_of_the_source_is_kept_and_the_id_of_a_new_record_is_told() -> None:
    row = a_row({"remarks": "乙"}, external_id="K7")
    assert (await put(row)).values == {"remarks": "乙", "source_refs": row.source_refs}
    assert row.record_id == NEW


def test_a_change_names_what_differs_and_nothing_else() -> None:
    thing = Thing(name="甲", natural_key="甲")
    assert change(thing, {"name": "甲", "is_big": True, "remarks": "乙"}) == ("is_big", "remarks")
    assert (thing.is_big, thing.remarks) == (True, "乙")


def test_a_tracked_record_counts_changes_and_dates_them() -> None:
    thing = Thing(name="甲", natural_key="甲")
    later = NOW.replace(hour=5)
    assert thing.update({"name": "甲"}, now=later) == ()
    assert (thing.sequence, thing.updated_at) == (1, NOW)
    assert thing.update({"name": "乙"}, now=later) == ("name",)
    assert (thing.sequence, thing.updated_at) == (2, later)
