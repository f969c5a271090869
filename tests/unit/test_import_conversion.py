"""What a cell becomes, kind by kind, and why it may not."""

from datetime import UTC, date, datetime, timedelta
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
from services.shared.imports.conversion import Form, Written, convert
from services.shared.imports.table import Cell
from services.shared.imports.text import normalise_label, normalise_name, suggestion

ZONE = ZoneInfo("Asia/Shanghai")
YUAN = AmountForm("CNY")
FORM = Form(ZONE, YUAN)


def yuan(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="CNY")


def local(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=ZONE)  # type: ignore[arg-type,misc]  # the parts of a datetime


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
    ],
)
def test_amounts_are_read_exactly_as_people_write_them(cell: Cell, amount: str) -> None:
    assert convert(kinds.Amount(), cell, FORM) == yuan(amount)


@pytest.mark.parametrize(
    "cell", ["约52万", "12,34", "1,2345", "-5", "1.234", "五十万", "5万万", "¥5美元", "1e9"]
)
def test_what_is_not_an_exact_amount_is_refused(cell: str) -> None:
    with pytest.raises(CellError):
        convert(kinds.Amount(), cell, FORM)


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
    "cell",
    [
        "2024-05-01",
        "2024/5/1",
        "2024.5.1",
        "2024年5月1日",
        "２０２４年５月１日",
        "20240501",
        20240501,
        20240501.0,
        45413,
        45413.0,
        date(2024, 5, 1),
        datetime(2024, 5, 1),  # noqa: DTZ001 - as Excel keeps it
    ],
)
def test_a_day_is_understood_in_every_usual_form(cell: Cell) -> None:
    assert convert(kinds.Day(), cell, FORM) == date(2024, 5, 1)


@pytest.mark.parametrize(
    "cell",
    [
        "2024-05-01 14:30",
        "2024-05-01T14:30:00+08:00",
        "2024-05-01T06:30:00Z",
        "2024年5月1日14时30分",
        "2024/5/1 14:30:00",
        45413 + 14.5 / 24,
        datetime(2024, 5, 1, 14, 30),  # noqa: DTZ001 - as Excel keeps it
    ],
)
def test_an_instant_without_a_zone_is_local(cell: Cell) -> None:
    found = convert(kinds.Moment(), cell, FORM)
    assert found == local(2024, 5, 1, 14, 30)
    assert isinstance(found, datetime)
    assert found.tzinfo is UTC


def test_a_date_without_a_time_starts_its_day_as_an_anchor_and_ends_it_as_a_deadline() -> None:
    """A11; intervals are half-open, so the end of a day is the start of the next."""
    assert convert(kinds.Moment(), "2024-05-01", FORM) == local(2024, 5, 1)
    assert convert(kinds.Moment(is_deadline=True), "2024-05-01", FORM) == local(2024, 5, 2)


@pytest.mark.parametrize(
    "cell",
    [
        "2025-13-40",
        "2025-02-29",
        "上周三",
        "5/1",
        "2024-05-01 25:00",
        "0024-01-01",
        0.5,
        99999999,
        True,
        "45413",
    ],
)
def test_a_date_that_is_none_is_refused(cell: Cell) -> None:
    with pytest.raises(CellError):
        convert(kinds.Day(), cell, FORM)


def test_the_formats_of_a_mapping_go_first() -> None:
    form = Form(ZONE, YUAN, dates=["%m/%d/%Y", "%Y"])
    assert convert(kinds.Day(), "3/1/2017", form) == date(2017, 3, 1)
    assert convert(kinds.Day(), 1996.0, form) == date(1996, 1, 1)
    assert convert(kinds.Day(), "2017-03-01", form) == date(2017, 3, 1)


@settings(deadline=None)
@given(st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)))  # noqa: DTZ001 - Excel's are naive
def test_every_minute_that_excel_keeps_as_a_number_is_read_back(moment: datetime) -> None:
    moment = moment.replace(second=0, microsecond=0)
    serial = (moment - datetime(1899, 12, 30)) / timedelta(days=1)  # noqa: DTZ001 - Excel's are naive
    assert convert(kinds.Moment(), serial, FORM) == moment.replace(tzinfo=ZONE)


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
        (kinds.Phone(), "+86 138 0013 8000", "+8613800138000"),
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
    ],
)
def test_what_a_field_cannot_hold_is_refused_in_both_languages(kind: kinds.Kind, cell: Cell) -> None:
    with pytest.raises(CellError) as raised:
        convert(kind, cell, FORM)
    assert raised.value.reason.zh
    assert raised.value.reason.en


@pytest.mark.parametrize("cell", ["", "  ", "　", "-", "——", "N/A", "null", "/"])
def test_a_dash_says_nothing(cell: str) -> None:
    assert is_empty(cell)


def test_a_zero_and_a_no_say_something() -> None:
    cells: list[Cell] = [0, 0.0, False, "0", "无"]
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


@pytest.mark.parametrize("zone", ["+99:99", "+9900", "-24:00"])
def test_an_offset_that_no_clock_has_is_no_date(zone: str) -> None:
    with pytest.raises(CellError, match="is not a valid date"):
        convert(kinds.Moment(), f"2025-05-20T10:00{zone}", Form(ZONE, AmountForm("CNY")))
