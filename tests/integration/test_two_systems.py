"""Two systems that know the same records: each keeps its ids, and all of them resolve (A12)."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from typing_extensions import override

from contracts.events import SourceRef
from services.shared.database import Database
from services.shared.foreign_ids import ForeignIdTakenError, give
from services.shared.imports.report import ImportReport
from services.shared.unit_of_work import unit_of_work
from tests.records_rig import NOW, RecordsRig

Refs = list[tuple[str, str]]
BY_ID = "{{column: 客户, by: external_id, source_system: {0}}}"
PURCHASES = f"{{{{customer: {BY_ID}, product: 产品, purchased_at: 日期, amount: 金额}}}}"
OPPORTUNITIES = f"{{{{customer: {BY_ID}, name: 商机, stage: 阶段}}}}"
CALL = (NOW - timedelta(hours=2)).isoformat()


@pytest.fixture
def rig(databases: dict[str, Database], tmp_path: Path) -> RecordsRig:
    """Nothing is known yet."""
    return RecordsRig(databases, tmp_path)


async def load(
    rig: RecordsRig, what: str, system: str, text: str, *, fields: str, more: str = ""
) -> ImportReport:
    """Import a file of a system whose ids are in the column `编号`."""
    mapping = f"what: {what}\nsource_system: {system}\nexternal_id: 编号\nfields: {fields}\n{more}"
    return await rig.load(what, text, mapping=mapping)


async def load_customers(rig: RecordsRig, system: str, *rows: str) -> ImportReport:
    """Import customers of a system, each as id, name."""
    return await load(rig, "customers", system, "\n".join(["编号,名称", *rows]), fields="{name: 名称}")


async def load_purchases(rig: RecordsRig, system: str, *rows: str) -> ImportReport:
    """Import purchases of a system, each as id and the id of the customer there."""
    text = "\n".join(["编号,客户,产品,日期,金额", *(f"{row},泵,2024-06-01,1000" for row in rows)])
    return await load(rig, "purchases", system, text, fields=PURCHASES.format(system))


async def order(rig: RecordsRig, command: str, system: str, external_id: str, **data: Any) -> UUID:  # noqa: ANN401 -- any field
    """Carry out a command of a system, deliver what was said, and return the record's id."""
    service = rig.service(command.partition(".")[0])
    model, handler = service.commands.by_type[command]
    told = model.model_validate({"source_system": system, "external_id": external_id, **data})
    async with unit_of_work(service.database, now=rig.now) as unit:
        record_id = await handler(told, unit)
    await rig.deliver()
    return record_id


def refs_of(shown: Mapping[str, Any]) -> Refs:
    """The foreign ids of a record as it is shown."""
    return [(ref["source_system"], ref["external_id"]) for ref in shown["source_refs"]]


async def shown_customers(rig: RecordsRig) -> list[tuple[str, Refs]]:
    """All customers by name, with their ids."""
    items = (await rig.ask("/v1/customers"))["items"]
    return sorted((each["name"], refs_of(each)) for each in items)


async def test_a_customer_of_two_systems_keeps_the_ids_of_both(rig: RecordsRig) -> None:
    await load_customers(rig, "erp", "1,远山")
    await load_customers(rig, "crm", "L1,远山")
    await load_customers(rig, "erp", "1,远山")
    assert await shown_customers(rig) == [("远山", [("erp", "1"), ("crm", "L1")])]
    assert (await load_purchases(rig, "erp", "7,1")).counts.created == 1
    assert (await load_purchases(rig, "crm", "8,L1")).counts.rejected == 0


async def test_two_rows_of_one_system_never_write_the_same_record(rig: RecordsRig) -> None:
    """The second is another record, and reported as a likely duplicate."""
    await load_customers(rig, "erp", "1,远山")
    report = await load_customers(rig, "crm", "L1,远山", "L2,远山")
    assert (report.counts.changed, report.counts.created) == (1, 1)
    assert await shown_customers(rig) == [("远山", [("crm", "L2")]), ("远山", [("erp", "1"), ("crm", "L1")])]
    (finding,) = report.findings.not_understood
    assert (finding.column, finding.value, finding.row) == ("名称", "远山", 3)
    assert "likely a duplicate" in finding.reason.en
    again = await load_customers(rig, "crm", "L1,远山", "L2,远山")
    assert (again.counts.unchanged, again.findings.not_understood) == (2, [])


async def test_namesakes_within_one_file_are_reported(rig: RecordsRig) -> None:
    report = await load_customers(rig, "erp", "1,远山", "2,远山", "3,近水")
    assert report.counts.created == 3
    assert [(each.value, each.row) for each in report.findings.not_understood] == [("远山", 3)]


async def test_of_several_namesakes_none_is_guessed(rig: RecordsRig) -> None:
    await load_customers(rig, "erp", "1,远山", "2,远山")
    report = await load_customers(rig, "crm", "L1,远山")
    assert (report.counts.created, len(report.findings.not_understood)) == (1, 1)


async def test_each_system_keeps_its_own_last_values(rig: RecordsRig) -> None:
    """What one system changed is not undone by the other's unchanged row."""
    fields = "{name: 名称, remarks: 备注}"
    await load(rig, "customers", "erp", "编号,名称,备注\n1,远山,旧", fields=fields)
    await load(rig, "customers", "crm", "编号,名称,备注\nL1,远山,新", fields=fields)
    report = await load(rig, "customers", "erp", "编号,名称,备注\n1,远山,旧", fields=fields)
    assert report.counts.unchanged == 1
    (customer,) = (await rig.ask("/v1/customers"))["items"]
    assert customer["remarks"] == "新"


async def test_a_name_is_that_which_a_record_has_now(rig: RecordsRig) -> None:
    """Who was renamed is not found by the old name."""
    await load_customers(rig, "erp", "1,远山")
    await load_customers(rig, "erp", "1,远山集团")
    assert (await load_customers(rig, "crm", "L1,远山")).counts.created == 1
    assert (await load_customers(rig, "web", "W1,远山集团")).counts.created == 0


async def test_contacts_of_two_systems_are_one_by_customer_and_name(rig: RecordsRig) -> None:
    await load_customers(rig, "erp", "1,远山")
    fields = f"{{customer: {BY_ID.format('erp')}, name: 姓名, title: 职务}}"
    for system, title in (("erp", "采购经理"), ("crm", "采购总监")):
        await load(rig, "contacts", system, f"编号,客户,姓名,职务\n9,1,刘七,{title}", fields=fields)
    customer_id = (await rig.customer("远山")).customer_id
    shown = (await rig.ask(f"/v1/customers/{customer_id}/contacts"))["items"]
    assert [each["title"] for each in shown] == ["采购总监"]


async def test_a_row_that_says_nothing_new_still_gives_its_id(rig: RecordsRig) -> None:
    await load_customers(rig, "erp", "1,远山")
    only = "only_existing: true\n"
    report = await load(rig, "customers", "crm", "编号,名称\nL1,远山", fields="{name: 名称}", more=only)
    assert report.counts.changed == 1
    assert await shown_customers(rig) == [("远山", [("erp", "1"), ("crm", "L1")])]


@pytest.mark.parametrize("first", ["command", "import"])
async def test_commands_and_imports_of_two_systems_know_the_same_customer(
    rig: RecordsRig, first: str
) -> None:
    command = "customers.put_customer.v1"
    if first == "command":
        customer_id = await order(rig, command, "erp", "1", name="远山")
        await load_customers(rig, "crm", "L1,远山")
    else:
        await load_customers(rig, "crm", "L1,远山")
        customer_id = await order(rig, command, "erp", "1", name="远山")
    assert await order(rig, command, "crm", "L1", name="远山") == customer_id
    assert await order(rig, command, "erp", "1", name="远山集团") == customer_id
    bought = {"product": "泵", "purchased_at": CALL, "amount": {"amount": "1"}}
    for system, known_as in (("erp", "1"), ("crm", "L1")):
        of = {"customer": {"external_id": known_as}}
        await order(rig, "customers.record_purchase.v1", system, "S1", **of, **bought)
    assert {each.customer_id for each in await rig.purchases()} == {customer_id}


@pytest.mark.parametrize("first", ["command", "import"])
async def test_commands_and_imports_of_two_systems_know_the_same_people_and_opportunities(
    rig: RecordsRig, first: str
) -> None:
    await load_customers(rig, "erp", "1,远山")
    person, opportunity = "followups.put_person.v1", "opportunities.put_opportunity.v1"
    base: dict[str, Any] = {"customer": {"source_system": "erp", "external_id": "1"}, "name": "改造"}

    async def import_both() -> None:
        await load(rig, "people", "hr", "编号,姓名\nE1,张三", fields="{name: 姓名}")
        text = "编号,客户,商机,阶段\nO1,1,改造,谈判"
        await load(rig, "opportunities", "crm", text, fields=OPPORTUNITIES.format("erp"))

    async def order_both() -> tuple[UUID, UUID]:
        return await order(rig, person, "erp", "7", name="张三"), await order(
            rig, opportunity, "erp", "9", **base
        )

    if first == "command":
        ids = await order_both()
        await import_both()
    else:
        await import_both()
        ids = await order_both()
    again = (
        await order(rig, person, "hr", "E1", name="张三"),
        await order(rig, opportunity, "crm", "O1", **base),
    )
    assert ids == again == await order_both()
    owner = {"owner": {"source_system": "hr", "external_id": "E1"}}
    assert await order(rig, opportunity, "erp", "9", **base, **owner) == ids[1]
    shown = await rig.ask(f"/v1/opportunities/{ids[1]}")
    assert (shown["owner_id"], sorted(refs_of(shown))) == (str(ids[0]), [("crm", "O1"), ("erp", "9")])


async def test_purchases_contacts_records_and_plans_are_known_by_the_ids_of_both(rig: RecordsRig) -> None:
    """An import finds what the other system's import or command made, by the natural key of its kind."""
    await load_customers(rig, "erp", "1,远山")
    await load_customers(rig, "crm", "L1,远山")
    for system, known_as in (("erp", "1"), ("crm", "L1")):
        by = BY_ID.format(system)
        await load_purchases(rig, system, f"7{system},{known_as}")
        fields = f"{{customer: {by}, occurred_at: 时间, channel: 方式}}"
        text = f"编号,客户,时间,方式\nF{system},{known_as},2025-03-02 10:00,电话"
        await load(rig, "follow_ups", system, text, fields=fields)
        fields = f"{{customer: {by}, stage: 阶段, milestone_at: 节点}}"
        text = f"编号,客户,阶段,节点\nP{system},{known_as},初次,2025-04-01"
        await load(rig, "plans", system, text, fields=fields)
    (record,) = (await rig.ask("/v1/follow-ups"))["items"]
    (plan,) = (await rig.ask("/v1/plans"))["items"]
    assert refs_of(record) == [("erp", "Ferp"), ("crm", "Fcrm")]
    assert refs_of(plan) == [("erp", "Perp"), ("crm", "Pcrm")]
    assert len({each.purchase_id for each in await rig.purchases()}) == 1
    corrected = {"customer": {"external_id": "L1"}, "occurred_at": CALL, "summary": "谈了价格"}
    written = await order(rig, "followups.record_follow_up.v1", "crm", "Fcrm", **corrected)
    assert str(written) == record["follow_up_id"]


async def test_an_id_is_never_given_to_another_record(rig: RecordsRig) -> None:
    """It would have two records: refused, with the record that has it."""
    await load_customers(rig, "erp", "1,远山", "2,近水")
    far, near = [(await rig.customer(name)).customer_id for name in ("远山", "近水")]
    taken = {near: [SourceRef(source_system="erp", external_id="1")]}
    async with rig.databases["customers"].session() as session:
        with pytest.raises(ForeignIdTakenError) as refused:
            await give(session, "customer", taken)
    assert refused.value.http_status == 409
    assert refused.value.record_id == far
    assert await shown_customers(rig) == [("近水", [("erp", "2")]), ("远山", [("erp", "1")])]


async def test_references_by_the_id_of_any_system_resolve_elsewhere(rig: RecordsRig) -> None:
    """Other services know all ids of a customer from its events; a file may name those of a third system."""
    for system in ("erp", "crm", "web"):
        await load_customers(rig, system, f"{system}-1,远山")
    customer_id = (await rig.customer("远山")).customer_id
    for system in ("erp", "crm", "web"):
        text = f"编号,客户,商机,阶段\n{system},{system}-1,商机{system},谈判"
        report = await load(rig, "opportunities", "pos", text, fields=OPPORTUNITIES.format(system))
        assert report.counts.created == 1, report.rejected
        assert (await rig.opportunity(f"商机{system}")).customer_id == customer_id


SAME_AS = "same_as: {source_system: crm, column: 旧编号}\n"


async def load_moved(rig: RecordsRig, *rows: str) -> ImportReport:
    """Import customers of an ERP, each as id, name and the id that the CRM had given."""
    text = "\n".join(["编号,名称,旧编号", *rows])
    return await load(rig, "customers", "erp", text, fields="{name: 名称}", more=SAME_AS)


async def test_a_row_may_name_another_id_of_the_same_record(rig: RecordsRig) -> None:
    """Also under another name, and where the system knows the record by another id already."""
    await load_customers(rig, "crm", "L1,远山")
    report = await load_moved(rig, "1,远山集团,L1", "2,远山集团,L1", "3,近水,L9", "4,高地,")
    assert (report.counts.changed, report.counts.created) == (2, 2)
    assert await shown_customers(rig) == [
        ("近水", [("erp", "3"), ("crm", "L9")]),
        ("远山集团", [("crm", "L1"), ("erp", "1"), ("erp", "2")]),
        ("高地", [("erp", "4")]),
    ]
    assert (await load_customers(rig, "crm", "L9,近水")).counts.created == 0


async def test_rows_of_one_file_that_are_the_same_as_one_another_are_one_record(rig: RecordsRig) -> None:
    report = await load_moved(rig, "1,远山,L1", "2,远山集团,L1")
    assert (report.counts.created, report.counts.changed) == (1, 1)
    assert await shown_customers(rig) == [("远山集团", [("erp", "1"), ("crm", "L1"), ("erp", "2")])]


async def test_a_row_whose_ids_belong_to_different_records_is_rejected(rig: RecordsRig) -> None:
    """Neither id is moved."""
    await load_customers(rig, "crm", "L1,远山")
    await load_customers(rig, "erp", "1,近水")
    report = await load_moved(rig, "1,近水,L1")
    assert [each.reason.en for each in report.rejected] == [
        "crm/L1, erp/1 belong to different records, and an id stays with its record"
    ]
    assert await shown_customers(rig) == [("近水", [("erp", "1")]), ("远山", [("crm", "L1")])]


class Undelivered(RecordsRig):
    """Lets nobody hear what was said."""

    @override
    async def deliver(self) -> None:
        """Leave it in the log."""


@pytest.mark.parametrize("before", [[], ["远山"]])
async def test_of_all_who_speak_at_once_of_one_name_every_id_is_kept_and_told(
    databases: dict[str, Database], tmp_path: Path, before: list[str]
) -> None:
    """Files and commands of different systems: one customer, and its last event has all its ids."""
    rig = Undelivered(databases, tmp_path)
    await rig.load("customers", "\n".join(["客户名称", *before]))
    put = "customers.put_customer.v1"
    await asyncio.gather(
        *(load_customers(rig, f"file{n}", f"{n},远山") for n in range(3)),
        *(order(rig, put, f"command{n}", f"{n}", name="远山") for n in range(3)),
    )
    ((_, refs),) = await shown_customers(rig)
    assert {system for system, _ in refs} == {f"{door}{n}" for door in ("file", "command") for n in range(3)}
    told = (await rig.customer("远山")).source_refs
    assert [(ref.source_system, ref.external_id) for ref in told] == refs
