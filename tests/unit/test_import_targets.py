"""What can be imported fits the records it becomes and the headers that people write."""

from collections import Counter
from dataclasses import fields
from zoneinfo import ZoneInfo

import pytest

from contracts.vocabulary import OpportunityStage
from services.customers.imports import import_targets as of_customers
from services.customers.repository import ContactRecords
from services.followups.imports import import_targets as of_followups
from services.opportunities.imports import STAGES
from services.opportunities.imports import import_targets as of_opportunities
from services.shared.entries import RecordTarget
from services.shared.imports.kinds import Choice, Ref
from services.shared.imports.text import normalise_label
from services.shared.privacy import Cipher, new_key

NAMES_OF_PEOPLE = {"manager", "lead", "deputy"}
"""Fields of people that become references only when they are put."""

CONTACTS = ContactRecords(Cipher([new_key()]))
ALL = {
    **of_customers(zone=ZoneInfo("Asia/Shanghai"), contacts=CONTACTS),
    **of_followups(),
    **of_opportunities(),
}
TARGETS = {what: target for what, target in ALL.items() if isinstance(target, RecordTarget)}


def test_seven_kinds_of_records_can_be_imported() -> None:
    expected = ["contacts", "customers", "follow_ups", "opportunities", "people", "plans", "purchases"]
    assert sorted(TARGETS) == expected


@pytest.mark.parametrize("what", sorted(TARGETS))
def test_every_field_is_one_of_the_record(what: str) -> None:
    target = TARGETS[what]
    known = {field.name for field in fields(target.record_type)} | NAMES_OF_PEOPLE
    wanted = {f"{name}_id" if isinstance(each.kind, Ref) else name for name, each in target.fields.items()}
    assert wanted <= known


@pytest.mark.parametrize("what", sorted(TARGETS))
def test_every_choice_is_of_a_vocabulary(what: str) -> None:
    target = TARGETS[what]
    choices = {name for name, each in target.fields.items() if isinstance(each.kind, Choice)}
    assert choices - {"stage"} == set(target.words)


@pytest.mark.parametrize("what", sorted(TARGETS))
def test_no_header_feeds_two_fields(what: str) -> None:
    headers = Counter(
        normalise_label(header)
        for name, each in TARGETS[what].fields.items()
        for header in {normalise_label(word) for word in (name, *each.aliases)}
    )
    assert {header for header, count in headers.items() if count > 1} == set()


@pytest.mark.parametrize(
    ("what", "headers"),
    [
        ("customers", "客户名称 所属行业 客户规模 首次接触时间 客户来源 初步需求 备注"),
        ("customers", "公司名称 行业分类 客户状态 需求描述 负责人 年营业额 成立时间 主营业务 地址"),
        ("contacts", "客户名称 姓名 职位 电话 邮箱 决策角色 沟通偏好"),
        ("purchases", "客户名称 产品或服务 购买时间 购买金额"),
        ("plans", "客户名称 跟进阶段 时间节点 具体动作 负责人 预期成果 截止时间"),
        ("follow_ups", "时间 方式 参与人员 核心内容 客户反馈 异议 下一步行动"),
        ("follow_ups", "跟进日期 沟通要点 沟通方式 参与人 联系日期 沟通主题 行动项 负责人"),
        ("opportunities", "商机名称 预计成交金额 预计成交时间 当前阶段 竞争态势"),
    ],
)
def test_the_headers_of_the_field_lists_are_understood(what: str, headers: str) -> None:
    """R021, R022, R025, R094, R112 to R115, R131, K15."""
    aliases = {alias for each in TARGETS[what].fields.values() for alias in each.aliases}
    assert set(headers.split()) <= aliases


@pytest.mark.parametrize(
    "chain",
    [
        "初步接洽 需求确认 方案报价 谈判签约",
        "线索获取 需求分析 方案制定 商务谈判 合同签订",
        "初次接触 需求调研 方案呈现 商务谈判 签约履约",
        "报价 谈判 签约",
    ],
)
def test_every_stage_name_of_the_documents_is_understood_in_its_order(chain: str) -> None:
    """K4."""
    order = list(OpportunityStage)
    places = [order.index(OpportunityStage(STAGES[word])) for word in chain.split()]
    assert places == sorted(set(places))


def test_personal_data_is_private() -> None:
    """K8: imports keep no more than a fingerprint of it."""
    private = {name for name, each in TARGETS["contacts"].fields.items() if each.is_private}
    assert private == {"name", "phone", "email", "preference"}
