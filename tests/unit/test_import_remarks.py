"""Rows below a table that are no records, and firms that are called like them."""

import pytest

from services.shared.imports.remarks import left_out
from services.shared.imports.table import make_table


def is_left_out(*cells: str) -> bool:
    table = make_table("f.csv", [["客户名称", "负责人", "年营收"], list(cells)], header_row=1)
    return left_out(table, table.rows[0], ("客户名称",)) is not None


@pytest.mark.parametrize(
    "cells",
    [
        ("合计", "", "100"),
        ("小计", "", "1,000元"),
        ("总计：", "", "100"),
        ("合 计", "", "100"),
        ("Total", "", "100"),
        ("Grand total", "", ""),
        ("本页合计(元)", "", "300"),
        ("", "合计", "300"),
        ("制表人：某某", "", ""),
        ("制表人：某某", "审核人：某某", ""),
        ("制表人", "张三", "2026-11-01"),
        ("审核 人", "", ""),
        ("合计", "共 5 家", "100"),
        ("填表日期：2026年11月", "", ""),
        ("以下空白", "", ""),
        ("注：负责人必填", "", ""),
        ("备注说明：以合同为准", "", ""),
    ],
)
def test_a_row_of_sums_or_remarks_is_no_record(cells: tuple[str, ...]) -> None:
    assert is_left_out(*cells)


@pytest.mark.parametrize(
    "cells",
    [
        ("合计科技有限公司", "", "100"),
        ("Total Energies", "", ""),
        ("注册会计师事务所", "", ""),
        ("总计", "李销售", "100"),
        ("注：某公司", "李销售", ""),
        ("备注科技：上海", "", ""),
        ("审核人科技", "张三", ""),
        ("甲公司", "合计", "100"),
    ],
)
def test_a_firm_that_is_called_like_one_is_a_record(cells: tuple[str, ...]) -> None:
    """Beside a sum there are numbers, beside a remark nothing; a record has more."""
    assert not is_left_out(*cells)
