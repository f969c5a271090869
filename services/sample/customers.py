"""客户信息表: about sixty customers, each of a kind that shows what the rules do."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from services.sample.dates import ago, written
from services.sample.people import REPRESENTATIVES

HEADER = (
    *("客户名称", "所属行业", "客户规模", "首次接触时间", "客户来源", "客户状态", "负责人", "分配时间"),
    *("意向度", "需求明确", "影响正常运营", "核心业务需求", "行业标杆潜力", "决策链短", "合作潜力"),
    *("需求紧急程度", "年营业额", "主营业务", "地址", "客户官网", "初步需求", "标签", "备注"),
)

_Bought = Literal["key", "benchmark", "regular", "small", "silent", "asleep", "lost"]
Kind = _Bought | Literal["hot", "warm", "cold", "fading", "signing"]
"""What a customer is there to show: its grade, its life, and how long it has been left alone."""


@dataclass(frozen=True)
class Customer:
    """One customer of the sample; `turn` counts through its kind."""

    name: str
    industry: str
    city: str
    kind: Kind
    turn: int
    owner: str


_NAMES: dict[Kind, tuple[tuple[str, str, str], ...]] = {
    "key": (
        ("深圳市智联电子科技有限公司", "电子设备制造", "深圳"),
        ("苏州恒泰精密机械有限公司", "机械制造", "苏州"),
        ("广州云帆供应链管理有限公司", "物流运输", "广州"),
        ("杭州明川软件股份有限公司", "软件和信息技术", "杭州"),
        ("上海瑞和医疗器械有限公司", "医疗器械", "上海"),
        ("东莞市华拓塑胶制品有限公司", "橡胶和塑料制品", "东莞"),
    ),
    "benchmark": (
        ("中科远景新能源(江苏)有限公司", "新能源", "南京"),
        ("珠海海纳智能装备有限公司", "机械制造", "珠海"),
    ),
    "regular": (
        ("佛山市顺达五金制品有限公司", "金属制品", "佛山"),
        ("宁波东港国际贸易有限公司", "批发零售", "宁波"),
        ("厦门鹭江食品有限公司", "食品制造", "厦门"),
        ("无锡芯扬半导体有限公司", "电子设备制造", "无锡"),
        ("惠州市金石建材有限公司", "建筑材料", "惠州"),
        ("南通锦绣纺织有限公司", "纺织服装", "南通"),
        ("中山市亮彩照明电器有限公司", "电气机械", "中山"),
        ("合肥博睿教育科技有限公司", "教育", "合肥"),
    ),
    "small": (
        ("江门市新会区鸿运纸品厂", "造纸和纸制品", "江门"),
        ("绍兴越州茶业有限公司", "食品制造", "绍兴"),
        ("泉州市海丝鞋服有限公司", "纺织服装", "泉州"),
        ("嘉兴禾田农业科技有限公司", "农业", "嘉兴"),
        ("汕头市潮味餐饮管理有限公司", "餐饮", "汕头"),
    ),
    "silent": (
        ("福州闽都印刷包装有限公司", "印刷包装", "福州"),
        ("常州天工模具有限公司", "机械制造", "常州"),
        ("清远市北江陶瓷有限公司", "建筑材料", "清远"),
        ("温州瓯海阀门有限公司", "机械制造", "温州"),
    ),
    "asleep": (
        ("肇庆市端州文具有限公司", "文教用品", "肇庆"),
        ("湖州南浔家居有限公司", "家具制造", "湖州"),
        ("揭阳市普宁药材商行", "批发零售", "揭阳"),
    ),
    "hot": (
        ("深圳前海蓝鲸数据有限公司", "软件和信息技术", "深圳"),
        ("上海启明自动化设备有限公司", "机械制造", "上海"),
        ("广州岭南生物医药有限公司", "医药制造", "广州"),
        ("苏州工业园区微纳光学有限公司", "电子设备制造", "苏州"),
    ),
    "warm": (
        ("杭州西溪跨境电商有限公司", "互联网", "杭州"),
        ("东莞市长安精工电子厂", "电子设备制造", "东莞"),
        ("南京紫金环保工程有限公司", "环保", "南京"),
        ("佛山市南海铝型材有限公司", "金属制品", "佛山"),
        ("上海浦江冷链物流有限公司", "物流运输", "上海"),
        ("深圳市宝安声学器件有限公司", "电子设备制造", "深圳"),
        ("台州黄岩注塑机械有限公司", "机械制造", "台州"),
        ("广州番禺游艺设备有限公司", "文体用品", "广州"),
    ),
    "cold": (
        ("徐州汉风酒店管理有限公司", "住宿", "徐州"),
        ("湛江市海之味水产有限公司", "农业", "湛江"),
        ("金华永康工具有限公司", "金属制品", "金华"),
        ("漳州花都园艺有限公司", "农业", "漳州"),
        ("芜湖江城汽车零部件有限公司", "汽车制造", "芜湖"),
        ("韶关市丹霞旅游发展有限公司", "旅游", "韶关"),
    ),
    "fading": (
        ("盐城黄海渔具有限公司", "文体用品", "盐城"),
        ("梅州市客家酿酒厂", "食品制造", "梅州"),
        ("丽水云和木制玩具有限公司", "文体用品", "丽水"),
        ("河源市万绿饮用水有限公司", "食品制造", "河源"),
    ),
    "signing": (
        ("深圳市大鹏航空地面设备有限公司", "航空运输", "深圳"),
        ("上海申光激光技术有限公司", "电子设备制造", "上海"),
        ("珠海市横琴跨境科技有限公司", "软件和信息技术", "珠海"),
        ("扬州瘦西湖文化传媒有限公司", "文化传媒", "扬州"),
        ("惠州市大亚湾石化配件有限公司", "石油化工", "惠州"),
    ),
    "lost": (
        ("茂名市荔香果业有限公司", "农业", "茂名"),
        ("镇江金山香醋有限公司", "食品制造", "镇江"),
        ("阳江市十八子刀剪有限公司", "金属制品", "阳江"),
    ),
}

_SOURCES = ("2025年春季行业展会", "客户推荐", "官网注册", "电话咨询", "转介绍", "线上推广")
_SIZES = ("100-500人", "20-99人", "500-1000人", "1000人以上", "20人以下")
_NEEDS = (
    *("采购原材料A,月需求50吨", "希望统一管理三个仓库的库存", "设备老化,需整线更换", "需定制化解决方案"),
    *("降低采购成本,缩短交期", "想了解同行案例", "现有供应商质量不稳定"),
)

# 意向度, 需求明确, 影响正常运营, 核心业务需求, 行业标杆潜力, 决策链短, 合作潜力, 需求紧急程度
_TRAITS: dict[Kind, tuple[str, ...]] = {
    "key": ("高意向 是 是 是 - - 高 高", "中意向 是 否 是 - - 高 中"),
    "benchmark": ("高意向 是 否 是 是 是 高 高",),
    "regular": ("中意向 是 否 是 - 否 高 中", "中 有 - 是 - - 低 低"),
    "small": ("中意向 否 否 否 - - 低 低", "低意向 - - - - - 低 -"),
    "silent": ("中意向 是 - 是 - - 低 中",),
    "asleep": ("低意向 否 - - - - 低 低",),
    "hot": ("高意向 是 是 是 - 是 高 高", "高 √ 是 是 - - 高 紧急"),
    "warm": ("中意向 是 否 是 - - 高 中", "高意向 是 否 否 - - 低 低"),
    "cold": ("低意向 否 否 否 - - 低 低", "- - - - - - - -"),
    "fading": ("低意向 否 - - - - 低 低",),
    "signing": (
        "高意向 是 是 是 - 是 高潜力 高",
        "高意向 是 是 是 - - 高 高紧迫",
        "高意向 是 - 是 - - 高 中",
        "中意向 是 - - - - 低 高",
        "中意向 是 - - - - 低 低",
    ),
    "lost": ("低意向 否 - - - - 低 低",),
}
_TAGS: dict[Kind, str] = {
    "key": "重点客户、价格敏感",
    "benchmark": "行业标杆;重点客户",
    "hot": "制造业-设备采购-高意向",
    "signing": "需跟进方案优化",
    "lost": "需回访",
}


def customers() -> list[Customer]:
    """All customers of the sample, without those whose rows are untidy; the regions share them by turns."""
    listed = [
        (name, industry, city, kind, turn)
        for kind, names in _NAMES.items()
        for turn, (name, industry, city) in enumerate(names)
    ]
    return [
        Customer(*each, owner=REPRESENTATIVES[number % len(REPRESENTATIVES)])
        for number, each in enumerate(listed)
    ]


def rows() -> Iterator[tuple[object, ...]]:
    """The rows of the sheet: the customers, and among them the rows that are untidy."""
    every = [_row(customer, number) for number, customer in enumerate(customers())]
    yield from every[:20]
    # The same company once more, with full-width spaces: a duplicate of its first row.
    yield ("　深圳市智联　电子科技有限公司 ", *every[0][1:])
    yield from every[20:35]
    # No industry, which is mandatory.
    yield ("汕尾市红海湾渔业有限公司", "", *every[35][2:])
    yield from every[35:50]
    # A day that no calendar has.
    yield ("舟山普陀海钓俱乐部有限公司", "旅游", "20-99人", "2025-13-40", *every[50][4:])
    yield from every[50:]


def _row(customer: Customer, number: int) -> tuple[object, ...]:
    met = ago(400 - 6 * number if customer.kind != "fading" else 210 + customer.turn)
    traits = _TRAITS[customer.kind]
    width = "　" if not (number + 5) % 9 else ""
    return (
        f"{customer.name}{width}",
        customer.industry,
        _SIZES[number % len(_SIZES)],
        written(met, number),
        _SOURCES[number % len(_SOURCES)],
        "流失客户" if customer.kind == "lost" else "",
        customer.owner,
        written(met, number + 2),
        *(word.strip("-") for word in traits[customer.turn % len(traits)].split()),
        f"{3 + number * 7 % 90}00万" if number % 3 else f"{1 + number % 4}.{number % 10}亿",
        f"{customer.industry}产品的研发、生产与销售",
        f"{customer.city}市",
        "",
        _NEEDS[number % len(_NEEDS)],
        _TAGS.get(customer.kind, ""),
        "客户预算紧张,需灵活方案" if number % 11 == 0 else "",
    )
