"""Which record a row means, and what of it is changed (A12)."""

from sqlalchemy import insert, update

from contracts.identity import new_id
from services.shared.database import Database
from services.shared.imports.service import ImportService
from tests.integration.imports.folk import Folk, folk, people, reasons, run


async def test_the_same_file_again_changes_nothing(
    importer: ImportService, target: Folk, database: Database
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
    importer: ImportService, database: Database
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
    importer: ImportService, database: Database
) -> None:
    await run(importer, "姓名,鞋\n李雷,boots\n")
    await run(importer, "姓名,鞋\n李雷,\n")
    assert (await people(database))["李雷"]["shoe"] is None


async def test_an_external_id_is_the_identity_so_a_name_can_change(
    importer: ImportService, database: Database
) -> None:
    mapping = "what: folk\nsource_system: hr\nexternal_id: no\nfields: {name: name}\n"
    await run(importer, "no,name\n7,Ana\n", mapping=mapping)
    report = await run(importer, "no,name\n7,Anna\n", mapping=mapping)
    assert report.counts.changed == 1
    assert list(await people(database)) == ["Anna"]


async def test_a_record_imported_by_name_is_found_again_by_its_external_id(
    importer: ImportService, database: Database
) -> None:
    await run(importer, "姓名,鞋\nAna Lee,boots\n")
    mapping = "what: folk\nsource_system: hr\nexternal_id: no\nfields: {name: name, shoe: shoe}\n"
    report = await run(importer, "no,name,shoe\n7,ANA  LEE,clean\n", mapping=mapping)
    assert report.counts.changed == 1
    assert [person["shoe"] for person in (await people(database)).values()] == ["clean"]


async def test_a_record_made_by_hand_is_found_by_its_name(
    importer: ImportService, database: Database
) -> None:
    async with database.session() as session:
        await session.execute(insert(folk).values(person_id=new_id(), name="李雷", natural_key="李雷"))
        await session.commit()
    report = await run(importer, "姓名,鞋\n 李 雷 ,boots\n")
    assert (report.counts.created, report.counts.changed) == (0, 1)
    assert len(await people(database)) == 1


async def test_two_ids_of_one_system_are_never_the_same_record(
    importer: ImportService, database: Database
) -> None:
    mapping = "what: folk\nsource_system: hr\nexternal_id: no\nfields: {name: name}\n"
    await run(importer, "no,name\n7,Ana\n", mapping=mapping)
    report = await run(importer, "no,name\n8,Ana\n", mapping=mapping)
    assert report.counts.created == 0
    assert reasons(report) == [(2, "name", "The database does not accept this row")]
    assert len(await people(database)) == 1


async def test_rows_for_existing_records_only_set_what_is_not_their_name(
    importer: ImportService, database: Database
) -> None:
    await run(importer, "姓名\nAna Lee\n")
    mapping = "what: folk\nonly_existing: true\nfields: {name: who, shoe: shoe}\n"
    report = await run(importer, "who,shoe\nANA LEE,boots\nBob,boots\n", mapping=mapping)
    assert reasons(report) == [(3, "who", "There is no such record")]
    assert {name: person["shoe"] for name, person in (await people(database)).items()} == {"Ana Lee": "boots"}
