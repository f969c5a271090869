"""The one table of values: domain words as code, with their Chinese and English labels and aliases.

Aliases are the words that the requirements and people's tables use for a value; imports understand them.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Self


class Word(StrEnum):
    """A value with a Chinese label, an English label and aliases."""

    zh: str
    en: str
    aliases: tuple[str, ...]

    def __new__(cls, value: str, zh: str = "", en: str = "", *aliases: str) -> Self:
        """Make a member of the value, its labels and its aliases."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.zh, member.en, member.aliases = zh, en, aliases
        return member

    def label(self, locale: str) -> str:
        """The label in `zh` or `en`."""
        return self.zh if locale == "zh" else self.en

    @classmethod
    def by_alias(cls) -> Mapping[str, Self]:
        """Every word for a value, in lower case, and the value."""
        return {
            word.casefold(): member
            for member in cls
            for word in (member.value, member.zh, member.en, *member.aliases)
        }


class CustomerGrade(Word):
    """客户分级: which share of our attention a customer gets."""

    A = "A", "A级", "A", "重点客户", "A类"
    B = "B", "B级", "B", "潜力客户", "B类"
    C = "C", "C级", "C", "普通客户", "C类"


class Lifecycle(Word):
    """生命周期: how far the relation has come."""

    PROSPECT = "prospect", "潜在客户", "Prospect", "潜在"
    SIGNING = "signing", "签约意向", "Signing"
    CUSTOMER = "customer", "现有客户", "Customer", "已合作", "现有", "活跃客户"
    LOST = "lost", "流失客户", "Lost", "流失", "已流失"


class CustomerStatus(Word):
    """客户状态: the words with which lists and other systems state a lifecycle (R042, K10)."""

    PROSPECT = (
        *("prospect", "潜在客户", "Prospect", "潜在", "潜客", "意向客户", "目标客户", "线索", "线索客户"),
        *("未成交", "未合作", "potential customer", "potential", "prospective customer", "lead"),
        *("subscriber", "marketing qualified lead", "marketingqualifiedlead", "mql"),
        *("sales qualified lead", "salesqualifiedlead", "sql", "opportunity"),
    )
    SIGNING = "signing", "签约意向", "Signing", "签约中", "待签约", "意向签约", "拟签约"
    CUSTOMER = (
        *("customer", "现有客户", "Customer", "已合作", "现有", "活跃客户", "活跃", "合作中", "合作客户"),
        *("老客户", "正式客户", "成交客户", "已成交", "多次成交", "签约客户", "已签约"),
        *("existing customer", "active customer", "current customer", "client", "active", "evangelist"),
        *("customer - direct", "customer - channel"),
    )
    LOST = (
        *("lost", "流失客户", "Lost", "流失", "已流失", "终止合作", "已终止合作"),
        *("lost customer", "former customer", "churned customer", "churned"),
    )
    HIGH_VALUE = (
        "high_value",
        "高价值客户",
        "High-value customer",
        "高价值",
        "high value customer",
        "high value",
    )
    DORMANT = (
        *("dormant", "沉睡客户", "Dormant customer", "沉睡", "休眠客户", "休眠"),
        *("sleeping customer", "inactive customer"),
    )

    @property
    def lifecycle(self) -> Lifecycle:
        """The lifecycle that is stated."""
        return Lifecycle.CUSTOMER if self.tags else Lifecycle(self.value)

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags that are stated beside it; whether a customer is dormant is decided by rules."""
        return _STATUS_TAGS.get(self.value, ())


_STATUS_TAGS: Mapping[str, tuple[str, ...]] = {"high_value": ("高价值",), "dormant": ("沉睡客户",)}


class Difference(Word):
    """名称差异: in what the names of likely duplicates differ."""

    STYLE = "style", "写法", "Style"
    SCRIPT = "script", "繁简体", "Script"
    BRACKETS = "brackets", "括号", "Brackets"
    LEGAL_FORM = "legal_form", "公司形式", "Legal form"
    PLACE = "place", "省市", "Place"


class Intent(Word):
    """意向度: how much the customer wants to buy."""

    HIGH = "high", "高意向", "High", "高"
    MID = "mid", "中意向", "Medium", "中", "medium"
    LOW = "low", "低意向", "Low", "低"


class Potential(Word):
    """合作潜力: what the customer could become."""

    HIGH = "high", "高潜力", "High", "高"
    LOW = "low", "低潜力", "Low", "低"


class Urgency(Word):
    """需求紧急程度: how soon the customer needs it."""

    HIGH = "high", "高", "High", "高紧迫", "紧急"
    MID = "mid", "中", "Medium", "中紧迫", "一般", "medium"
    LOW = "low", "低", "Low", "低紧迫", "不紧急"


class PurchaseKind(Word):
    """Whether something was bought, or given back."""

    PURCHASE = "purchase", "购买", "Purchase"
    RETURN = "return", "退货", "Return"


class BuyingRole(Word):
    """决策角色: what a contact decides (R022)."""

    DECISION_MAKER = "decision_maker", "决策者", "Decision maker", "决策人"
    INFLUENCER = "influencer", "影响者", "Influencer", "影响人"
    END_USER = "end_user", "使用者", "End user", "使用人"


class Channel(Word):
    """跟进方式: how a contact took place."""

    CALL = "call", "电话", "Call", "电话沟通", "phone"
    VISIT = "visit", "拜访", "Visit", "面谈", "上门拜访", "会议", "meeting"
    ONLINE_MEETING = "online_meeting", "线上会议", "Online meeting", "视频会议"
    EMAIL = "email", "邮件", "E-mail", "电子邮件"
    MESSAGE = "message", "微信", "Message", "消息", "企业微信", "im"


class Objection(Word):
    """异议: what stands in the way."""

    PRICE = "price", "价格异议", "Price", "价格", "价格高"
    COMPETITOR = "competitor", "竞品", "Competitor", "竞争对手"
    OTHER = "other", "其他", "Other", "其它"


class PlanStatus(Word):
    """跟进状态: where a plan or a recorded follow-up stands (R116, R203)."""

    OPEN = "open", "进行中", "In progress", "in_progress"
    WAITING_CUSTOMER = "waiting_customer", "待客户反馈", "Awaiting customer", "awaiting_customer"
    DONE = "done", "已完成", "Done", "完成"


class OpportunityStatus(Word):
    """Whether an opportunity is still to be decided."""

    OPEN = "open", "进行中", "Open", "跟进中"
    WON = "won", "赢单", "Won", "已成交", "成交", "已签约"
    LOST = "lost", "输单", "Lost", "失单", "丢单"


class OpportunityStage(Word):
    """商机阶段, with the stage names of all five documents as aliases (K4)."""

    FIRST_CONTACT = "first_contact", "初步接洽", "First contact", "初次接触", "线索获取", "prospecting"
    NEED_ANALYSIS = "need_analysis", "需求确认", "Need confirmed", "需求调研", "需求分析"
    PROPOSAL = "proposal", "方案报价", "Proposal", "方案呈现", "方案制定", "方案确认", "报价", "engaging"
    NEGOTIATION = "negotiation", "商务谈判", "Negotiation", "谈判", "谈判签约"
    SIGNING = "signing", "签约", "Signing", "合同签订", "签约履约", "签约意向"
