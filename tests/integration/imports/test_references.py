"""Names and ids of other records in the rows of a file."""

from services.shared.database import Database
from services.shared.imports.report import Counts
from services.shared.imports.service import ImportService
from tests.integration.imports.folk import note_customer, people, reasons, run


async def test_a_manager_further_down_in_the_file_is_known(
    importer: ImportService, database: Database
) -> None:
    await run(importer, "姓名,上级\n小兵,班长\n班长,连长\n连长,\n")
    found = await people(database)
    assert found["小兵"]["manager_id"] == found["班长"]["person_id"]
    assert found["班长"]["manager_id"] == found["连长"]["person_id"]


async def test_a_manager_named_in_a_column_becomes_a_person(
    importer: ImportService, database: Database
) -> None:
    mapping = "what: folk\nfields: {name: agent, manager: boss}\nalso: [{fields: {name: boss}}]\n"
    report = await run(importer, "agent,boss\nAna,Eve\nBob,Eve\nCyd,\n", mapping=mapping)
    found = await people(database)
    assert set(found) == {"Ana", "Bob", "Cyd", "Eve"}
    assert found["Bob"]["manager_id"] == found["Eve"]["person_id"]
    assert report.counts == Counts(total=4, done=4, created=4)


async def test_people_who_lead_each_other_are_rejected(importer: ImportService, database: Database) -> None:
    report = await run(importer, "姓名,上级\n甲,乙\n乙,甲\n丙,\n")
    assert [row for row, _, _ in reasons(report)] == [2, 3]
    assert set(await people(database)) == {"丙"}


async def test_an_unknown_reference_rejects_the_row_with_all_its_bad_cells(
    importer: ImportService, database: Database
) -> None:
    report = await run(importer, "姓名,上级,客户,电话\n甲,无名氏,某公司,x\n乙,无名氏,某公司,\n丙,,,\n")
    assert reasons(report) == [
        (2, "电话", "This is not a valid telephone number"),
        (2, "客户", "No customer is known as '某公司'"),
        (3, "客户", "No customer is known as '某公司'"),
    ]
    assert set(await people(database)) == {"丙"}


async def test_a_customer_is_found_by_name_width_and_brackets_aside(
    importer: ImportService, database: Database
) -> None:
    customer_id = await note_customer(database, "某某(上海)有限公司")
    await run(importer, "姓名,客户\n甲,某某（上海） 有限公司\n")
    assert (await people(database))["甲"]["customer"] == customer_id


async def test_a_name_that_two_customers_bear_is_ambiguous(
    importer: ImportService, database: Database
) -> None:
    await note_customer(database, "某公司")
    await note_customer(database, "某公司")
    report = await run(importer, "姓名,客户\n甲,某公司\n")
    assert reasons(report) == [(2, "客户", "2 records of the kind customer are known as '某公司'")]


async def test_a_reference_can_be_an_id_of_a_source_system(
    importer: ImportService, database: Database
) -> None:
    customer_id = await note_customer(database, "某公司", erp="C1")
    await note_customer(database, "别公司", crm="C1")
    mapping = "what: folk\nfields: {name: name, customer: {column: c, by: external_id, source_system: erp}}\n"
    await run(importer, "name,c\nAna,C1\n", mapping=mapping)
    assert (await people(database))["Ana"]["customer"] == customer_id
