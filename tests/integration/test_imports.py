"""Imports on real PostgreSQL: identity, references, hand edits, bad rows, and being interrupted."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Column, MetaData, Table, Text, Uuid, insert, select, update

from contracts.identity import new_id
from services.shared.clock import FrozenClock
from services.shared.database import Database
from services.shared.directory import directory
from services.shared.imports import kinds
from services.shared.imports.errors import (
    EmptyFileError,
    MissingColumnsError,
    Reason,
    UnknownImportError,
    UnknownTargetError,
)
from services.shared.imports.kinds import Field, field_map
from services.shared.imports.lookups import Lookup
from services.shared.imports.report import Counts, ImportReport
from services.shared.imports.requests import ImportRequest
from services.shared.imports.rows import Locality
from services.shared.imports.service import ImportPlace, ImportService
from services.shared.imports.stored import sealing_with
from services.shared.imports.tables import import_rows, imports
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
    lookups: Mapping[str, Lookup] = field(default_factory=lambda: {"person": Lookup(folk, folk.c.person_id)})
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


@pytest.fixture
async def database(fresh_database: Database) -> Database:
    async with fresh_database.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    return fresh_database


@pytest.fixture
def target() -> Folk:
    return Folk()


@pytest.fixture
def importer(database: Database, target: Folk, tmp_path: Path) -> ImportService:
    place = ImportPlace(
        Locality(ZoneInfo("Asia/Shanghai"), "CNY"), tmp_path, "zh", sealing_with(b"a key of the test")
    )
    return ImportService(database, {"folk": target}, clock=FrozenClock(NOW), place=place)


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


class TestIdentity:
    async def test_the_same_file_again_changes_nothing(
        self, importer: ImportService, target: Folk, database: Database
    ) -> None:
        text = "姓名,鞋\n李雷,boots\n韩梅,sandals\n"
        first = await run(importer, text)
        before = await people(database)
        target.applied.clear()
        again = await run(importer, text)
        assert (first.counts.created, again.counts.unchanged, again.counts.created) == (2, 2, 0)
        assert await people(database) == before
        assert target.applied in ([], [[]])

    async def test_a_changed_row_changes_only_the_fields_that_changed_in_the_file(
        self, importer: ImportService, database: Database
    ) -> None:
        """A12: hand edits stay."""
        await run(importer, "姓名,鞋,电话\n李雷,boots,13800138000\n")
        async with database.session() as session:
            await session.execute(update(folk).values(phone="by hand"))
            await session.commit()
        report = await run(importer, "姓名,鞋,电话\n李雷,sandals,13800138000\n")
        person = (await people(database))["李雷"]
        assert report.counts.changed == 1
        assert (person["shoe"], person["phone"]) == ("sandals", "by hand")

    async def test_a_cell_emptied_in_the_file_empties_the_field(
        self, importer: ImportService, database: Database
    ) -> None:
        await run(importer, "姓名,鞋\n李雷,boots\n")
        await run(importer, "姓名,鞋\n李雷,\n")
        assert (await people(database))["李雷"]["shoe"] is None

    async def test_an_external_id_is_the_identity_so_a_name_can_change(
        self, importer: ImportService, database: Database
    ) -> None:
        mapping = "what: folk\nsource_system: hr\nexternal_id: no\nfields: {name: name}\n"
        await run(importer, "no,name\n7,Ana\n", mapping=mapping)
        report = await run(importer, "no,name\n7,Anna\n", mapping=mapping)
        assert report.counts.changed == 1
        assert list(await people(database)) == ["Anna"]

    async def test_a_record_imported_by_name_is_found_again_by_its_external_id(
        self, importer: ImportService, database: Database
    ) -> None:
        await run(importer, "姓名,鞋\nAna Lee,boots\n")
        mapping = "what: folk\nsource_system: hr\nexternal_id: no\nfields: {name: name, shoe: shoe}\n"
        report = await run(importer, "no,name,shoe\n7,ANA  LEE,clean\n", mapping=mapping)
        assert report.counts.changed == 1
        assert [person["shoe"] for person in (await people(database)).values()] == ["clean"]

    async def test_a_record_made_by_hand_is_found_by_its_name(
        self, importer: ImportService, database: Database
    ) -> None:
        async with database.session() as session:
            await session.execute(insert(folk).values(person_id=new_id(), name="李雷", natural_key="李雷"))
            await session.commit()
        report = await run(importer, "姓名,鞋\n 李 雷 ,boots\n")
        assert (report.counts.created, report.counts.changed) == (0, 1)
        assert len(await people(database)) == 1

    async def test_two_ids_of_one_system_are_never_the_same_record(
        self, importer: ImportService, database: Database
    ) -> None:
        mapping = "what: folk\nsource_system: hr\nexternal_id: no\nfields: {name: name}\n"
        await run(importer, "no,name\n7,Ana\n", mapping=mapping)
        report = await run(importer, "no,name\n8,Ana\n", mapping=mapping)
        assert report.counts.created == 0
        assert reasons(report) == [(2, "name", "The database does not accept this row")]
        assert len(await people(database)) == 1

    async def test_rows_for_existing_records_only_set_what_is_not_their_name(
        self, importer: ImportService, database: Database
    ) -> None:
        await run(importer, "姓名\nAna Lee\n")
        mapping = "what: folk\nonly_existing: true\nfields: {name: who, shoe: shoe}\n"
        report = await run(importer, "who,shoe\nANA LEE,boots\nBob,boots\n", mapping=mapping)
        assert reasons(report) == [(3, "who", "There is no such record")]
        assert {name: person["shoe"] for name, person in (await people(database)).items()} == {
            "Ana Lee": "boots"
        }


class TestReferences:
    async def test_a_manager_further_down_in_the_file_is_known(
        self, importer: ImportService, database: Database
    ) -> None:
        await run(importer, "姓名,上级\n小兵,班长\n班长,连长\n连长,\n")
        found = await people(database)
        assert found["小兵"]["manager_id"] == found["班长"]["person_id"]
        assert found["班长"]["manager_id"] == found["连长"]["person_id"]

    async def test_a_manager_named_in_a_column_becomes_a_person(
        self, importer: ImportService, database: Database
    ) -> None:
        mapping = "what: folk\nfields: {name: agent, manager: boss}\nalso: [{fields: {name: boss}}]\n"
        report = await run(importer, "agent,boss\nAna,Eve\nBob,Eve\nCyd,\n", mapping=mapping)
        found = await people(database)
        assert set(found) == {"Ana", "Bob", "Cyd", "Eve"}
        assert found["Bob"]["manager_id"] == found["Eve"]["person_id"]
        assert report.counts == Counts(total=4, done=4, created=4)

    async def test_people_who_lead_each_other_are_rejected(
        self, importer: ImportService, database: Database
    ) -> None:
        report = await run(importer, "姓名,上级\n甲,乙\n乙,甲\n丙,\n")
        assert [row for row, _, _ in reasons(report)] == [2, 3]
        assert set(await people(database)) == {"丙"}

    async def test_an_unknown_reference_rejects_the_row_with_all_its_bad_cells(
        self, importer: ImportService, database: Database
    ) -> None:
        report = await run(importer, "姓名,上级,客户,电话\n甲,无名氏,某公司,x\n乙,无名氏,某公司,\n丙,,,\n")
        assert reasons(report) == [
            (2, "电话", "This is not a valid telephone number"),
            (2, "客户", "No customer is known as '某公司'"),
            (3, "客户", "No customer is known as '某公司'"),
        ]
        assert set(await people(database)) == {"丙"}

    async def test_a_customer_is_found_by_name_width_and_brackets_aside(
        self, importer: ImportService, database: Database
    ) -> None:
        customer_id = await note_customer(database, "某某(上海)有限公司")
        await run(importer, "姓名,客户\n甲,某某（上海） 有限公司\n")
        assert (await people(database))["甲"]["customer"] == customer_id

    async def test_a_name_that_two_customers_bear_is_ambiguous(
        self, importer: ImportService, database: Database
    ) -> None:
        await note_customer(database, "某公司")
        await note_customer(database, "某公司")
        report = await run(importer, "姓名,客户\n甲,某公司\n")
        assert reasons(report) == [(2, "客户", "2 records of the kind customer are known as '某公司'")]

    async def test_a_reference_can_be_an_id_of_a_source_system(
        self, importer: ImportService, database: Database
    ) -> None:
        customer_id = await note_customer(database, "某公司", source_system="erp", external_id="C1")
        await note_customer(database, "别公司", source_system="crm", external_id="C1")
        mapping = (
            "what: folk\nfields: {name: name, customer: {column: c, by: external_id, source_system: erp}}\n"
        )
        await run(importer, "name,c\nAna,C1\n", mapping=mapping)
        assert (await people(database))["Ana"]["customer"] == customer_id


class TestBadRows:
    async def test_a_row_that_the_target_refuses_does_not_spoil_its_neighbours(
        self, importer: ImportService, database: Database
    ) -> None:
        report = await run(importer, "姓名,鞋\n甲,boots\n乙,clogs\n丙,boots\n")
        assert reasons(report) == [(3, "鞋", "No clogs")]
        assert set(await people(database)) == {"甲", "丙"}
        assert report.counts == Counts(total=3, done=3, created=2, rejected=1)

    async def test_people_with_the_same_name_are_all_rejected(
        self, importer: ImportService, database: Database
    ) -> None:
        report = await run(importer, "姓名\n李雷\n韩梅\n李 雷\n")
        assert reasons(report) == [
            (2, "姓名", "Rows 2, 4 have the same name"),
            (4, "姓名", "Rows 2, 4 have the same name"),
        ]
        assert set(await people(database)) == {"韩梅"}

    async def test_every_bad_row_is_in_a_file_that_spreadsheets_open_safely(
        self, importer: ImportService
    ) -> None:
        report = await run(importer, "姓名,客户\n甲,=HYPERLINK(1)\n")
        assert report.rejected_file is not None
        lines = Path(report.rejected_file).read_text("utf-8-sig").splitlines()
        assert lines == ["文件,行,列,值,原因", "folk.csv,2,客户,'=HYPERLINK(1),没有名为“=HYPERLINK(1)”的客户"]

    async def test_private_values_are_neither_kept_nor_reported(
        self, importer: ImportService, database: Database
    ) -> None:
        report = await run(importer, "姓名,电话\n甲,13800138000\n乙,138001380\u56db\n")
        async with database.session() as session:
            kept = (await session.scalars(select(import_rows.c["values"]))).all()
        assert "13800138000" not in str(kept)
        assert [each.value for each in report.rejected] == ["13********"]


class TestReports:
    async def test_the_report_of_an_import_can_be_read_later(self, importer: ImportService) -> None:
        report = await run(importer, "姓名,鞋\n甲,clogs\n")
        assert await importer.report(report.id) == report

    async def test_an_unknown_import_is_said_to_be_unknown(self, importer: ImportService) -> None:
        with pytest.raises(UnknownImportError):
            await importer.report(new_id())

    async def test_an_import_in_the_background_ends_with_a_report(self, importer: ImportService) -> None:
        import_id = await importer.start(ImportRequest("folk", "folk.csv", "姓名\n甲\n".encode()))
        async with asyncio.timeout(10):
            while (await importer.report(import_id)).state == "running":
                await asyncio.sleep(0)
        assert (await importer.report(import_id)).counts.created == 1

    @pytest.mark.parametrize(
        ("request_", "error"),
        [
            (ImportRequest("folk", "folk.csv", b""), EmptyFileError),
            (ImportRequest("folks", "folk.csv", b"a"), UnknownTargetError),
            (ImportRequest("folk", "folk.csv", "鞋\nx".encode()), MissingColumnsError),
        ],
    )
    async def test_a_file_that_is_not_usable_leaves_nothing_behind(
        self, importer: ImportService, database: Database, request_: ImportRequest, error: type[Exception]
    ) -> None:
        with pytest.raises(error):
            await importer.run(request_)
        async with database.session() as session:
            assert (await session.execute(select(imports))).all() == []

    async def test_a_dry_run_reports_and_writes_nothing(
        self, importer: ImportService, database: Database
    ) -> None:
        request = ImportRequest("folk", "f.csv", "姓名,客户\n甲,\n乙,谁\n".encode(), dry_run=True)
        report = await importer.run(request)
        assert (report.counts.total, report.counts.rejected) == (2, 1)
        assert await people(database) == {}


class TestInterruption:
    async def test_an_import_that_died_is_marked_and_ends_the_same_when_run_again(
        self, importer: ImportService, database: Database
    ) -> None:
        text = "姓名,鞋\n" + "".join(f"p{number},boots\n" for number in range(450))

        class Killed(BaseException):
            pass

        def die(report: ImportReport) -> None:
            if report.counts.done >= 200:
                raise Killed

        with pytest.raises(Killed):
            await importer.run(ImportRequest("folk", "folk.csv", text.encode()), progress=die)
        assert len(await people(database)) == 200
        await importer.end_unfinished()
        report = await run(importer, text)
        assert report.counts == Counts(total=450, done=450, created=250, unchanged=200)
        assert len(await people(database)) == 450
        async with database.session() as session:
            states = (await session.scalars(select(imports.c.state).order_by(imports.c.id))).all()
        assert re.fullmatch("(running|interrupted) done", " ".join(states))
