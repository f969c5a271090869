"""What a cell becomes, kind by kind, and why it may not."""

from datetime import date, time
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.money import Money
from contracts.vocabulary import OpportunityStage
from services.shared.imports import kinds
from services.shared.imports.amounts import AmountForm, to_money, unit_of
from services.shared.imports.cells import CellError, exact, is_empty
from services.shared.imports.conversion import Form, Written, convert, says_nothing, to_id
from services.shared.imports.table import Cell, FormattedNumber, MissingResult
from services.shared.imports.text import normalise_label, normalise_name, suggestion

ZONE = ZoneInfo("Asia/Shanghai")
YUAN = AmountForm("CNY")
FORM = Form(ZONE, YUAN)


def yuan(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="CNY")


@pytest.mark.parametrize(
    ("cell", "amount"),
    [
        ("52万", "520000"),
        ("1.2亿", "120000000"),
        ("¥520,000.00", "520000"),
        ("￥５２ 万", "520000"),
        ("52万元", "520000"),
        ("人民币 3000元整", "3000"),
        ("RMB 1,234.5", "1234.5"),
        ("3百万", "3000000"),
        ("12k", "12000"),
        ("0", "0"),
        (1234.56, "1234.56"),
        (0.1 + 0.2, "0.3"),
        (520000, "520000"),
        ("841699.2000000001", "841699.2"),
        ("0.30000000000000115", "0.3"),
        ("123456789012.34001", "123456789012.34"),
        ("99999999999999.99", "99999999999999.99"),
        (52000 * 1.13, "58760"),
    ],
)
def test_amounts_are_read_exactly_as_people_write_them(cell: Cell, amount: str) -> None:
    assert convert(kinds.Amount(), cell, FORM) == yuan(amount)


@pytest.mark.parametrize(
    "cell",
    [
        "(3,000.00)",
        "3000-",
        100 / 3,
        True,
        "约52万",
        "12,34",
        "1,2345",
        "-5",
        "1.234",
        "五十万",
        "5万万",
        "¥5美元",
        "1e9",
    ],
)
def test_what_is_not_an_exact_amount_is_refused(cell: str) -> None:
    with pytest.raises(CellError):
        convert(kinds.Amount(), cell, FORM)


@pytest.mark.parametrize(
    "cell",
    ["-3000", "(3,000.00)", "（3,000）", "3,000.00-", "-¥3,000", "¥-3000", "\u22123000", -3000.0, "-0.3万"],
)
def test_a_signed_amount_may_be_written_as_accounting_writes_it(cell: Cell) -> None:
    assert convert(kinds.Amount(signed=True), cell, FORM) == yuan("-3000")


@pytest.mark.parametrize("cell", ["(-5)", "--5", "-+5", "-(5)", "-"])
def test_two_signs_are_none(cell: str) -> None:
    with pytest.raises(CellError, match="is not an amount"):
        convert(kinds.Amount(signed=True), cell, FORM)


def test_amounts_finer_than_a_cent_are_rounded_on_request() -> None:
    rounding = AmountForm("CNY", rounds=True)
    assert to_money(100 / 3, rounding) == yuan("33.33")
    assert to_money("1234.565", rounding) == yuan("1234.57")
    with pytest.raises(CellError, match="round: cent"):
        to_money("1234.565", YUAN)


@settings(deadline=None)
@given(st.integers(1, 10**9), st.integers(0, 99), st.integers(1, 9))
def test_the_noise_of_floats_is_no_part_of_an_amount(whole: int, cents: int, times: int) -> None:
    amount = Decimal(f"{whole}.{cents:02d}")
    computed = sum([float(amount)] * times)
    assert to_money(computed, YUAN).amount == amount * times
    assert to_money(repr(computed), YUAN).amount == amount * times


def test_the_unit_of_a_column_counts_for_bare_numbers_only() -> None:
    form = AmountForm("CNY", unit_of("万元")[0])
    assert to_money("52", form) == yuan("520000")
    assert to_money(52.3, form) == yuan("523000")
    assert to_money("52元", form) == yuan("52")


def test_foreign_money_without_a_rate_is_refused_and_with_one_converted() -> None:
    """A14: amounts in another currency need a rate in the row."""
    with pytest.raises(CellError, match="USD"):
        to_money("$100", YUAN)
    assert to_money("$100.01", AmountForm("CNY", rate=Decimal("7.1234"))) == yuan("712.41")
    assert to_money("100", AmountForm("CNY", currency="USD", rate=Decimal(7))) == yuan("700")


@settings(deadline=None)
@given(st.decimals(0, 10**12, places=2))
def test_every_amount_that_is_written_is_the_amount_that_is_read(amount: Decimal) -> None:
    assert to_money(f"{amount:,}", YUAN).amount == amount
    assert to_money(f"¥{amount}元", YUAN).amount == amount


@settings(deadline=None)
@given(st.integers(0, 10**9), st.integers(0, 99))
def test_a_number_that_excel_keeps_as_a_float_is_the_number_it_shows(whole: int, cents: int) -> None:
    shown = Decimal(f"{whole}.{cents:02d}")
    assert exact(float(shown)) == shown


@pytest.mark.parametrize(
    ("cell", "stage"),
    [
        (" 报 价 ", "proposal"),
        ("谈判", "negotiation"),
        ("签约履约", "signing"),
        ("ENGAGING", "proposal"),
        ("初步接洽", "first_contact"),
    ],
)
def test_every_stage_name_of_the_documents_is_understood(cell: str, stage: str) -> None:
    """K4."""
    assert convert(kinds.Choice.of(OpportunityStage), cell, FORM) == stage


def test_an_unknown_word_is_answered_with_the_known_ones_and_a_suggestion() -> None:
    with pytest.raises(CellError) as raised:
        convert(kinds.Choice.of(OpportunityStage), "方案报介", FORM)
    assert "是否指“方案报价”" in raised.value.reason.zh
    assert "初步接洽" in raised.value.reason.zh
    assert "first_contact" in raised.value.reason.en


@pytest.mark.parametrize(
    ("cell", "flag"), [("是", True), ("√", True), (1.0, True), ("无", False), (False, False)]
)
def test_yes_and_no_have_many_forms(cell: Cell, flag: bool) -> None:  # noqa: FBT001 - what is expected
    assert convert(kinds.Flag(), cell, FORM) is flag


@pytest.mark.parametrize(
    ("kind", "cell", "value"),
    [
        (kinds.Text(), " a\n b ", "a\n b"),
        (kinds.Name(), " 某　公司 ", "某 公司"),
        (kinds.Name(), 13800138000.0, "13800138000"),
        (kinds.Integer(minimum=0), "1,000", 1000),
        (kinds.Number(), "12.5%", Decimal("0.125")),
        (kinds.Phone(), "(0755)8888 8888", "0755-88888888"),
        (kinds.Phone(), "+86 138 0013 8000", "13800138000"),
        (kinds.Phone(), "13800138000.0", "13800138000"),
        (kinds.Integer(), "12.0", 12),
        (kinds.Name(), FormattedNumber(123.0, "000123"), "000123"),
        (kinds.Text(), date(2025, 6, 30), "2025-06-30"),
        (kinds.Text(), True, "TRUE"),
        (kinds.Text(), "待定", "待定"),
        (kinds.Amount(), FormattedNumber(123.0, "000123"), yuan("123")),
        (kinds.Integer(), FormattedNumber(123.0, "000123"), 123),
        (kinds.Phone(), 13800138000.0, "13800138000"),
        (kinds.Email(), " Li@Example.COM ", "Li@example.com"),
        (kinds.Tags(), "重点客户、价格敏感;重点客户,x|y", ("重点客户", "价格敏感", "x", "y")),
        (kinds.Filled(), "需对比报价", True),
        (kinds.Filled(), "暂无", False),
        (kinds.Ref("customer"), " 某 公司", Written("customer", "某 公司")),
    ],
)
def test_other_kinds_are_read_as_they_are_written(kind: kinds.Kind, cell: Cell, value: object) -> None:
    assert convert(kind, cell, FORM) == value


@pytest.mark.parametrize(
    ("kind", "cell"),
    [
        (kinds.Text(longest=3), "abcd"),
        (kinds.Text(), "#REF!"),
        (kinds.Integer(), "1.5"),
        (kinds.Integer(minimum=0), "-1"),
        (kinds.Number(), "x"),
        (kinds.Flag(), "也许"),
        (kinds.Phone(), "见名片"),
        (kinds.Phone(), "12"),
        (kinds.Email(), "a@b"),
        (kinds.Email(), "a b@c.de"),
        (kinds.Tags(), "x" * 51),
        (kinds.Name(), date(2025, 5, 10)),
        (kinds.Name(), time(8, 30)),
        (kinds.Name(), True),
        (kinds.Name(), "TRUE"),
        (kinds.Name(), "9.13101E+17"),
        (kinds.Tags(), date(2025, 5, 10)),
        (kinds.Ref("person"), date(2025, 5, 10)),
        (kinds.Ref("person"), False),
        (kinds.Choice.of(OpportunityStage), date(2025, 5, 10)),
        (kinds.Flag(), date(2025, 5, 10)),
        (kinds.Day(), "待定"),
        (kinds.Amount(), "未知"),
        (kinds.Integer(), "TBD"),
        (kinds.Text(), 913101000000000125),
        (kinds.Name(), 9.13101e17),
        (kinds.Text(), MissingResult("A1*2")),
        (kinds.Amount(), MissingResult("A1*2")),
        (kinds.Day(), MissingResult("TODAY()")),
        (kinds.Flag(), MissingResult("A1")),
    ],
)
def test_what_a_field_cannot_hold_is_refused_in_both_languages(kind: kinds.Kind, cell: Cell) -> None:
    with pytest.raises(CellError) as raised:
        convert(kind, cell, FORM)
    assert raised.value.reason.zh
    assert raised.value.reason.en


@pytest.mark.parametrize("code", ["9.13101E+17", "9.13101e+17", 9.13101e17, 913101000000000125, True, "TRUE"])
def test_an_id_that_excel_spoilt_is_refused_as_an_id(code: Cell) -> None:
    with pytest.raises(CellError):
        to_id(code)
    with pytest.raises(CellError):
        convert(kinds.Ref("customer"), code, Form(ZONE, YUAN, source_system="erp"))


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        (FormattedNumber(123.0, "000123"), "000123"),
        (123.0, "123"),
        ("13800000000.0", "13800000000"),
        ("'00124", "00124"),
        (" K-1.0 ", "K-1.0"),
        ("913101000000000125", "913101000000000125"),
        (123456789012345, "123456789012345"),
    ],
)
def test_an_id_is_what_a_person_sees(cell: Cell, code: str) -> None:
    assert to_id(cell) == code


@pytest.mark.parametrize(
    ("kind", "cell", "nothing"),
    [
        (kinds.Name(), "待定", True),
        (kinds.Name(), " TBD ", True),
        (kinds.Phone(), "暂无", True),
        (kinds.Email(), "无", True),
        (kinds.Name(), "待定科技有限公司", False),
        (kinds.Text(), "未知", False),
        (kinds.Amount(), "待定", False),
        (kinds.Day(), "待定", False),
        (kinds.Ref("person"), "待定", False),
        (kinds.Name(), MissingResult("A1"), False),
    ],
)
def test_a_placeholder_is_nothing_for_names_and_is_refused_or_kept_elsewhere(
    kind: kinds.Kind,
    cell: Cell,
    nothing: bool,  # noqa: FBT001 - what is expected
) -> None:
    assert says_nothing(kind, cell) is nothing


@pytest.mark.parametrize(
    "cell",
    ["", "  ", "　", "-", "——", "N/A", "null", "/", "\\N", "nan", "NaN", "(null)", "NULL", "#N/A", "None"],
)
def test_a_dash_says_nothing(cell: str) -> None:
    assert is_empty(cell)


def test_a_zero_and_a_no_say_something() -> None:
    cells: list[Cell] = [0, 0.0, False, "0", "无", "Nan", MissingResult("A1")]
    assert not any(is_empty(cell) for cell in cells)


@pytest.mark.parametrize(
    "name",
    [
        "ＡＢＣ科技（上海）有限公司",
        "abc科技 (上海) 有限公司",
        "ABC 科技【上海】有限公司",
        "\u200babc科技(上海)有限公司 ",
    ],
)
def test_width_case_spaces_and_brackets_do_not_make_another_name(name: str) -> None:
    assert normalise_name(name) == "abc科技(上海)有限公司"


def test_a_space_between_words_makes_another_name() -> None:
    assert normalise_name("Ana  Lee") == "ana lee" != normalise_name("Analee")


@settings(deadline=None)
@given(st.text(max_size=30))
def test_a_normalised_form_is_its_own(text: str) -> None:
    assert normalise_name(normalise_name(text)) == normalise_name(text)
    assert normalise_label(normalise_label(text)) == normalise_label(text)


def test_nothing_is_suggested_for_a_word_that_resembles_none() -> None:
    assert suggestion("zzz", ["name"]).en == ""
    assert suggestion("nmae", ["name"]).zh == "是否指“name”?"
