"""Every fact that rules may test: its type, its words, its owner and how it arises.

`rules/vocabulary.yaml` is generated from this table. A fact that is not here is set by nothing, so a rule
over it is refused.
"""

from collections.abc import Mapping
from typing import Final

from contracts.text import Text
from contracts.vocabulary import (
    Intent,
    Lifecycle,
    Objection,
    OpportunityStage,
    OpportunityStatus,
    PlanStatus,
    Potential,
    Urgency,
)
from services.rules.domain.vocabulary.declaration import FactSource
from services.rules.domain.vocabulary.declaration import fact as _fact
from services.rules.ruleset.definition import Field, FieldType
from services.shared.business_time import Duration

ID, ENUM, BOOL = FieldType.ID, FieldType.ENUM, FieldType.BOOL
MONEY, NUMBER, INSTANT, TAGS = FieldType.MONEY, FieldType.NUMBER, FieldType.INSTANT, FieldType.TAGS


VISITS: Final = (Duration.parse("1d"), Duration.parse("12mo"))
"""How long after a contact, a change or a visit something can be due."""

RECORDS: Final = (Duration.parse("10min"), Duration.parse("7d"))
"""How long after a contact its record can be due."""

_C, _F, _O = "customers", "followups", "opportunities"
_ENTERED = "entered or imported"
_RECORDED = "follow-up records since the stage was entered"

FACTS: Mapping[str, tuple[FactSource, ...]] = {
    "customer": (
        _fact("customer_id", ID, "客户", "customer", owner=_C, how="given at creation"),
        _fact("owner_id", ID, "负责人", "owner", owner=_C, how=_ENTERED, absent="无负责人"),
        _fact(
            "lifecycle",
            ENUM,
            "生命周期",
            "lifecycle",
            owner=_C,
            how="follows from the records and from what is stated",
            words=Lifecycle,
        ),
        _fact(
            "annual_amount",
            MONEY,
            "年合作金额",
            "annual amount",
            owner=_C,
            absent="尚无合作",
            minimum=0,
            how="purchases, and won opportunities that no purchase names, of the last 12 months",
        ),
        _fact("benchmark", BOOL, "行业标杆潜力", "industry benchmark", owner=_C, how=_ENTERED),
        _fact("short_chain", BOOL, "决策链短", "short decision chain", owner=_C, how=_ENTERED),
        _fact(
            "intent",
            ENUM,
            "意向度",
            "intent",
            owner=_C,
            how="entered or imported, or the latest follow-up record that names one",
            absent="未评估",
            words=Intent,
        ),
        _fact("need_clear", BOOL, "需求明确", "need is clear", owner=_C, how=_ENTERED),
        _fact("need_urgent", BOOL, "影响客户正常运营", "need is urgent", owner=_C, how=_ENTERED),
        _fact("need_important", BOOL, "核心业务需求", "need is important", owner=_C, how=_ENTERED),
        _fact(
            "potential",
            ENUM,
            "合作潜力",
            "potential",
            owner=_C,
            how=_ENTERED,
            absent="未评估",
            words=Potential,
        ),
        _fact(
            "urgency", ENUM, "需求紧急程度", "urgency", owner=_C, how=_ENTERED, absent="未评估", words=Urgency
        ),
        _fact("tags", TAGS, "标签", "tags", owner=_C, how=_ENTERED),
        _fact(
            "assigned_at",
            INSTANT,
            "首次分配时间",
            "first assigned at",
            spans=VISITS,
            owner=_C,
            absent="未分配",
            how="when the customer first got an owner",
        ),
        _fact(
            "first_contact_at",
            INSTANT,
            "首次接触时间",
            "first contact at",
            spans=VISITS,
            owner=_C,
            how=_ENTERED,
            absent="未记录",
        ),
        _fact(
            "last_contact_at",
            INSTANT,
            "最近联系",
            "last contact",
            spans=VISITS,
            owner=_F,
            absent="从未联系",
            past=True,
            how="latest follow-up record",
        ),
        _fact(
            "last_response_at",
            INSTANT,
            "最近回应",
            "last response",
            spans=VISITS,
            owner=_F,
            absent="从未回应",
            past=True,
            how="latest follow-up record in which the customer answered or named a need",
        ),
        _fact(
            "last_need_at",
            INSTANT,
            "最近需求",
            "last need",
            spans=VISITS,
            owner=_F,
            absent="无需求记录",
            past=True,
            how="latest follow-up record in which a need was named",
        ),
        _fact(
            "unrecorded_since",
            INSTANT,
            "未记录的联系",
            "contact not recorded since",
            spans=RECORDS,
            owner=_F,
            past=True,
            absent="全部已记录",
            how="oldest contact held, or planned milestone that passed, without a follow-up record",
        ),
        _fact(
            "next_step_due_at",
            INSTANT,
            "约定的下一步",
            "next step promised for",
            owner=_F,
            absent="没有待办的下一步",
            how="earliest next step of the follow-up records that is still to do",
        ),
        _fact(
            "last_objection",
            ENUM,
            "最近异议",
            "last objection",
            owner=_F,
            absent="无异议",
            how="objection in the latest follow-up record",
            words=Objection,
        ),
        _fact(
            "purchase_q",
            MONEY,
            "上一完整季度采购额",
            "purchases of the last quarter",
            owner=_C,
            minimum=0,
            how="purchases of the last closed quarter",
        ),
        _fact(
            "purchase_prev_q",
            MONEY,
            "再前一季度采购额",
            "purchases of the quarter before",
            owner=_C,
            minimum=0,
            how="purchases of the closed quarter before",
        ),
        _fact(
            "quarter_closed_at",
            INSTANT,
            "季度结束时间",
            "quarter closed at",
            owner=_C,
            past=True,
            absent="无季度数据",
            how="end of the last closed quarter, once there is a purchase",
        ),
        _fact(
            "open_opportunities",
            NUMBER,
            "在谈商机数",
            "open opportunities",
            owner=_O,
            minimum=0,
            how="number of open opportunities",
        ),
    ),
    "opportunity": (
        _fact("opportunity_id", ID, "商机", "opportunity", owner=_O, how="given at creation"),
        _fact("owner_id", ID, "负责人", "owner", owner=_O, how=_ENTERED, absent="无负责人"),
        _fact(
            "status", ENUM, "状态", "status", owner=_O, how="open until won or lost", words=OpportunityStatus
        ),
        _fact("stage", ENUM, "阶段", "stage", owner=_O, how=_ENTERED, words=OpportunityStage),
        _fact(
            "stage_entered_at",
            INSTANT,
            "进入阶段时间",
            "stage entered at",
            spans=VISITS,
            owner=_O,
            past=True,
            how="stage change, or the import's instant",
        ),
        _fact(
            "progressed_at",
            INSTANT,
            "最近进展",
            "last progress",
            spans=VISITS,
            owner=_O,
            past=True,
            how="stage, amount, close date or decision maker changed, or a recorded contact about it",
        ),
        _fact(
            "updated_at",
            INSTANT,
            "最近更新",
            "last update",
            spans=VISITS,
            owner=_O,
            past=True,
            how="any change of it",
        ),
        _fact(
            "expected_amount",
            MONEY,
            "预计成交金额",
            "expected amount",
            owner=_O,
            absent="未填",
            minimum=0,
            how=_ENTERED,
        ),
        _fact("held_until", INSTANT, "搁置至", "on hold until", owner=_O, how="a hold", absent="未搁置"),
        _fact("materials_sent", BOOL, "资料已发送", "materials sent", owner=_F, how=_RECORDED),
        _fact("proposal_sent", BOOL, "方案已提交", "proposal sent", owner=_F, how=_RECORDED),
        _fact("demo_booked", BOOL, "已安排演示", "demo booked", owner=_F, how=_RECORDED),
        _fact(
            "objection", ENUM, "异议", "objection", owner=_F, how=_RECORDED, absent="无异议", words=Objection
        ),
    ),
    "plan": (
        _fact("plan_id", ID, "跟进计划", "plan", owner=_F, how="given at creation"),
        _fact("owner_id", ID, "负责人", "owner", owner=_F, how=_ENTERED, absent="无负责人"),
        _fact("assignee_id", ID, "执行人", "assignee", owner=_F, how=_ENTERED, absent="无执行人"),
        _fact("status", ENUM, "状态", "status", owner=_F, how=_ENTERED, words=PlanStatus),
        _fact("has_outcome", BOOL, "填写了预期成果", "has an expected outcome", owner=_F, how=_ENTERED),
        _fact("due_at", INSTANT, "截止时间", "due at", owner=_F, how=_ENTERED, absent="未填截止时间"),
    ),
}

OUTPUTS: Mapping[str, Field] = {
    "grade": Field("grade", FieldType.ENUM, label=Text(zh="客户等级", en="customer grade"), shown=True),
    "every": Field("every", FieldType.DURATION, label=Text(zh="跟进间隔", en="follow-up gap"), spans=VISITS),
}
"""The outputs of which the services know something, whatever rule returns them."""
