"""What the customers service can import."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import Field as DataField
from datetime import tzinfo
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from typing_extensions import override

from contracts.vocabulary import BuyingRole, CustomerStatus, Intent, Potential, Urgency
from services.customers.domain import Contact, Customer, Purchase
from services.customers.handlers.contacts import put_contacts
from services.customers.handlers.customers import PAST, Contradiction, put_customers, reserve_numbers
from services.customers.handlers.purchases import PURCHASED, put_purchases
from services.customers.repository import CUSTOMERS, PURCHASES, ContactRecords, like_before
from services.customers.tables import customers
from services.shared.entries import Entry, RecordTarget
from services.shared.imports.errors import Reason
from services.shared.imports.kinds import (
    Amount,
    Choice,
    Day,
    Email,
    Field,
    Flag,
    Moment,
    Name,
    Phone,
    Ref,
    Tags,
    Text,
    field_map,
)
from services.shared.imports.table import Table
from services.shared.imports.targets import ImportRow, ImportTarget, Repeated
from services.shared.imports.unfolding import (
    EMAIL,
    NAME,
    NAME_AND_TITLE,
    PHONE,
    REACHED_BY,
    TITLE,
    unfold_contacts,
)
from services.shared.lookups import Match
from services.shared.statements import is_one_of
from services.shared.unit_of_work import UnitOfWork

_BY_STATUS = frozenset(tag for status in CustomerStatus for tag in status.tags)
"""The tags that a status brings."""
OUR_CUSTOMERS = {"customer": CUSTOMERS.lookup}
CONTACT_NAMES = (
    *("姓名", "联系人", "联系人姓名", "客户姓名"),
    *(column + NAME for column in NAME_AND_TITLE),
)
CONTACT_TITLES = ("职位", "职务", *(column + TITLE for column in NAME_AND_TITLE))
CUSTOMER = Field("customer", Ref("customer"), required=True, aliases=("客户名称", "公司名称", "客户"))

CUSTOMER_FIELDS = field_map(
    (
        Field("name", Name(), required=True, aliases=("客户名称", "公司名称", "企业名称", "客户全称")),
        Field("industry", Name(), aliases=("所属行业", "行业分类", "行业")),
        Field("employee_range", Name(), aliases=("客户规模", "规模", "员工数", "员工人数")),
        Field("annual_revenue", Amount(), aliases=("年营收", "年营业额")),
        Field("founded_on", Day(), aliases=("成立时间", "成立日期")),
        Field("website", Name(), aliases=("客户官网", "企业官网", "官网")),
        Field("main_business", Text(), aliases=("主营业务",)),
        Field("address", Text(), aliases=("地址", "公司地址")),
        Field("source", Name(), aliases=("客户来源", "信息来源", "来源")),
        Field("owner", Ref("person"), aliases=("负责人", "客户负责人", "销售代表")),
        Field("first_contact_at", Moment(), aliases=("首次接触时间", "首次接触日期")),
        Field("intent", Choice.of(Intent), aliases=("意向度", "采购意向", "客户意向")),
        Field("need_clear", Flag(), aliases=("需求明确", "需求是否明确")),
        Field("need_urgent", Flag(), aliases=("需求紧急", "影响正常运营", "影响客户正常运营")),
        Field("need_important", Flag(), aliases=("需求重要", "核心业务需求")),
        Field("benchmark", Flag(), aliases=("行业标杆", "行业标杆潜力", "标杆潜力")),
        Field("short_chain", Flag(), aliases=("决策链短",)),
        Field("potential", Choice.of(Potential), aliases=("合作潜力", "潜力")),
        Field("urgency", Choice.of(Urgency), aliases=("需求紧急程度", "紧急程度", "合作紧迫性")),
        Field("initial_need", Text(), aliases=("初步需求", "需求描述", "初步需求描述")),
        Field("tags", Tags(), aliases=("标签", "客户标签")),
        Field(
            *("lifecycle", Choice.of(CustomerStatus)),
            aliases=("客户状态", "客户类型", "客户分类"),
            lenient=True,
        ),
        Field(
            "lifecycle_stated_at", Moment(), aliases=("状态日期", "状态时间", "状态更新时间", "状态变更日期")
        ),
        Field("remarks", Text(), aliases=("备注",)),
        Field("assigned_at", Moment(), aliases=("分配时间", "分配日期")),
    )
)

CONTACT_FIELDS = field_map(
    (
        CUSTOMER,
        Field("name", Name(), required=True, aliases=CONTACT_NAMES, private=True),
        Field("title", Name(), aliases=CONTACT_TITLES),
        Field("phone", Phone(), aliases=("电话", "联系电话", "手机", REACHED_BY + PHONE)),
        Field("email", Email(), aliases=("邮箱", "电子邮箱", "电子邮件", REACHED_BY + EMAIL)),
        Field("buying_role", Choice.of(BuyingRole), aliases=("决策角色", "角色")),
        Field("preference", Text(), aliases=("沟通偏好", "联系偏好"), private=True),
    )
)

PURCHASE_FIELDS = field_map(
    (
        CUSTOMER,
        Field("product", Name(), required=True, aliases=("产品或服务", "产品", "购买产品")),
        Field("purchased_at", Moment(), required=True, aliases=("购买时间", "购买日期")),
        Field("amount", Amount(signed=True), required=True, aliases=("购买金额", "金额")),
        Field("opportunity", Ref("opportunity", within="customer"), aliases=("商机名称", "商机", "对应商机")),
    )
)


class CustomerTarget(RecordTarget):
    """Customers, by full name (R030); months of their numbers are those of a zone."""

    what = "customers"
    record_kind = "customer"
    fields = CUSTOMER_FIELDS
    lookups = OUR_CUSTOMERS
    past = PAST
    numbered_by = ("客户编号", "客户ID", "客户编码", "customer_number")
    record_type = Customer
    records = CUSTOMERS
    decided = frozenset({"lifecycle"})
    words: ClassVar[Mapping[str, type[StrEnum]]] = {
        "intent": Intent,
        "potential": Potential,
        "urgency": Urgency,
        "lifecycle": CustomerStatus,
    }

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone

    @override
    async def put(self, entries: Sequence[Entry], unit: UnitOfWork) -> None:
        """Enter and change customers.

        A status that the records contradict is reported and changes nothing. New customers that are likely
        there already are reported too.
        """
        # A row that is reported as another of its name already needs no second remark.
        new = [
            entry
            for entry in entries
            if entry.record_id is None and all(name != "name" for name, _ in entry.notes)
        ]
        for each in await put_customers(entries, unit, zone=self._zone):
            each.entry.note("lifecycle", _contradicted(each))
        like = await like_before(unit.session, [entry.put_id for entry in new]) if new else {}
        for entry in new:
            if entry.put_id in like:
                entry.note("name", _likely(like[entry.put_id]))

    @override
    def _values(self, row: ImportRow, known: Mapping[str, DataField[Any]]) -> dict[str, object]:
        """Return the values, with what a status means; its tags stay beside those of the file.

        A status that is blank now takes back what was stated.
        """
        values = super()._values(row, known)
        written = row.values.get("lifecycle")
        if not isinstance(written, str):
            return values | dict.fromkeys(values.keys() & {"lifecycle"})
        status = CustomerStatus(written)
        if values.keys() & {"lifecycle", "lifecycle_stated_at"}:
            values |= {
                "lifecycle": status.lifecycle,
                "lifecycle_stated_at": row.values.get("lifecycle_stated_at"),
            }
        if values.keys() & {"lifecycle", "tags"}:
            values["added_tags"] = status.tags
        return values

    @override
    def comparable(self, held: Mapping[str, object], last: Mapping[str, object]) -> Mapping[str, object]:
        """Return it without the tags that a status brought, unless the file has them among its own."""
        filed, tags = last.get("tags"), held.get("tags")
        if not isinstance(filed, list) or not isinstance(tags, tuple):
            return held
        return {**held, "tags": tuple(tag for tag in tags if tag in filed or tag not in _BY_STATUS)}

    @override
    async def reserve_numbers(self, numbers: Collection[str], unit: UnitOfWork) -> None:
        """Number new customers beyond those that the file lists in the month."""
        await reserve_numbers(numbers, unit, zone=self._zone)

    @override
    async def by_number(self, session: AsyncSession, numbers: Collection[str]) -> dict[str, Match]:
        """Find customers by the numbers that we gave them (R029)."""
        columns = customers.c
        found = await session.execute(
            select(columns.customer_number, columns.customer_id, columns.natural_key).where(
                is_one_of(columns.customer_number, numbers)
            )
        )
        return {number: Match(key, key, name) for number, key, name in found}


class ContactTarget(RecordTarget):
    """Contacts, by customer and name (R022)."""

    what = "contacts"
    record_kind = "contact"
    fields = CONTACT_FIELDS
    identified_by = ("customer", "name")
    lookups = OUR_CUSTOMERS
    record_type = Contact
    words: ClassVar[Mapping[str, type[StrEnum]]] = {"buying_role": BuyingRole}

    @override
    def unfold(self, table: Table) -> Table:
        """Part names from titles, and telephone numbers from e-mail addresses."""
        return unfold_contacts(table)

    def __init__(self, contacts: ContactRecords) -> None:
        self.records: ContactRecords = contacts

    @override
    async def put(self, entries: Sequence[Entry], unit: UnitOfWork) -> None:
        """Enter and change contacts."""
        await put_contacts(entries, unit, contacts=self.records)


class PurchaseTarget(RecordTarget):
    """Purchases, by customer, product, date and amount; the same again is another one (R025)."""

    what = "purchases"
    record_kind = "purchase"
    fields = PURCHASE_FIELDS
    identified_by = ("customer", "product", "purchased_at", "amount")
    repeated = Repeated.IS_ANOTHER
    lookups = OUR_CUSTOMERS
    past = PURCHASED
    record_type = Purchase
    records = PURCHASES

    @override
    async def put(self, entries: Sequence[Entry], unit: UnitOfWork) -> None:
        """Enter and change purchases."""
        await put_purchases(entries, unit)


def _likely(customer: Customer) -> Reason:
    number, name = customer.customer_number, customer.name
    return Reason(
        zh=f"可能与客户 {number}“{name}”重复，名称只有写法不同",
        en=f"It is likely the same as the customer {number}, {name!r}",
    )


def _contradicted(contradiction: Contradiction) -> Reason:
    holds, stated = contradiction.holds, contradiction.stated
    return Reason(
        zh=f"根据购买与商机记录，该客户为“{holds.zh}”，未改为“{stated.zh}”",
        en=f"By its purchases and opportunities the customer is {holds.en!r}, not {stated.en!r}",
    )


def import_targets(*, zone: tzinfo, contacts: ContactRecords) -> dict[str, ImportTarget]:
    """Return what can be imported, by name."""
    targets: tuple[ImportTarget, ...] = (CustomerTarget(zone), ContactTarget(contacts), PurchaseTarget())
    return {target.what: target for target in targets}
