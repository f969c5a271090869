"""Amounts and lengths of time as titles write them, in Chinese and English."""

from decimal import Decimal

import pytest

from services.rules.ruleset.checks.quantities import Quantity, amount, lengths, mentions
from services.shared.business_time import Duration


def read(title: str) -> list[Quantity]:
    """Return the quantities of a title, in its order."""
    return [mention.quantity for mention in mentions(title)]


def length(written: str) -> Quantity:
    """Return the length of time of one term."""
    (found,) = lengths(Duration.parse(written))
    return found


@pytest.mark.parametrize(
    ("title", "amounts"),
    [
        ("年合作金额达到50万", [500_000]),
        ("年合作金额10万至50万", [100_000, 500_000]),
        ("10至50万元", [100_000, 500_000]),
        ("10-50万", [100_000, 500_000]),
        ("不足10万", [100_000]),
        ("五十万以上", [500_000]),
        ("两百万元", [2_000_000]),
        ("3百万", [3_000_000]),
        ("1.2亿", [120_000_000]),
        ("￥500000", [500_000]),
        ("5000元", [5_000]),
        ("５０万", [500_000]),
        ("100,000 to 500,000", [100_000, 500_000]),
        ("¥500,000 or more", [500_000]),
        ("less than 500k", [500_000]),
        ("1.5 million", [1_500_000]),
    ],
)
def test_amounts_are_read(title: str, amounts: list[int]) -> None:
    assert read(title) == [amount(Decimal(each)) for each in amounts]


@pytest.mark.parametrize(
    ("title", "written"),
    [
        ("停滞14天", ["14d"]),
        ("停滞十四天", ["14d"]),
        ("两周未联系", ["14d"]),
        ("3个星期", ["21d"]),
        ("A级：每周一次", ["7d"]),
        ("每两周一次", ["14d"]),
        ("每隔3天", ["3d"]),
        ("双周一次", ["2w"]),
        ("每月一次", ["1mo"]),
        ("每季度一次", ["3mo"]),
        ("每个工作日", ["1wd"]),
        ("半年没有回应", ["6mo"]),
        ("一年没有回应", ["12mo"]),
        ("3个月无互动", ["3mo"]),
        ("三个月", ["1q"]),
        ("一个季度", ["3mo"]),
        ("提前一周", ["1w"]),
        ("30分钟未记录", ["30min"]),
        ("半小时", ["30min"]),
        ("24小时", ["1d"]),
        ("24h未记录", ["24h"]),
        ("逾期3个工作日", ["3wd"]),
        ("逾期三个工作日", ["3wd"]),
        ("4个工作小时", ["4wh"]),
        ("3日内联系", ["3d"]),
        ("7至14天", ["7d", "14d"]),
        ("意向高，14天", ["14d"]),
        ("once a week", ["1w"]),
        ("weekly", ["1w"]),
        ("every two weeks", ["2w"]),
        ("every other week", ["2w"]),
        ("fortnightly", ["2w"]),
        ("monthly", ["1mo"]),
        ("three months", ["3mo"]),
        ("half a year", ["6mo"]),
        ("within a year", ["12mo"]),
        ("14 days", ["14d"]),
        ("a 14-day wait", ["14d"]),
        ("7 to 14 days", ["7d", "14d"]),
        ("Three working days overdue", ["3wd"]),
        ("2 business days", ["2wd"]),
        ("24 hours", ["24h"]),
        ("twenty-four hours", ["24h"]),
        ("30 minutes", ["30min"]),
        ("half an hour", ["30min"]),
    ],
)
def test_lengths_of_time_are_read(title: str, written: list[str]) -> None:
    assert read(title) == [length(each) for each in written]


@pytest.mark.parametrize(
    "title",
    [
        "A级",
        "第2次跟进",
        "第3天",
        "R070、K2b",
        "2024年3月14日",
        "三季度采购额",
        "上一季度",
        "上半年",
        "周一周二",
        "星期一例会",
        "每周两次",
        "twice a week",
        "a quarter of the amount",
        "增长20%",
        "3万家门店",
        "一年半",
        "一个半小时",
        "两三天",
        "千万不要",
        "{every}跟进{customer.name}",
        "Step 3",
    ],
)
def test_what_has_no_unit_or_cannot_be_counted_is_left_out(title: str) -> None:
    assert read(title) == []


def test_working_days_are_no_days() -> None:
    assert length("3wd") != length("3d")


def test_months_are_no_days() -> None:
    assert length("3mo") != length("90d")


def test_a_sum_of_one_kind_is_a_length_too() -> None:
    assert length("14d") in lengths(Duration.parse("1w + 7d"))


def test_so_long_before_is_as_long() -> None:
    assert lengths(Duration.parse("-60d")) == lengths(Duration.parse("60d"))
