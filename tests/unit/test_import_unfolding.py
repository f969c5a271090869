"""Cells that hold several things, as in the tables of the documents (D2 table 1, D4)."""

from datetime import date
from time import monotonic

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.shared.imports.following import continuations, following
from services.shared.imports.table import Table, make_table
from services.shared.imports.unfolding import (
    entries_of,
    name_and_title,
    phone_and_email,
    unfold_contacts,
    unfold_history,
)


def table(*lines: list[str]) -> Table:
    return make_table("f.csv", list(lines), header_row=1)


@pytest.mark.parametrize(
    ("cell", "entries"),
    [
        ("2023-10-10:会议;2023-10-15:报价", [("2023-10-10", "会议"), ("2023-10-15", "报价")]),
        (
            "2023年10月10日：会议、谈价\n20231015 报价 2份",
            [("2023年10月10日", "会议、谈价"), ("20231015", "报价 2份")],
        ),
        ("2023-10-10 14:30 拜访；2023/10/11，回访", [("2023-10-10 14:30", "拜访"), ("2023/10/11", "回访")]),
        ("2023-10-10:会议;2023/10/10:报价", [("2023-10-10", "会议；报价")]),
        ("2023-10-10:会议;谈价格", [("2023-10-10", "会议;谈价格")]),
        ("每周拜访", [("每周拜访", "")]),
        ("先电话;2023-10-10:会议", [("先电话", ""), ("2023-10-10", "会议")]),
        (date(2023, 10, 10), [(date(2023, 10, 10), "")]),
        ("-", []),
    ],
)
def test_dated_lines_are_parted_and_nothing_is_lost(cell: str, entries: list[tuple[object, str]]) -> None:
    """K16; those of one day are one record, text without a date stays, to be refused as one."""
    assert [tuple(entry) for entry in entries_of(cell)] == entries


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("张三/采购经理", ("张三", "采购经理")),
        ("张三（采购经理）", ("张三", "采购经理")),
        ("张三 采购经理", ("张三", "采购经理")),
        ("Ana Lee/Buyer", ("Ana Lee", "Buyer")),
        ("Ana Lee", ("Ana Lee", "")),
        ("*经理", ("*经理", "")),
    ],
)
def test_a_name_is_parted_from_the_title(text: str, parts: tuple[str, str]) -> None:
    assert name_and_title(text) == parts


@pytest.mark.parametrize(
    ("people", "ways", "rows"),
    [
        (
            "张三/经理；李四/总监",
            "13800138000；li@x.cn",
            [("张三", "经理", "13800138000"), ("李四", "总监", "")],
        ),
        ("张三/经理、李四/总监", "13800138000", [("张三", "经理", "13800138000"), ("李四", "总监", "")]),
        ("张三/采购、行政经理", "", [("张三", "采购、行政经理", "")]),
        ("张三，经理（华东）", "", [("张三", "经理（华东）", "")]),
        ("张三\n李四", "a;b;c", [("张三", "", "a;b;c"), ("李四", "", "")]),
        ("", "13800138000", [("", "", "13800138000")]),
    ],
)
def test_each_person_of_a_cell_is_a_row(people: str, ways: str, rows: list[tuple[str, ...]]) -> None:
    """R022; ways to reach them are shared out where there are as many, else the first person's."""
    unfolded = unfold_contacts(table(["客户名称", "联系人及职务", "联系方式"], ["甲", people, ways]))
    found = [row.cells for row in unfolded.rows]
    assert unfolded.columns[1:] == (
        "联系人及职务·姓名",
        "联系人及职务·职务",
        "联系方式·电话",
        "联系方式·邮箱",
    )
    assert [cells[1:4] for cells in found] == rows


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("电话:*", ("", "")),
        ("电话:*;邮箱:*", ("", "")),
        ("电话:13800138000；邮箱：li@example.cn", ("13800138000", "li@example.cn")),
        ("13800138000/li@example.cn", ("13800138000", "li@example.cn")),
        ("mail@example.cn", ("", "mail@example.cn")),
        ("021-5555 6666", ("021-5555 6666", "")),
    ],
)
def test_ways_to_reach_somebody_are_told_apart_and_placeholders_are_none(
    text: str, parts: tuple[str, str]
) -> None:
    """R181, K8."""
    assert phone_and_email(text) == parts


def test_the_last_contact_is_a_record_unless_the_history_has_its_day() -> None:
    lines = [
        ["客户名称", "互动历史", "最后联系日期"],
        ["甲", "2023-10-10:会议", "2023/10/10"],
        ["乙", "2023-10-10:会议", "2023-10-12"],
        ["丙", "2023-10-10:会议", "2023-10-10 00:00:00"],
    ]
    unfolded = unfold_history(table(*lines))
    assert unfolded.columns == ("客户名称", "互动历史·日期", "互动历史·内容")
    assert [(row.number, *row.cells) for row in unfolded.rows] == [
        (2, "甲", "2023-10-10", "会议"),
        (3, "乙", "2023-10-10", "会议"),
        (3, "乙", "2023-10-12", ""),
        (4, "丙", "2023-10-10", "会议"),
    ]


@given(
    days=st.lists(st.dates(date(1990, 1, 1), date(2040, 1, 1)), unique=True, max_size=5),
    texts=st.lists(st.text("会议讨论需求报价abc ", max_size=9), min_size=5, max_size=5),
    form=st.sampled_from(["%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日", "%Y%m%d"]),
    mark=st.sampled_from([";", "；", "、", "\n", "; "]),
)
def test_dated_lines_are_read_back_however_they_are_joined(
    days: list[date], texts: list[str], form: str, mark: str
) -> None:
    """K16: the text form is what an export would write, with one space at a time."""
    lines = [(f"{day:{form}}", " ".join(text.split())) for day, text in zip(days, texts, strict=False)]
    cell = mark.join(f"{day}:{text}" for day, text in lines)
    assert [tuple(entry) for entry in entries_of(cell)] == lines


@pytest.mark.parametrize("space", [" ", "\n", "\t", "\u3000"])
def test_a_cell_full_of_spaces_is_read_at_once(space: str) -> None:
    """It would take minutes if every one of them were tried as the beginning of a line."""
    filled = space * 20_000
    began = monotonic()
    assert entries_of(f"2024-01-01:见面{filled}未完")[0].text.startswith("见面")
    header, row = ["客户名称", "联系人及职务", "联系方式"], ["甲", f"张{filled}三", f"电话{filled}"]
    assert len(unfold_contacts(table(header, row)).rows) >= 1
    assert monotonic() - began < 2


def test_a_cell_that_cannot_be_read_stays_for_the_field_to_refuse() -> None:
    unfolded = unfold_contacts(table(["客户名称", "联系人及职务"], ["甲", "#REF!"]))
    assert unfolded.rows[0].cells == ("甲", "#REF!", "")


def test_a_table_of_customers_goes_on_with_the_kinds_that_it_names() -> None:
    """A column with nothing in it names none."""
    sheet = table(
        ["客户名称", "联系人", "联系方式", "互动历史", "跟进计划", "负责人"],
        ["甲", "王五", "", "", "2023-11-01:演示", "张三"],
    )
    assert [(each.what, each.columns) for each in continuations("customers", sheet)] == [
        ("contacts", ("联系人", "联系方式")),
        ("plans", ("跟进计划",)),
    ]
    plans = following("customers", "plans").part(sheet)
    assert plans.columns == ("客户名称", "跟进计划", "负责人")
    assert continuations("people", sheet) == []
