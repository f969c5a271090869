"""跟进记录表 and 跟进计划表: what was talked about, and what is planned."""

from collections.abc import Iterator

from services.sample.customers import Customer, customers
from services.sample.dates import ago, at, written

RECORD_HEADER = (
    *("客户名称", "跟进人", "时间", "方式", "参与人员", "沟通要点", "客户反馈", "异议", "下一步行动"),
    *("提出需求", "已发资料", "已发方案", "已约演示"),
)
PLAN_HEADER = (
    *("客户名称", "跟进阶段", "时间节点", "具体动作", "负责人", "预期成果"),
    *("截止时间", "跟进方式", "跟进状态"),
)

# Days since the last contact, by kind and turn: some in time, some due, some overdue, some never.
_LAST_CONTACT: dict[str, tuple[int, ...]] = {
    "key": (2, 9, 5, 14, 3, 20),
    "benchmark": (4, 12),
    "regular": (6, 16, 25, 10, 19, 13, 8, 30),
    "small": (12, 41, 28, 35, 70),
    "silent": (101, 125, 98, 150),
    "asleep": (140, 160, 200),
    "hot": (1, 8, 11, 6),
    "warm": (5, 18, 13, 3, 22, 15, 27),
    "cold": (20, 33, 45, 60),
    "fading": (120, 133),
    "signing": (2, 7, 9, 15, 21),
    "lost": (260,),
}
_WAYS = ("电话", "上门拜访", "线上会议", "邮件", "微信", "面谈")
_POINTS = (
    ("沟通交付周期与验收标准", "客户对方案认可,需内部审批", "", "3日内提交竞品对比表"),
    ("演示系统并答疑", "提出3点修改意见,已同步技术团队", "", "下周三前反馈修改后方案"),
    ("报价说明与付款方式", "需对比3家供应商报价,1周内回复", "价格偏高", "准备报价拆分说明"),
    ("回访使用情况", "整体满意,希望增加培训", "", "安排一次现场培训"),
    ("了解新需求", "客户表示预算调整,需重新评估方案", "", "调整方案后再约时间"),
)
_UNANSWERED = ("例行问候并发送产品动态", "", "", "一个月后再次联系")
_SILENT_KINDS = {"asleep", "fading"}
_PLANS = (
    ("需求调研", "上门调研产线现状", "形成需求清单", "拜访", "进行中"),
    ("方案呈现", "提交定制方案并讲解", "客户确认方案", "线上会议", "待客户反馈"),
    ("商务谈判", "确认价格与付款条件", "达成商务条款", "电话", "进行中"),
    ("初次接触", "发送资料并约定二次沟通", "约定下次沟通时间", "邮件", "已完成"),
)


def record_rows() -> Iterator[tuple[object, ...]]:
    """The rows of 跟进记录表: the last contact of most customers, an earlier one of some, two untidy ones."""
    for number, customer in enumerate(customers()):
        days = _LAST_CONTACT[customer.kind]
        if customer.turn < len(days):
            if number % 8 == 1:
                yield _record(customer, days[customer.turn] + 24, number + 1)
            yield _record(customer, days[customer.turn], number)
    yield (
        "广州某某贸易公司",
        "李思敏",
        "2025-06-20 10:00",
        "电话",
        "",
        "初步沟通",
        "有意向",
        "",
        "",
        *_no(4),
    )
    yield ("杭州明川软件股份有限公司", "赵 文博", "上周三", "电话", "", "催问合同进度", *_no(7))


def plan_rows() -> Iterator[tuple[object, ...]]:
    """The rows of 跟进计划表, for the customers that are being won."""
    for number, customer in enumerate(customers()):
        if customer.kind in {"hot", "warm", "signing"} and number % 3 != 1:
            stage, action, outcome, way, status = _PLANS[number % len(_PLANS)]
            day = ago(-3 * (number % 5) + 6)
            due = ago(-3 * (number % 5))
            outcome = outcome if number % 7 else ""
            yield (
                *(customer.name, stage, written(day, number), action, customer.owner, outcome),
                *(written(due, number + 1), way, status),
            )


def _record(customer: Customer, days: int, number: int) -> tuple[object, ...]:
    point, feedback, objection, step = _POINTS[number % len(_POINTS)]
    if customer.kind in _SILENT_KINDS:
        point, feedback, objection, step = _UNANSWERED
    moment = at(ago(days), 9 + number % 8, 15 * (number % 4))
    when = moment if number % 3 else f"{moment:%Y-%m-%d %H:%M}"
    has_need = customer.kind in {"hot", "signing"}
    return (
        *(customer.name, customer.owner, when, _WAYS[number % len(_WAYS)], "采购经理" if number % 2 else ""),
        *(point, feedback, objection, step),
        *("是" if has_need else "", "是" if number % 2 else "否", "是" if has_need else "", ""),
    )


def _no(times: int) -> tuple[str, ...]:
    return ("",) * times
