"""From a table and a mapping to rows: what feeds which field, what is left out, what is wrong."""

import io
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from openpyxl import Workbook

from contracts.money import Money
from services.shared.imports import kinds
from services.shared.imports.default_mapping import default_mapping
from services.shared.imports.errors import DuplicateHeaderError, MissingColumnsError, NothingUnderstoodError
from services.shared.imports.kinds import Field, field_map
from services.shared.imports.mapping import parse_mapping
from services.shared.imports.parsed import ParsedRow
from services.shared.imports.reading import read_table
from services.shared.imports.rows import Locality, RowReader
from services.shared.imports.table import make_table

FIELDS = field_map(
    [
        Field("name", kinds.Name(), required=True, aliases=("客户名称", "公司名称")),
        Field("amount", kinds.Amount(), aliases=("金额",)),
        Field("count", kinds.Integer(), aliases=("数量",)),
        Field("phone", kinds.Phone(), aliases=("电话",)),
        Field("owner", kinds.Ref("person"), aliases=("负责人",)),
        Field("seen", kinds.Moment()),
        Field("due", kinds.Moment()),
    ]
)
LOCALITY = Locality(ZoneInfo("Asia/Shanghai"), "CNY")


def rows(text: str, mapping: str | None = None) -> list[ParsedRow]:
    """The rows of a CSV text, read with a mapping or without."""
    table = read_table(text.encode(), "a.csv")
    made = (
        default_mapping(table, what="customers", fields=FIELDS)
        if mapping is None
        else parse_mapping(f"what: customers\n{mapping}".encode(), "m.yaml", FIELDS)
    )
    return list(RowReader(table, made, FIELDS, locality=LOCALITY).read())


def bad(row: ParsedRow) -> list[tuple[str, str, str]]:
    """What is wrong with a row."""
    return [(cell.column, cell.value, cell.reason.en) for cell in row.bad]


def test_without_a_mapping_headers_are_understood_by_the_words_of_the_fields() -> None:
    (row,) = rows("公司名称,金额,其他\n某公司,52万,x\n")
    assert row.values == {"name": "某公司", "amount": Money(amount="520000", currency="CNY")}


def test_both_headers_for_the_name_are_one_field() -> None:
    """K15: of 客户名称 and 公司名称 the first with something in it counts."""
    first, second = rows("公司名称,客户名称\n甲公司,\n乙公司,丙公司\n")
    assert (first.values["name"], second.values["name"]) == ("甲公司", "丙公司")
    assert first.columns["name"] == ("公司名称", "甲公司")


def test_a_file_without_a_mandatory_column_is_refused_as_a_whole() -> None:
    with pytest.raises(MissingColumnsError, match="客户名称"):
        rows("金额\n1\n")


def test_a_file_of_which_nothing_is_understood_is_refused_as_a_whole() -> None:
    with pytest.raises(NothingUnderstoodError, match="x, y"):
        rows("x,y\n1,2\n")


def test_all_columns_that_a_mapping_names_in_vain_are_said_in_one_sentence() -> None:
    with pytest.raises(MissingColumnsError) as raised:
        rows("name,sum\n甲,1\n", "fields: {name: nme, amount: amt}\nskip_when: {gone: empty}")
    message = raised.value.message("en")
    assert all(word in message for word in ("'nme'", "'amt'", "'gone'", "Did you mean 'name'", "name, sum"))


def test_a_row_reports_all_its_bad_cells() -> None:
    (row,) = rows("客户名称,金额,数量\n,abc,1.5\n")
    assert bad(row) == [
        ("客户名称", "", "This is required and empty"),
        ("金额", "abc", "'abc' is not an amount of money"),
        ("数量", "1.5", "1.5 is not a whole number"),
    ]


def test_private_values_are_masked_where_they_are_reported() -> None:
    (row,) = rows("客户名称,电话\n甲,138x0138000\n")
    assert bad(row)[0][:2] == ("电话", "13*********")


def test_a_row_longer_than_its_header_is_reported() -> None:
    (row,) = rows("客户名称,金额\n甲,1,2\n")
    assert bad(row) == [("", "2", "The row is longer than the header")]


def test_constants_defaults_and_translations_feed_fields() -> None:
    mapping = (
        "fields:\n  name: {join: [a, b], values: {X: Y}}\n  count: {constant: 7}\n"
        "  amount: {column: c, default: 3万}\n  owner: {column: d, values: {某人: ~}}\n"
    )
    (row,) = rows("a,b,c,d\nx,2,,某 人\n", mapping)
    assert row.values == {
        "name": "Y 2",
        "count": 7,
        "amount": Money(amount="30000", currency="CNY"),
        "owner": None,
    }


def test_a_placeholder_is_empty_for_a_field_that_may_be_and_refused_for_one_that_may_not() -> None:
    first, second = rows("客户名称,金额,电话\n待定,,暂无\n甲,待定,\n")
    assert bad(first) == [("客户名称", "待定", "This is required, and '待定' says nothing")]
    assert bad(second) == [("金额", "待定", "'待定' is not an amount of money")]
    assert first.values["phone"] is None


def test_a_masked_number_is_no_error_and_changes_nothing() -> None:
    """D4 (R181): what was masked is not given, so a number that is known stays."""
    (row,) = rows("客户名称,电话\n甲,电话:*\n")
    assert row.bad == []
    assert "phone" not in row.values


@pytest.mark.parametrize(
    "cell",
    [
        *("13800138000；13900139000", "13800138000/021-55556666", "电话:13800138000、手机:13900139000"),
        *("138****0000;13800138000;13900139000", "13800138000 13900139000", "13800138000、x"),
    ],
)
def test_of_several_numbers_the_first_is_imported_and_the_others_are_reported(cell: str) -> None:
    (row,) = rows(f"客户名称,电话\n甲,{cell}\n")
    assert (row.values["phone"], row.bad) == ("13800138000", [])
    assert [note.column for note in row.notes] == ["电话"]


@pytest.mark.parametrize("cell", ["021-5555 6666转12", "+1 (650) 253-0000", "138****0000；13800138000"])
def test_one_number_is_not_taken_for_several(cell: str) -> None:
    (row,) = rows(f"客户名称,电话\n甲,{cell}\n")
    assert (row.bad, row.notes) == ([], [])


def test_an_amount_may_be_rounded_where_the_mapping_says_so() -> None:
    mapping = "fields: {name: n, amount: {column: a, money: {unit: 万, round: cent}}}"
    (row,) = rows("n,a\n甲,0.33333333\n", mapping)
    assert row.values["amount"] == Money(amount="3333.33", currency="CNY")


def test_dates_are_read_in_the_zone_of_the_field_or_of_the_file() -> None:
    mapping = (
        "zone: Asia/Tokyo\nkeep: {latest_by: a}\n"
        "fields: {name: n, seen: {column: a}, due: {column: a, zone: Europe/Berlin}}"
    )
    (row,) = rows("n,a\n甲,2025-03-01 09:00\n", mapping)
    assert row.values["seen"] == datetime(2025, 3, 1, tzinfo=UTC)
    assert row.values["due"] == datetime(2025, 3, 1, 8, tzinfo=UTC)
    assert row.rank == datetime(2025, 3, 1, tzinfo=UTC)


def test_a_doubled_column_that_nothing_uses_does_no_harm() -> None:
    (row,) = rows("客户名称,备注,备注\n甲,x,y\n")
    assert row.values == {"name": "甲"}
    with pytest.raises(DuplicateHeaderError):
        rows("客户名称,备注,备注\n甲,x,y\n", "fields: {name: 备注}")
    with pytest.raises(DuplicateHeaderError):
        rows("客户名称,客户名称\n甲,乙\n")


def test_without_a_mapping_a_doubled_column_that_can_be_done_without_feeds_nothing() -> None:
    (row,) = rows("客户名称,金额,金额\n甲,1,2\n")
    assert "amount" not in row.values


def test_an_id_in_scientific_notation_is_refused_as_an_id() -> None:
    mapping = "source_system: erp\nexternal_id: id\nfields: {name: n}"
    (row,) = rows("id,n\n9.13101E+17,甲\n", mapping)
    assert row.external_id is None
    assert bad(row)[0][0] == "id"
    assert "scientific notation" in bad(row)[0][2]


@pytest.mark.parametrize("key", ["source_system: erp\nexternal_id", "number"])
def test_an_id_that_is_too_long_rejects_its_row_once(key: str) -> None:
    (row,) = rows(f"n,k\n甲,{'9' * 201}\n", f"fields: {{name: n}}\n{key}: k")
    assert [(column, reason) for column, _, reason in bad(row)] == [
        ("k", "This is longer than 200 characters")
    ]


def test_a_formula_without_result_is_reported_wherever_a_field_uses_it() -> None:
    made = Workbook()
    for line in (
        ["客户名称", "金额", "数量", "说明"],
        ["=A1", "=100*10000", "=1+1", "=1"],
        ["甲", 1, 2, "=1"],
    ):
        made.worksheets[0].append(line)
    content = io.BytesIO()
    made.save(content)
    table = read_table(content.getvalue(), "a.xlsx")
    skipping = parse_mapping(
        "what: customers\nfields: {name: 说明}\nskip_when: {金额: not empty}".encode(), "m.yaml"
    )
    (undecided,) = RowReader(table, skipping, FIELDS, locality=LOCALITY).read()
    assert [column for column, _, _ in bad(undecided)] == ["说明", "金额"]
    mapping = default_mapping(table, what="customers", fields=FIELDS)
    first, second = RowReader(table, mapping, FIELDS, locality=LOCALITY).read()
    assert [(first.number, column, value) for column, value, _ in bad(first)] == [
        (2, "客户名称", "=A1"),
        (2, "金额", "=100*10000"),
        (2, "数量", "=1+1"),
    ]
    assert all("open the file in Excel, save it" in reason for _, _, reason in bad(first))
    assert second.bad == []


def test_a_mapping_may_make_a_field_mandatory() -> None:
    """K14: which ones are is configuration."""
    (row,) = rows("n,c\n甲,\n", "fields: {name: n, count: {column: c, required: true}}")
    assert bad(row) == [("c", "", "This is required and empty")]


def test_currency_and_rate_may_stand_in_columns_of_their_own() -> None:
    mapping = (
        "fields: {name: n, amount: {column: a, money: {unit: 万, currency_column: cur, rate_column: rate}}}"
    )
    base, foreign, unrated = rows("n,a,cur,rate\n甲,2,,\n乙,2,USD,7.1\n丙,2,USD,\n", mapping)
    assert base.values["amount"] == Money(amount="20000", currency="CNY")
    assert foreign.values["amount"] == Money(amount="142000", currency="CNY")
    assert bad(unrated)[0][0] == "a"


@pytest.mark.parametrize(
    ("condition", "left"),
    [
        ("{c: empty}", ["乙", "丙"]),
        ("{c: not empty}", ["甲"]),
        ("{c: [X, z]}", ["甲", "丙"]),
        ("[{c: empty}, {c: y}]", ["乙"]),
        ("{c: empty, n: 甲}", ["乙", "丙"]),
        ("{c: empty, n: 乙}", ["甲", "乙", "丙"]),
    ],
)
def test_rows_are_left_out_by_what_a_column_holds(condition: str, left: list[str]) -> None:
    found = rows("n,c\n甲,-\n乙,x\n丙,y\n", f"fields: {{name: n}}\nskip_when: {condition}")
    assert [row.values["name"] for row in found] == left


def test_somebody_named_in_a_column_is_a_row_of_their_own_before_it() -> None:
    found = rows("n,boss\n甲,乙\n丙,\n", "fields: {name: n}\nalso: [{fields: {name: boss}}]")
    assert [(row.values.get("name"), row.is_own) for row in found if not row.bad] == [
        ("乙", False),
        ("甲", True),
        ("丙", True),
    ]


def test_an_external_id_comes_with_its_system_and_may_be_missing() -> None:
    mapping = "source_system: erp\nexternal_id: id\nfields: {name: n}"
    first, second = rows("id,n\n 7 ,甲\n,乙\n", mapping)
    assert (first.source_system, first.external_id) == ("erp", "7")
    assert (second.source_system, second.external_id) == (None, None)


def test_other_ids_of_the_record_come_after_its_own_and_once() -> None:
    mapping = (
        "source_system: erp\nexternal_id: id\nfields: {name: n}\n"
        "same_as: [{source_system: crm, column: old}, {source_system: erp, column: also}]"
    )
    first, second, third = rows("id,n,old,also\n7,甲, L1 ,7\n,乙,L2,\n,丙,,\n", mapping)
    assert [(ref.source_system, ref.external_id) for ref in first.source_refs] == [
        ("erp", "7"),
        ("crm", "L1"),
    ]
    assert [(ref.source_system, ref.external_id) for ref in second.source_refs] == [("crm", "L2")]
    assert third.source_refs == ()


def test_a_column_with_other_ids_must_be_there() -> None:
    with pytest.raises(MissingColumnsError, match="'old'"):
        rows("n\n甲\n", "fields: {name: n}\nsame_as: {source_system: crm, column: old}")


def test_rows_that_compete_are_ranked_by_a_date_that_must_be_one() -> None:
    mapping = 'dates: ["%m/%d/%Y"]\nfields: {name: n}\nkeep: {latest_by: d}'
    first, second, third = rows("n,d\n甲,1/2/2017\n甲,\n甲,31/31/2017\n", mapping)
    assert first.rank is not None
    assert second.rank is None
    assert bad(third)[0][0] == "d"


def test_an_excel_error_in_any_place_rejects_its_row_only() -> None:
    mapping = (
        "source_system: s\nexternal_id: id\nfields: {name: n}\nskip_when: {x: gone}\nkeep: {latest_by: d}\n"
    )
    text = "n,id,x,d\n甲,#REF!,,\n乙,2,#VALUE!,\n丙,3,,#NUM!\n丁,4,,,#REF!\n戊,5,gone,\n"
    first, second, third, fourth = rows(text, mapping)
    assert bad(first) == [("id", "#REF!", "The cell is the Excel error #REF!")]
    assert bad(second) == []
    assert bad(third) == [("d", "#NUM!", "The cell is the Excel error #NUM!")]
    assert bad(fourth) == [("", "#REF!", "The row is longer than the header")]


def test_a_character_that_nobody_can_read_rejects_its_row_and_is_not_repeated() -> None:
    first, second, third = rows("客户名称,金额\n甲\x00,1\n".replace("\x00", "\x02") + "乙\ufffd,1\n丙\n")
    assert bad(first) == [("客户名称", "甲\ufffd", "This contains a control character")]
    assert bad(second) == [("客户名称", "乙\ufffd", "This contains a control character")]
    assert bad(third) == []


def test_what_stands_beyond_the_header_is_masked_where_the_file_holds_contact_data() -> None:
    """A comma that is not quoted moves the telephone number there."""
    (row,) = rows("客户名称,电话\n某公司,上海,13812345678\n")
    assert ("", "13*********", "The row is longer than the header") in bad(row)


def test_of_a_very_long_cell_only_the_beginning_is_told() -> None:
    (row,) = rows(f"客户名称,金额\n甲,{'9' * 5000}x\n")
    assert bad(row) == [("金额", "9" * 200 + "…", "This is longer than 1000 characters")]


def test_a_missing_column_is_told_in_one_language() -> None:
    with pytest.raises(MissingColumnsError) as raised:
        rows("客户名称\n甲\n", "fields: {name: 客户名陈}")
    assert raised.value.message("zh") == (
        "文件 a.csv 缺少列:“客户名陈”(name;是否指“客户名称”?)。现有列:客户名称。"
    )
    assert "'客户名陈' (name; Did you mean '客户名称'?)" in raised.value.message("en")


def test_a_header_further_down_is_pointed_at() -> None:
    """Title rows above the header."""
    lines = [["2025年客户台账"], ["制表：销售部"], ["*客户名称", "负责人"], ["甲公司", "张三"]]
    with pytest.raises(NothingUnderstoodError, match=r"row 3 looks like the header.*header_row: 3"):
        default_mapping(make_table("t.csv", lines, header_row=1), what="customers", fields=FIELDS)


def test_without_a_header_in_sight_the_key_that_says_where_it_is_is_named() -> None:
    with pytest.raises(NothingUnderstoodError, match="header_row in a mapping"):
        default_mapping(make_table("t.csv", [["x"], ["y"]], header_row=1), what="customers", fields=FIELDS)
