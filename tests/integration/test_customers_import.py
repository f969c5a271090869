"""Customers, contacts and purchases on a real database: imported, settled, and what is said about them."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import LargeBinary, cast, select

from contracts.money import Money
from contracts.vocabulary import Intent, Lifecycle, PurchaseKind
from services.customers.handlers.customers import put_customers
from services.customers.handlers.purchases import put_purchases
from services.customers.tables import contacts, customers
from services.shared.database import Database
from services.shared.entries import Entry
from services.shared.settings import Settings
from services.shared.unit_of_work import unit_of_work
from tests.records_rig import NOW, RecordsRig, local_day

NAME = "远山科技有限公司"


@pytest.fixture
async def rig(databases: dict[str, Database], tmp_path: Path) -> RecordsRig:
    """Two people, whom customers can name as owners."""
    rig = RecordsRig(databases, tmp_path)
    await rig.load("people", "姓名\n张三\n李四")
    return rig


async def test_a_customer_is_imported_with_what_the_requirements_list(rig: RecordsRig) -> None:
    """R021, R027, R029."""
    report = await rig.load(
        "customers",
        f"""
客户名称,所属行业,客户规模,年营收,首次接触时间,客户来源,负责人,意向度,需求明确,合作潜力,需求紧急程度,初步需求,标签,备注
{NAME},电子设备制造,100-500人,1.2亿,2024-05-01,行业展会,张三,高,是,高,中,采购原材料A,重点客户、价格敏感,预算紧张
""",
    )
    assert report.counts.created == 1, report.rejected
    told = await rig.customer(NAME)
    assert told.customer_number == "CUS202503001"
    assert (told.industry, told.source, told.intent) == ("电子设备制造", "行业展会", Intent.HIGH)
    assert (told.need_clear, told.need_urgent) == (True, False)
    assert told.first_contact_at == local_day("2024-05-01")
    assert told.tags == ("重点客户", "价格敏感")
    assert (told.lifecycle, told.version) == (Lifecycle.PROSPECT, 1)
    assert told.assigned_at == NOW
    shown = (await rig.ask("/v1/customers"))["items"][0]
    assert (shown["initial_need"], shown["remarks"]) == ("采购原材料A", "预算紧张")
    assert shown["annual_revenue"] == {"amount": "120000000.00", "currency": "CNY"}


async def test_no_free_text_is_in_the_event(rig: RecordsRig) -> None:
    """A15."""
    await rig.load("customers", f"客户名称,初步需求,备注,地址\n{NAME},采购原材料A,预算紧张,上海市")
    text = (await rig.said("customers"))[0].model_dump_json()
    assert not any(words in text for words in ("原材料", "预算紧张", "上海市"))


async def test_the_same_file_again_says_nothing_and_a_changed_row_says_what_changed(rig: RecordsRig) -> None:
    """A12: a changed row changes only the fields that changed in the file."""
    text = "客户名称,负责人,意向度,备注\n" + NAME + ",{},{},{}"
    await rig.load("customers", text.format("张三", "高", "甲"))
    rig.now += timedelta(days=1)
    await rig.load("customers", text.format("张三", "高", "甲"))
    assert await rig.types_said("customers") == ["customer_created"]
    await rig.load("customers", text.format("李四", "高", "甲"))
    told = await rig.said("customers")
    assert (told[-1].data["changed"], told[-1].sequence) == (["owner_id"], 2)
    assert (await rig.customer(NAME)).assigned_at == NOW


@pytest.mark.parametrize(
    ("word", "lifecycle", "tags"),
    [
        ("潜在客户", Lifecycle.PROSPECT, ()),
        ("签约意向", Lifecycle.SIGNING, ()),
        ("已合作", Lifecycle.CUSTOMER, ()),
        ("现有客户", Lifecycle.CUSTOMER, ()),
        ("活跃客户", Lifecycle.CUSTOMER, ()),
        ("Customer - Direct", Lifecycle.CUSTOMER, ()),
        ("高价值客户", Lifecycle.CUSTOMER, ("高价值",)),
        ("沉睡客户", Lifecycle.CUSTOMER, ("沉睡客户",)),
        ("流失客户", Lifecycle.LOST, ()),
    ],
)
async def test_a_status_sets_what_it_means(
    rig: RecordsRig, word: str, lifecycle: Lifecycle, tags: tuple[str, ...]
) -> None:
    """R042, K10; the same list again changes nothing (A12)."""
    await rig.load("customers", f"客户名称,客户状态\n{NAME},{word}")
    rig.now += timedelta(days=1)
    report = await rig.load("customers", f"客户名称,客户状态\n{NAME},{word}")
    customer = await rig.customer(NAME)
    assert (customer.lifecycle, customer.tags, customer.version) == (lifecycle, tags, 1)
    assert (report.findings.not_understood, report.counts.unchanged) == ([], 1)


async def test_a_status_that_is_not_known_is_a_finding_and_the_row_is_imported(rig: RecordsRig) -> None:
    """R220: it is no prospect by default that nobody is told of."""
    report = await rig.load("customers", f"客户名称,客户状态\n{NAME},暂缓")
    [finding] = report.findings.not_understood
    assert (finding.column, finding.value, report.counts.created) == ("客户状态", "暂缓", 1)
    assert "现有客户" in finding.reason.zh


async def test_a_status_that_is_blank_now_takes_back_what_was_stated(rig: RecordsRig) -> None:
    header = "客户名称,客户状态,备注\n"
    await rig.load("customers", f"{header}{NAME},已合作,甲\n甲公司,流失,乙")
    await rig.load("purchases", "客户名称,产品或服务,购买时间,购买金额\n甲公司,甲,2025-02-01,1万")
    report = await rig.load("customers", f"{header}{NAME},,甲\n甲公司,,乙")
    lifecycles = [(await rig.customer(name)).lifecycle for name in (NAME, "甲公司")]
    assert (lifecycles, report.findings.not_understood) == ([Lifecycle.PROSPECT, Lifecycle.CUSTOMER], [])


async def test_the_tag_of_a_status_stays_beside_other_tags(rig: RecordsRig) -> None:
    header = "客户名称,客户状态,标签\n"
    await rig.load("customers", f"{header}{NAME},高价值客户,价格敏感")
    assert (await rig.customer(NAME)).tags == ("价格敏感", "高价值")
    await rig.load("customers", f"{header}{NAME},高价值客户,重点")
    assert (await rig.customer(NAME)).tags == ("重点", "高价值")
    await rig.load("customers", f"客户名称,客户状态\n{NAME},沉睡客户")
    assert (await rig.customer(NAME)).tags == ("重点", "高价值", "沉睡客户")


async def test_the_tag_of_a_status_is_no_change_by_hand(rig: RecordsRig) -> None:
    """Tags that the file takes away are gone, without a finding."""
    header = "客户名称,客户状态,标签"
    await rig.load("customers", f"{header}\n{NAME},高价值客户,重点客户、展会")
    fewer = await rig.load("customers", f"{header}\n{NAME},高价值客户,展会")
    assert fewer.findings.not_understood == []
    assert (await rig.customer(NAME)).tags == ("展会", "高价值")
    none = await rig.load("customers", f"{header}\n{NAME},流失客户,")
    assert none.findings.not_understood == []
    assert (await rig.customer(NAME)).tags == ()


async def test_a_status_that_the_records_contradict_is_a_finding_and_changes_nothing(rig: RecordsRig) -> None:
    """K10: a purchase after the loss makes it none, by the date that the list gives for the status."""
    await rig.load("customers", f"客户名称\n{NAME}")
    await rig.load("purchases", f"客户名称,产品或服务,购买时间,购买金额\n{NAME},甲,2025-02-01,1万")
    header = "客户名称,客户状态,状态日期\n"
    report = await rig.load("customers", f"{header}{NAME},流失客户,2025-01-15")
    [finding] = report.findings.not_understood
    assert (finding.column, finding.value, report.counts.rejected) == ("客户状态", "流失客户", 0)
    assert (await rig.customer(NAME)).lifecycle is Lifecycle.CUSTOMER
    await rig.load("customers", f"{header}{NAME},流失客户,2025-02-15")
    assert (await rig.customer(NAME)).lifecycle is Lifecycle.LOST


async def test_a_stated_customer_stays_one_when_its_opportunity_is_signed_or_lost(rig: RecordsRig) -> None:
    await rig.load("customers", f"客户名称,客户状态\n甲公司,已合作\n{NAME},签约意向")
    header = "客户名称,商机名称,当前阶段,商机状态,关闭日期\n"
    await rig.load("opportunities", f"{header}甲公司,扩产,签约,进行中,\n{NAME},扩产,签约,进行中,")
    lifecycles = [(await rig.customer(name)).lifecycle for name in ("甲公司", NAME)]
    assert lifecycles == [Lifecycle.CUSTOMER, Lifecycle.SIGNING]


async def test_the_first_purchase_makes_a_customer_and_doubled_rows_are_two(
    rig: RecordsRig,
) -> None:
    """R025, R039."""
    await rig.load("customers", f"客户名称\n{NAME}")
    row = f"{NAME},数控机床,2024-12-20,15万"
    report = await rig.load("purchases", f"客户名称,产品或服务,购买时间,购买金额\n{row}\n{row}")
    assert report.counts.created == 2
    bought = await rig.purchases()
    assert {(each.product, each.amount, each.purchased_at) for each in bought} == {
        ("数控机床", Money(amount=Decimal("150000.00")), local_day("2024-12-20"))
    }
    assert len({each.purchase_id for each in bought}) == 2
    told = await rig.customer(NAME)
    assert (told.lifecycle, told.version) == (Lifecycle.CUSTOMER, 2)
    again = await rig.load("purchases", f"客户名称,产品或服务,购买时间,购买金额\n{row}\n{row}")
    assert (again.counts.unchanged, len(await rig.purchases())) == (2, 2)


async def test_what_is_given_back_is_a_return_and_no_first_purchase(rig: RecordsRig) -> None:
    """Its amount is negative also in the event, so that whoever sums is right."""
    await rig.load("customers", f"客户名称\n{NAME}")
    header = "客户名称,产品或服务,购买时间,购买金额"
    report = await rig.load("purchases", f"{header}\n{NAME},数控机床,2025-02-01,-40万")
    assert (report.counts.created, report.rejected) == (1, [])
    [back] = await rig.purchases()
    assert (back.kind, back.amount) == (PurchaseKind.RETURN, Money(amount=Decimal("-400000.00")))
    assert (await rig.customer(NAME)).lifecycle is Lifecycle.PROSPECT
    await rig.load("purchases", f"{header}\n{NAME},数控机床,2025-01-01,60万")
    assert (await rig.customer(NAME)).lifecycle is Lifecycle.CUSTOMER


async def test_a_lost_customer_comes_back_with_a_later_purchase_only(rig: RecordsRig) -> None:
    await rig.load("customers", f"客户名称,客户状态\n{NAME},流失")
    header = "客户名称,产品或服务,购买时间,购买金额"
    await rig.load("purchases", f"{header}\n{NAME},甲,2024-12-20,1万")
    assert (await rig.customer(NAME)).lifecycle is Lifecycle.LOST
    rig.now += timedelta(days=10)
    await rig.load("purchases", f"{header}\n{NAME},甲,2025-03-10,1万")
    assert (await rig.customer(NAME)).lifecycle is Lifecycle.CUSTOMER


async def test_the_lifecycle_follows_the_opportunities(rig: RecordsRig) -> None:
    """Signing while an open opportunity is in that stage, customer from a win on."""
    await rig.load("customers", f"客户名称\n{NAME}")
    text = "客户名称,商机名称,当前阶段\n" + NAME + ",产线改造,{}"
    lifecycles = []
    for stage in ("方案报价", "签约", "商务谈判", "签约", "赢单"):
        await rig.load("opportunities", text.format(stage))
        lifecycles.append((await rig.customer(NAME)).lifecycle)
    assert lifecycles == [
        Lifecycle.PROSPECT,
        Lifecycle.SIGNING,
        Lifecycle.PROSPECT,
        Lifecycle.SIGNING,
        Lifecycle.CUSTOMER,
    ]
    changed = [envelope.data.get("changed") for envelope in await rig.said("customers")]
    assert changed == [None, ["lifecycle"], ["lifecycle"], ["lifecycle"], ["lifecycle"]]


async def test_a_purchase_can_name_its_opportunity(rig: RecordsRig) -> None:
    await rig.load("customers", f"客户名称\n{NAME}")
    await rig.load("opportunities", f"客户名称,商机名称,当前阶段\n{NAME},产线改造,赢单")
    await rig.load(
        "purchases", f"客户名称,产品或服务,购买时间,购买金额,商机名称\n{NAME},甲,2025-01-02,1万,产线改造"
    )
    opportunity = await rig.opportunity("产线改造")
    assert [each.opportunity_id for each in await rig.purchases()] == [opportunity.opportunity_id]


async def test_contacts_are_encrypted_at_rest_masked_when_read_and_in_no_event(rig: RecordsRig) -> None:
    """R022, R181, R183, K8."""
    await rig.load("customers", f"客户名称\n{NAME}")
    report = await rig.load(
        "contacts",
        f"""
客户名称,姓名,职务,电话,邮箱,决策角色,沟通偏好
{NAME},刘七经理,采购经理,13812345678,liu@example.com,决策者,不接陌生电话
""",
    )
    assert report.counts.created == 1, report.rejected
    customer_id = (await rig.customer(NAME)).customer_id
    shown = (await rig.ask(f"/v1/customers/{customer_id}/contacts"))["items"]
    assert len(shown) == 1
    del shown[0]["contact_id"], shown[0]["customer_id"]
    assert shown[0] == {
        "name": "*经理",
        "title": "采购经理",
        "phone": "电话:*",
        "email": "邮箱:*",
        "buying_role": "decision_maker",
        "preference": "*",
        "sequence": 1,
    }
    async with rig.databases["customers"].session() as session:
        columns = (contacts.c.name, contacts.c.phone, contacts.c.email, contacts.c.preference)
        stored = (await session.execute(select(*(cast(column, LargeBinary) for column in columns)))).one()
    plain = [word.encode() for word in ("刘七", "13812345678", "liu@example.com", "陌生电话")]
    assert not any(word in bytes(value) for value in stored for word in plain)
    assert await rig.types_said("customers") == ["customer_created"]


async def test_a_contact_is_changed_by_another_import_and_not_doubled(rig: RecordsRig) -> None:
    await rig.load("customers", f"客户名称\n{NAME}")
    await rig.load("contacts", f"客户名称,姓名,职务\n{NAME},刘七,采购经理")
    report = await rig.load("contacts", f"客户名称,姓名,职务\n{NAME},刘七,采购总监")
    assert (report.counts.changed, report.counts.created) == (1, 0)
    customer_id = (await rig.customer(NAME)).customer_id
    shown = (await rig.ask(f"/v1/customers/{customer_id}/contacts"))["items"]
    assert [each["title"] for each in shown] == ["采购总监"]


async def test_of_writers_at_once_the_last_one_sees_what_all_wrote(rig: RecordsRig) -> None:
    """The lifecycle and the versions are right whoever commits first."""
    await rig.load("customers", f"客户名称,客户状态\n{NAME},流失")
    customer_id = (await rig.customer(NAME)).customer_id

    async def buy(days: int) -> None:
        values = {
            "customer_id": customer_id,
            "product": f"产品{days}",
            "purchased_at": NOW + timedelta(days=days),
            "amount": Money(amount=Decimal(1)),
        }
        async with unit_of_work(rig.databases["customers"], now=NOW) as unit:
            await put_purchases([Entry(None, values)], unit)

    await asyncio.gather(*(buy(days) for days in range(-5, 6)))
    told = await rig.customer(NAME)
    assert (told.lifecycle, told.version) == (Lifecycle.CUSTOMER, 2)
    assert len(await rig.purchases()) == 11


async def test_parallel_writers_get_different_numbers(rig: RecordsRig) -> None:
    """R029: unique, with the months of the business zone."""
    rig.now = local_day("2025-04-01")

    async def enter(first: int) -> None:
        entries = [
            Entry(None, {"name": f"公司{first + n}", "natural_key": f"公司{first + n}"}) for n in range(20)
        ]
        async with unit_of_work(rig.databases["customers"], now=rig.now) as unit:
            await put_customers(entries, unit, zone=Settings.load().zone)

    await asyncio.gather(*(enter(n * 100) for n in range(8)))
    async with rig.databases["customers"].session() as session:
        numbers = sorted((await session.execute(select(customers.c.customer_number))).scalars())
    assert numbers == [f"CUS202504{n:03d}" for n in range(1, 161)]
