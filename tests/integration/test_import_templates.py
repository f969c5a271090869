"""The tables of the documents come in whole: customers, contacts, past contacts and plans of one file."""

from datetime import timedelta
from pathlib import Path

import pytest

from services.shared.database import Database
from services.shared.imports.report import ImportReport
from tests.records_rig import RecordsRig, local_day

D4 = """
客户ID,客户名称,联系人,公司名称,行业分类,联系方式,最后联系日期,互动历史,客户状态,需求描述,跟进计划,负责人,备注
CUST001,甲科技有限公司,*经理,甲科技有限公司,制造业,电话:*,2025-01-15,2025-01-10:会议讨论;2025-01-15:发送报价,潜在客户,定制,2025-04-01:安排演示,*销售代表,预算紧张
CUST002,乙科技有限公司,王五,,服务业,电话:13800138000;邮箱:w@example.cn,2025-02-20,2025-02-10:拜访,潜在客户,,每周拜访,张三,
"""
D2 = """
客户编号,客户名称,所属行业,客户规模,联系人及职务,联系方式,首次接触时间,客户来源,初步需求,备注
CUS202405001,丙科技有限公司,电子设备制造,100-500人,李四/采购经理,13900139000,2024-05-01,行业展会,采购原材料A,
"""


@pytest.fixture
async def rig(databases: dict[str, Database], tmp_path: Path) -> RecordsRig:
    """A person whom customers can name as their owner."""
    rig = RecordsRig(databases, tmp_path)
    await rig.load("people", "姓名\n张三")
    return rig


async def load_whole(rig: RecordsRig, text: str) -> dict[str, ImportReport]:
    """Import a table of customers, and as all that follows from it."""
    reports = {"customers": await rig.load("customers", text)}
    for each in reports["customers"].findings.continues:
        reports[each.what] = await rig.load(each.what, text, follows="customers")
    return reports


async def test_the_table_of_d4_comes_in_whole(rig: RecordsRig) -> None:
    """R022, R026, R045, K15, K16; a masked person is a finding, a plan without a date a rejected row."""
    reports = await load_whole(rig, D4)
    counts = {what: (report.counts.created, report.counts.rejected) for what, report in reports.items()}
    assert counts == {"customers": (2, 0), "contacts": (2, 0), "follow_ups": (4, 0), "plans": (1, 1)}
    found = reports["customers"].findings
    assert found.unused_columns == []
    masked = [(each.column, each.value, each.row) for each in found.not_understood if each.column == "负责人"]
    assert masked == [("负责人", "*销售代表", 2)]
    (rejected,) = reports["plans"].rejected
    assert (rejected.row, rejected.column, rejected.value) == (3, "跟进计划·日期", "每周拜访")

    records = (await rig.ask("/v1/follow-ups"))["items"]
    assert sorted((each["occurred_at"][:10], each["summary"]) for each in records) == [
        ("2025-01-09", "会议讨论"),
        ("2025-01-14", "发送报价"),
        ("2025-02-09", "拜访"),
        ("2025-02-19", None),
    ]
    (plan,) = (await rig.ask("/v1/plans"))["items"]
    assert plan["action"] == "安排演示"


async def test_the_table_of_d2_comes_in_whole(rig: RecordsRig) -> None:
    """Table 1: name and title of the contact part; the number of the list is kept with the customer."""
    reports = await load_whole(rig, D2)
    assert {what: report.rejected for what, report in reports.items()} == {"customers": [], "contacts": []}
    customer = await rig.customer("丙科技有限公司")
    assert customer.source_ref is not None
    assert (customer.source_ref.source_system, customer.source_ref.external_id) == ("table", "CUS202405001")
    assert customer.first_contact_at == local_day("2024-05-01")
    path = f"/v1/customers/{customer.customer_id}/contacts"
    (contact,) = (await rig.ask(path))["items"]
    assert contact["title"] == "采购经理"


async def test_the_same_table_again_changes_nothing(rig: RecordsRig) -> None:
    await load_whole(rig, D4)
    again = await load_whole(rig, D4)
    assert [(each.counts.created, each.counts.changed) for each in again.values()] == [(0, 0)] * 4


async def test_past_contacts_are_not_doubled_when_the_owner_changes(rig: RecordsRig) -> None:
    """Who is responsible now need not be who held them (R038)."""
    text = "客户名称,互动历史,负责人\n甲公司,2025-01-10：见面；2025-02-01：报价,"
    await load_whole(rig, text)
    again = await load_whole(rig, f"{text}张三")
    assert again["customers"].counts.changed == 1
    assert again["follow_ups"].counts.unchanged == 2


async def test_a_customer_without_a_contact_makes_none(rig: RecordsRig) -> None:
    reports = await load_whole(rig, "客户名称,联系人,联系方式\n甲公司,王五,\n乙公司,,\n")
    assert reports["contacts"].counts.total == 1


async def test_our_own_number_finds_its_customer(rig: RecordsRig) -> None:
    """R219: an exported file comes back."""
    await rig.load("customers", "客户名称\n甲公司")
    number = (await rig.customer("甲公司")).customer_number
    report = await rig.load("customers", f"客户编号,客户名称,所属行业\n{number},甲公司,制造业")
    assert (report.counts.changed, report.counts.created) == (1, 0)
    assert (await rig.customer("甲公司")).source_ref is None


@pytest.mark.parametrize("is_ours", [True, False])
async def test_a_number_never_takes_another_customers_place(rig: RecordsRig, *, is_ours: bool) -> None:
    """The same number with another name in another list is rejected, and says what helps."""
    await rig.load("customers", "客户ID,客户名称\nCUST001,甲 ABC 公司")
    number = (await rig.customer("甲 ABC 公司")).customer_number if is_ours else "CUST001"
    report = await rig.load("customers", f"客户ID,客户名称\n{number},乙公司\n,丙公司")
    (rejected,) = report.rejected
    assert (rejected.row, rejected.value) == (2, "乙公司")
    assert "source_system" in rejected.reason.en
    assert "甲 ABC 公司" in rejected.reason.zh
    assert report.counts.created == 1
    assert (await rig.customer("甲 ABC 公司")).version == 1


async def test_a_list_with_numbers_of_this_month_keeps_them_whatever_its_order(rig: RecordsRig) -> None:
    """The numbers that we give go on behind them; the same list again, and others, change nothing."""
    listed = [f"CUS202503{number:03},第{number}公司" for number in (3, 1, 4, 2)]
    text = "\n".join(["客户编号,客户名称", "CUS202502009,旧公司", *listed])
    assert (await rig.load("customers", text)).rejected == []
    assert (await rig.customer("旧公司")).customer_number == "CUS202503005"
    assert (await rig.load("customers", text)).counts.unchanged == 5


async def test_a_number_of_a_list_that_we_gave_to_another_later_still_finds_its_customer(
    rig: RecordsRig,
) -> None:
    """The list knew a number of next month."""
    text = "客户编号,客户名称\nCUS202504001,甲公司"
    await rig.load("customers", text)
    rig.now += timedelta(days=30)
    await rig.load("customers", "客户名称\n乙公司")
    assert (await rig.customer("乙公司")).customer_number == "CUS202504001"
    again = await rig.load("customers", f"{text}\nCUS202504001,乙公司")
    assert [(each.row, each.reason.en) for each in again.rejected] == [
        (3, "The number CUS202504001 repeats that of row 2")
    ]
    assert again.counts.unchanged == 1


async def test_another_list_with_other_numbers_makes_no_second_customer(rig: RecordsRig) -> None:
    await rig.load("customers", "客户ID,客户名称\nCUST001,甲公司")
    report = await rig.load("customers", "客户ID,客户名称,所属行业\nX-7,甲公司,制造业")
    assert (report.counts.changed, report.counts.created) == (1, 0)


async def test_a_mapping_without_fields_holds_for_all_that_follows(rig: RecordsRig) -> None:
    """Where the header is, and which rows to leave out."""
    text = "客户台账,,\n客户名称,联系人,作废\n甲公司,王五,\n乙公司,刘六,是"
    mapping = "what: customers\nheader_row: 2\nskip_when: {作废: 是}"
    customers = await rig.load("customers", text, mapping=mapping)
    assert (customers.counts.created, customers.findings.unused_columns) == (1, [])
    contacts = await rig.load("contacts", text, mapping=mapping, follows="customers")
    assert (contacts.counts.created, contacts.rejected) == (1, [])


async def test_ids_of_a_customer_are_none_of_what_follows(rig: RecordsRig) -> None:
    """Two past contacts of one customer stay two."""
    text = "编号,旧编号,客户名称,互动历史\nE1,C1,甲公司,2025-01-10：见面；2025-02-01：报价"
    same = "same_as: {source_system: crm, column: 旧编号}"
    mapping = f"what: customers\nsource_system: erp\nexternal_id: 编号\n{same}"
    await rig.load("customers", text, mapping=mapping)
    records = await rig.load("follow_ups", text, mapping=mapping, follows="customers")
    assert (records.counts.created, records.counts.changed) == (2, 0)
    assert all(each["source_refs"] == [] for each in (await rig.ask("/v1/follow-ups"))["items"])
