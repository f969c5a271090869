"""What imports of customers and others report, refuse and keep."""

from pathlib import Path

import pytest

from services.shared.database import Database
from tests.records_rig import RecordsRig

FUTURE = "2062-01-05"
DEAL = "客户名称,商机名称,当前阶段"


@pytest.fixture
async def rig(databases: dict[str, Database], tmp_path: Path) -> RecordsRig:
    """A person whom customers can name as their owner, and a customer."""
    rig = RecordsRig(databases, tmp_path)
    await rig.load("people", "姓名\n张三\n李四")
    await rig.load("customers", "客户名称\n远山公司")
    return rig


async def test_headers_made_for_people_are_understood_and_the_rest_is_listed(rig: RecordsRig) -> None:
    """R220, K15: stars, hints, the unit of amounts; what is not used has a suggestion where one is near."""
    header = (
        "*客户名称,负责人（必填）,年营收(万元),首次接触时间(格式：2024-01-01),客户名称,客户来原,电话,车牌"
    )
    report = await rig.load("customers", f"{header}\n甲公司,张三,52,2024-10-01,甲公司,展会,021-55556666,")
    customer = await rig.customer("甲公司")
    assert customer.owner_id is not None
    (revenue,) = await read(rig, "annual_revenue")
    assert revenue == {"amount": "520000.00", "currency": "CNY"}
    unused = {each.column: each.suggestion and each.suggestion.en for each in report.findings.unused_columns}
    assert unused == {
        "客户来原": "Did you mean '客户来源'?",
        "电话": "This column belongs to contacts: import the file as contacts too",
        "车牌": None,
    }


async def test_a_mapping_names_the_columns_to_ignore_and_suggests_the_fields_of_the_others(
    rig: RecordsRig,
) -> None:
    mapping = "what: customers\nfields: {name: 客户名称}\nignore: [车牌]"
    report = await rig.load("customers", "客户名称,负责人,车牌\n甲公司,张三,x", mapping=mapping)
    (owner,) = report.findings.unused_columns
    assert owner.column == "负责人"
    assert owner.suggestion is not None
    assert "owner" in owner.suggestion.en


async def test_a_mapping_without_fields_leaves_the_headers_to_their_own_words(rig: RecordsRig) -> None:
    text = "2025年客户台账,,\n制表：销售部,,\n客户名称,负责人,备注\n甲公司,张三,好"
    mapping = "what: customers\nheader_row: 3\nignore: 备注"
    report = await rig.load("customers", text, mapping=mapping)
    assert (report.counts.created, report.findings.unused_columns) == (1, [])
    customer = await rig.customer("甲公司")
    assert customer.owner_id is not None


async def test_sums_and_remarks_are_reported_and_make_no_customers(rig: RecordsRig) -> None:
    rows = ("甲公司,张三,1", "合计,,1", "制表人：某某,,", "Total Energies,,")
    report = await rig.load("customers", "\n".join(("客户名称,负责人,年营收", *rows)))
    assert (report.counts.created, report.counts.left_out, report.rejected) == (2, 2, [])
    left_out = [(each.row, each.value) for each in report.findings.not_understood]
    assert left_out == [(3, "合计"), (4, "制表人：某某")]


@pytest.mark.parametrize(
    ("what", "header", "row", "column"),
    [
        ("customers", "客户名称,首次接触时间", f"甲公司,{FUTURE}", "首次接触时间"),
        ("customers", "客户名称,成立时间", f"甲公司,{FUTURE}", "成立时间"),
        ("customers", "客户名称,负责人,分配时间", f"甲公司,张三,{FUTURE}", "分配时间"),
        ("customers", "客户名称,客户状态,状态日期", f"甲公司,已合作,{FUTURE}", "状态日期"),
        ("purchases", "客户名称,产品,购买时间,购买金额", f"远山公司,轴承,{FUTURE},1", "购买时间"),
        ("follow_ups", "客户名称,跟进时间", f"远山公司,{FUTURE} 10:00", "跟进时间"),
        ("opportunities", f"{DEAL},进入阶段时间", f"远山公司,扩产,方案报价,{FUTURE}", "进入阶段时间"),
        ("opportunities", f"{DEAL},最近进展", f"远山公司,扩产,方案报价,{FUTURE}", "最近进展"),
        ("opportunities", f"{DEAL},成交时间", f"远山公司,扩产,赢单,{FUTURE}", "成交时间"),
    ],
)
async def test_an_import_refuses_the_future_as_requests_do(
    rig: RecordsRig, *, what: str, header: str, row: str, column: str
) -> None:
    """What is said to have taken place has; plans and expected dates may lie ahead."""
    report = await rig.load(what, f"{header}\n{row}")
    (rejected,) = report.rejected
    assert (rejected.column, rejected.reason.zh) == (column, "该时间尚未到来")


async def test_a_blank_cell_clears_no_edit_by_hand_and_says_so(rig: RecordsRig) -> None:
    """The second time there is nothing more to say."""
    text = "客户名称,备注,所属行业\n甲公司,{},制造业"
    await rig.load("customers", text.format("原备注"))
    await edit(rig, remarks="人工改过", industry="服务业")
    report = await rig.load("customers", text.format(""))
    (conflict,) = report.findings.not_understood
    kept = "Changed by hand, and now blank in the file: kept as it is"
    assert (conflict.column, conflict.reason.en) == ("备注", kept)
    assert report.counts.unchanged == 1
    assert await read(rig, "remarks", "industry") == ("人工改过", "服务业")
    again = await rig.load("customers", text.format(""))
    assert again.findings.not_understood == []


async def test_a_file_that_changed_too_is_followed_and_the_conflict_reported(rig: RecordsRig) -> None:
    text = "客户名称,备注,意向度\n甲公司,{},低"
    await rig.load("customers", text.format("原备注"))
    await edit(rig, remarks="人工改过", intent="high")
    report = await rig.load("customers", text.format("新备注"))
    (conflict,) = report.findings.not_understood
    assert (conflict.column, conflict.value) == ("备注", "新备注")
    assert await read(rig, "remarks", "intent") == ("新备注", "high")


async def test_a_blank_cell_clears_what_nobody_changed_unless_the_mapping_keeps_it(rig: RecordsRig) -> None:
    text = "客户名称,备注,标签,年营收,需求明确\n甲公司,{}"
    await rig.load("customers", text.format("原备注,重点,1万,是"))
    kept = await rig.load("customers", text.format(",,,"), mapping="what: customers\nblank: keep")
    assert kept.counts.unchanged == 1
    cleared = await rig.load("customers", text.format(",,,"))
    assert (cleared.counts.changed, cleared.findings.not_understood) == (1, [])
    assert await read(rig, "remarks", "tags", "annual_revenue", "need_clear") == (None, [], None, False)


async def edit(rig: RecordsRig, **fields: str) -> None:
    """Change fields of the customer by hand."""
    customer = await rig.customer("甲公司")
    answer = await rig.request("PATCH", f"/v1/customers/{customer.customer_id}", json=fields)
    assert answer.is_success, answer.text
    await rig.deliver()


async def read(rig: RecordsRig, *names: str) -> tuple[object, ...]:
    """What the customer's fields hold."""
    customer = await rig.customer("甲公司")
    shown = await rig.ask(f"/v1/customers/{customer.customer_id}")
    return tuple(shown[name] for name in names)


CHANGES = {
    "customers": (
        "客户名称,负责人,年营收,成立时间,意向度,需求明确,标签,首次接触时间,客户状态",
        "甲公司,张三,1万,2001-02-03,高,是,重点、大客户,2024-05-01 10:00,流失客户",
        "甲公司,,,,,,,,",
    ),
    "contacts": (
        "客户名称,姓名,职务,电话,邮箱,决策角色,沟通偏好",
        "远山公司,王五,经理,13800138000,w@example.cn,决策者,不接电话",
        "远山公司,王五,,,,,",
    ),
    "purchases": (
        "客户名称,产品,购买时间,购买金额,商机名称",
        "远山公司,轴承,2024-05-01,1万,扩产",
        "远山公司,轴承,2024-05-01,1万,",
    ),
    "people": ("姓名,职位,部门,直属上级", "李四,,,\n张三,经理,华东,李四", "李四,,,\n张三,,,"),
    "plans": (
        "客户名称,跟进阶段,时间节点,具体动作,负责人,截止时间,跟进方式",
        "远山公司,签约,2025-05-01,演示,张三,2025-05-09,电话",
        "远山公司,签约,2025-05-01,,,,",
    ),
    "follow_ups": (
        "客户名称,跟进时间,沟通要点,客户反馈,下一步时间,是否回应,意向度",
        "远山公司,2025-01-05 10:00,报价,好,2025-05-01,是,高",
        "远山公司,2025-01-05 10:00,,,,,",
    ),
    "opportunities": (
        "客户名称,商机名称,当前阶段,负责人,预计成交金额,预计成交时间,竞争态势",
        "远山公司,改造,方案报价,张三,1万,2025-09-01,强",
        "远山公司,改造,方案报价,,,,",
    ),
}


@pytest.mark.parametrize("what", CHANGES)
async def test_a_file_that_changes_what_nobody_touched_is_no_conflict(rig: RecordsRig, what: str) -> None:
    """What a record holds is recognised as what was imported, in every kind and field."""
    header, first, second = CHANGES[what]
    await rig.load("opportunities", "客户名称,商机名称,当前阶段\n远山公司,扩产,签约")
    await rig.load(what, f"{header}\n{first}")
    report = await rig.load(what, f"{header}\n{second}")
    assert (report.counts.changed, report.rejected, report.findings.not_understood) == (1, [], [])
    back = await rig.load(what, f"{header}\n{first}")
    assert (back.counts.changed, back.findings.not_understood) == (1, [])
