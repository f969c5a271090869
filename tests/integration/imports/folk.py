"""People to import into a table of the tests, and what one asks about them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import Column, MetaData, Table, Text, Uuid, insert, select, update

from contracts.events import SourceRef
from contracts.identity import new_id
from services.shared import foreign_ids
from services.shared.database import Database
from services.shared.directory import listing_of, merge_directory
from services.shared.imports import kinds
from services.shared.imports.errors import (
    Reason,
)
from services.shared.imports.kinds import Field, field_map
from services.shared.imports.report import ImportReport
from services.shared.imports.requests import ImportRequest
from services.shared.imports.service import ImportService
from services.shared.imports.targets import ImportRow, ImportTarget, Repeated, RowRejectedError
from services.shared.imports.text import normalise_name
from services.shared.lookups import Lookup
from services.shared.unit_of_work import UnitOfWork
from tests.builders import customer

NOW = datetime(2025, 6, 30, 10, tzinfo=UTC)

metadata = MetaData()
folk = Table(
    "folk",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("name", Text),
    Column("natural_key", Text, unique=True),
    Column("phone", Text),
    Column("manager_id", Uuid),
    Column("customer", Uuid),
    Column("shoe", Text),
)


@dataclass
class Folk(ImportTarget):
    """People with managers among them, and a favourite customer of another service."""

    what = "folk"
    record_kind = "person"
    repeated = Repeated.ALL_ARE_REJECTED
    lookups: ClassVar[Mapping[str, Lookup]] = {"person": Lookup("person", folk)}
    fields = field_map(
        [
            Field("name", kinds.Name(), required=True, aliases=("姓名",)),
            Field("phone", kinds.Phone(), aliases=("电话",)),
            Field("manager", kinds.Ref("person"), aliases=("上级",)),
            Field("customer", kinds.Ref("customer"), aliases=("客户",)),
            Field("shoe", kinds.Text(), aliases=("鞋",)),
        ]
    )
    applied: list[Sequence[str]] = field(default_factory=list)

    async def apply_all(self, rows: Sequence[ImportRow], unit: UnitOfWork) -> None:
        """Note which rows come together."""
        self.applied.append([str(row.values["name"]) for row in rows])
        await super().apply_all(rows, unit)

    async def apply(self, row: ImportRow, unit: UnitOfWork) -> None:
        """Write a person; nobody may wear clogs."""
        if row.changes.get("shoe") == "clogs":
            raise RowRejectedError(field="shoe", reason=Reason(zh="不许穿木鞋", en="No clogs"))
        renamed = {"manager": "manager_id"}
        values = {renamed.get(name, name): value for name, value in row.changes.items()}
        if "name" in values:
            values["natural_key"] = normalise_name(str(values["name"]))
        if row.record_id is None:
            row.record_id = new_id()
            await unit.session.execute(insert(folk).values(**values, person_id=row.record_id))
        elif values:
            changed = update(folk).where(folk.c.person_id == row.record_id)
            await unit.session.execute(changed.values(**values))
        await foreign_ids.give(unit.session, self.record_kind, {row.record_id: row.source_refs})


async def run(importer: ImportService, text: str, *, mapping: str | None = None) -> ImportReport:
    return await importer.run(
        ImportRequest("folk", "folk.csv", text.encode(), mapping=mapping.encode() if mapping else None)
    )


async def people(database: Database) -> dict[str, dict[str, object]]:
    async with database.session() as session:
        rows = (await session.execute(select(folk))).mappings()
        return {row["name"]: dict(row) for row in rows}


async def note_customer(database: Database, name: str, **ids: str) -> UUID:
    """Let the directory know a customer, with an id per system."""
    refs = tuple(SourceRef(source_system=system, external_id=ids[system]) for system in ids)
    told = customer(name=name, natural_key=normalise_name(name), source_refs=refs)
    async with database.session() as session:
        await merge_directory(session, [listing_of(told, sequence=1)])
        await session.commit()
    return told.customer_id


def reasons(report: ImportReport) -> list[tuple[int, str, str]]:
    return [(each.row, each.column, each.reason.en) for each in report.rejected]
