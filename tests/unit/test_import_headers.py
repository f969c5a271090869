"""Headers made for people: marks, hints and units are no part of the name."""

import pytest

from services.shared.imports.headers import header_label, header_unit
from services.shared.imports.table import make_table


@pytest.mark.parametrize(
    ("header", "label"),
    [
        ("*客户名称", "客户名称"),
        ("客户名称＊", "客户名称"),
        ("【必填】客户名称", "客户名称"),
        ("负责人（必填）", "负责人"),
        ("客户官网(选填)", "客户官网"),
        ("首次接触时间(格式：2024-01-01)", "首次接触时间"),
        ("日期(YYYY-MM-DD)", "日期"),
        ("年营收(万元)", "年营收"),
        ("年营收（单位：亿）", "年营收"),
        ("客户名称：", "客户名称"),
        ("Name (required)", "name"),
        ("规模(员工数/年营收)", "规模(员工数/年营收)"),
        ("负责人(销售)", "负责人(销售)"),
        ("(万元)", "(万元)"),
    ],
)
def test_a_header_is_what_it_names(header: str, label: str) -> None:
    assert header_label(header) == label


@pytest.mark.parametrize(
    ("header", "unit"),
    [
        ("年营收(万元)", "万元"),
        ("年营收（单位：亿）", "亿"),
        ("年营收", None),
        ("年营收(必填)", None),
        ("规模(人)", None),
    ],
)
def test_a_header_may_give_the_unit_of_amounts(header: str, unit: str | None) -> None:
    assert header_unit(header) == unit


def test_a_column_is_found_by_its_whole_header_before_what_it_names() -> None:
    """K15: both are the same field, from left to right."""
    table = make_table("f.csv", [["*客户名称", "客户名称"], ["甲", "乙"]], header_row=1)
    assert table.cell(table.rows[0], "客户名称") == "乙"
    assert table.cell(table.rows[0], "*客户名称") == "甲"
    assert table.all_named("客户名称") == ("*客户名称", "客户名称")
