"""商机跟踪表 and 购买记录: what is being sold, and what was."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from services.sample.customers import Customer, customers
from services.sample.dates import ago, written

OPPORTUNITY_HEADER = (
    *(
        "客户名称",
        "商机名称",
        "负责人",
        "当前阶段",
        "进入阶段时间",
        "最近进展",
        "预计成交金额",
        "预计成交时间",
    ),
    *("竞争态势", "商机状态", "成交时间", "成交金额"),
)
PURCHASE_HEADER = ("客户名称", "产品或服务", "购买时间", "购买金额", "商机名称")


@dataclass(frozen=True)
class Deal:
    """An opportunity: its stage as people call it, and how many days ago it was entered."""

    stage: str
    days_ago: int
    amount: str | int
    status: str = "进行中"


# Fresh, and stalled on each rung: 14 days (entered 13 June), the manager's (11 and 12 June), the director's.
_HOT = (
    Deal("方案报价", 17, "52万"),
    Deal("报价", 19, "¥380,000.00"),
    Deal("谈判", 45, "120万"),
    Deal("需求调研", 5, 260_000),
)
_WARM = (
    Deal("需求确认", 18, "18万元"),
    Deal("方案呈现", 33, "９.５万"),
    Deal("初次接触", 40, "12万"),
    Deal("商务谈判", 3, 95_000),
    Deal("方案确认", 16, "31万"),
    Deal("线索获取", 9, ""),
)
_SIGNING = (
    Deal("签约", 6, "1.2亿"),
    Deal("合同签订", 20, "86万"),
    Deal("签约履约", 4, "45万"),
    Deal("签约", 10, "150000"),
    Deal("签约意向", 12, "6.8万"),
)
_KEY = (
    Deal("商务谈判", 8, "200万"),
    Deal("签约", 60, "64万", "赢单"),
    Deal("方案报价", 26, "35万"),
)
_REGULAR = (Deal("签约", 90, "22万", "赢单"), Deal("报价", 50, "8万", "输单"))

_PRODUCTS = ("智能仓储系统", "年度维护服务", "精密检测设备", "数据分析平台", "自动化产线改造")
_RIVALS = ("主要竞争对手为B公司,我方优势为交付周期短", "3家供应商比价中", "", "暂无竞争对手")

_BOUGHT: dict[str, tuple[tuple[int, str | int | float], ...]] = {
    "key": ((40, "52万"), (200, "¥380,000.00"), (95, 265_000)),
    "benchmark": ((150, "6万"),),
    "regular": ((75, "18万"), (210, 92_500.5)),
    "small": ((60, "3.2万"),),
    "silent": ((170, "15万元"),),
    "asleep": ((330, 8_800),),
    "lost": ((500, "4万"),),
}


def opportunities() -> list[tuple[Customer, str, Deal]]:
    """Every opportunity with its customer and name, without those whose rows are untidy."""
    deals = {"hot": _HOT, "warm": _WARM, "signing": _SIGNING, "key": _KEY, "regular": _REGULAR}
    return [
        (customer, f"{customer.city}{_PRODUCTS[(customer.turn + len(customer.name)) % len(_PRODUCTS)]}", deal)
        for customer in customers()
        if customer.turn < len(deals.get(customer.kind, ()))
        for deal in [deals[customer.kind][customer.turn]]
    ]


def opportunity_rows() -> Iterator[tuple[object, ...]]:
    """The rows of 商机跟踪表, among them one whose stage nobody knows."""
    for number, (customer, name, deal) in enumerate(opportunities()):
        entered = ago(deal.days_ago)
        is_won = deal.status == "赢单"
        yield (
            customer.name,
            name,
            customer.owner,
            deal.stage,
            written(entered, number),
            written(entered, number),
            deal.amount,
            written(date(2025, 7 + number % 5, 1 + number % 28), number + 3),
            _RIVALS[number % len(_RIVALS)],
            deal.status,
            written(entered, number) if deal.status != "进行中" else "",
            deal.amount if is_won else "",
        )
    yield (
        "厦门鹭江食品有限公司",
        "厦门冷库扩建",
        "张嘉怡",
        "观望中",
        "2025-06-02",
        "",
        "25万",
        "",
        "",
        "",
        "",
        "",
    )


def purchase_rows() -> Iterator[tuple[object, ...]]:
    """The rows of 购买记录, one of them in dollars without a rate."""
    for number, customer in enumerate(customers()):
        times = 2 if customer.kind == "key" else 1
        bought = _BOUGHT.get(customer.kind, ())
        for turn in range(min(times, len(bought))):
            days, amount = bought[(customer.turn + turn) % len(bought)]
            product = _PRODUCTS[(number + turn) % len(_PRODUCTS)]
            yield (customer.name, product, written(ago(days + number), number + turn), amount, "")
    for customer, name, deal in opportunities():
        if deal.status == "赢单":
            yield (customer.name, "商机成交", written(ago(deal.days_ago), 1), deal.amount, name)
    yield ("宁波东港国际贸易有限公司", "海外仓服务", "2025-04-18", "$12,000", "")
