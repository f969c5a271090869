from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.rules.ruleset.definition import FieldType
from services.rules.ruleset.loader.amounts import BadAmountError, read_amount

MONEY, NUMBER = FieldType.MONEY, FieldType.NUMBER


@pytest.mark.parametrize(
    ("written", "minor_units"),
    [
        ("50万", 50_000_000),
        ("1.2亿", 12_000_000_000),
        ("20", 2_000),
        ("20.50", 2_050),
        ("0.01", 1),
        ("3百万", 300_000_000),
        ("2千万", 2_000_000_000),
        ("0.000001万", 1),
        (" -3 ", -300),
        ("0.29", 29),
    ],
)
def test_money_is_read_exactly_in_minor_units(written: str, minor_units: int) -> None:
    assert read_amount(written, MONEY) == minor_units


@pytest.mark.parametrize(
    "written",
    [
        "5.001",
        "0.0000001万",
        "万",
        "",
        "1e5",
        "NaN",
        "1,000",
        "٣",
        "5元",
        "--5",
        "1000万亿",
        "99999999亿",
        "1" * 40,
    ],
)
def test_what_is_no_exact_amount_is_refused(written: str) -> None:
    with pytest.raises(BadAmountError) as refused:
        read_amount(written, MONEY)
    assert refused.value.zh
    assert refused.value.en


def test_a_count_is_a_whole_number() -> None:
    assert read_amount("1.5万", NUMBER) == 15_000
    with pytest.raises(BadAmountError):
        read_amount("1.5", NUMBER)


@given(st.integers(-(10**14), 10**14))
def test_every_amount_of_minor_units_can_be_written_and_read_back(units: int) -> None:
    assert read_amount(f"{Decimal(units) / 100:f}", MONEY) == units
