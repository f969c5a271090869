"""People to import into a table of the tests, and what one asks about them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import Column, MetaData, Table, Text, Uuid, insert, select, update

from contracts.identity import new_id
from services.shared.database import Database
from services.shared.directory import directory
from services.shared.imports import kinds
from services.shared.imports.errors import (
    Reason,
)
from services.shared.imports.kinds import Field, field_map
from services.shared.imports.lookups import Lookup
from services.shared.imports.report import ImportReport
from services.shared.imports.requests import ImportRequest
from services.shared.imports.service import ImportService
from services.shared.imports.targets import ImportRow, ImportTarget, Repeated, RowRejectedError
from services.shared.imports.text import normalise_name
from services.shared.unit_of_work import UnitOfWork

NOW = datetime(2025, 6, 30, 10, tzinfo=UTC)

metadata = MetaData()
folk = Table(
    "folk",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("name", Text),
    Column("natural_key", Text, unique=True),
    Column("source_system", Text),
    Column("external_id", Text),
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
    lookups: ClassVar[Mapping[str, Lookup]] = {"person": Lookup(folk, folk.c.person_id)}
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
            values |= {
                "person_id": row.record_id,
                "source_system": row.source_system,
                "external_id": row.external_id,
            }
            await unit.session.execute(insert(folk).values(**values))
        elif values:
            changed = update(folk).where(folk.c.person_id == row.record_id)
            await unit.session.execute(changed.values(**values))


async def run(importer: ImportService, text: str, *, mapping: str | None = None) -> ImportReport:
    return await importer.run(
        ImportRequest("folk", "folk.csv", text.encode(), mapping=mapping.encode() if mapping else None)
    )


async def people(database: Database) -> dict[str, dict[str, object]]:
    async with database.session() as session:
        rows = (await session.execute(select(folk))).mappings()
        return {row["name"]: dict(row) for row in rows}


async def note_customer(database: Database, name: str, **more: object) -> UUID:
    record_id = new_id()
    values = {"name": name, "natural_key": normalise_name(name), "sequence": 1, "kind": "customer"}
    async with database.session() as session:
        await session.execute(
            insert(directory).values(record_id=record_id, customer_id=record_id, **{**values, **more})
        )
        await session.commit()
    return record_id


def reasons(report: ImportReport) -> list[tuple[int, str, str]]:
    return [(each.row, each.column, each.reason.en) for each in report.rejected]
