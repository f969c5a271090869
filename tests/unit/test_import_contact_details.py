"""Telephone numbers and e-mail addresses: one form, however they are written (R032)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.shared.imports.cells import CellError
from services.shared.imports.contact_details import is_masked, to_email, to_phone


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("13800138000", "13800138000"),
        ("１３８ ００１３ ８０００", "13800138000"),
        ("138-0013-8000", "13800138000"),
        ("+86 138 0013 8000", "13800138000"),
        ("0086-13800138000", "13800138000"),
        ("(021)5555-6666", "021-55556666"),
        ("+86 21 5555 6666", "021-55556666"),
        ("02155556666", "021-55556666"),
        ("0512—68880000", "0512-68880000"),
        ("021-55556666转12", "021-55556666转12"),
        ("021-55556666 ext. 12", "021-55556666转12"),
        ("4001234567", "400-123-4567"),
        ("800-820-8888", "800-820-8888"),
        ("10086", "10086"),
        ("110", "110"),
        ("55556666", "55556666"),
        ("0910-1234567", "0910-1234567"),
        ("+1 (650) 253-0000", "+1 650-253-0000"),
        ("0085223456789", "+852 2345 6789"),
        ("电话：13800138000", "13800138000"),
    ],
)
def test_a_number_has_one_form_however_it_is_written(written: str, number: str) -> None:
    assert to_phone(written) == number


@pytest.mark.parametrize(
    "text",
    [
        *("1------1", "12", "见名片", "1.38E+10", "王 13800138000", "13800138000/13900139000"),
        *("1380013800", "138001380001", "+86", "", "13800138000*", "138x0138000"),
    ],
)
def test_what_nobody_can_dial_is_no_number(text: str) -> None:
    with pytest.raises(CellError):
        to_phone(text)


NUMBERS = st.from_regex(
    r"\A(\+|00)?(86|1|44|49|39|852)?[ -]?\(?0?[1-9]\d{1,3}\)?[- ]?\d{3,4} ?\d{3,4}(转\d{1,3})?\Z"
)


@settings(deadline=None)
@given(NUMBERS | st.text("0123456789+-() 转x.", max_size=20))
def test_a_number_that_is_read_again_stays_as_it_is(text: str) -> None:
    try:
        number = to_phone(text)
    except CellError:
        return
    assert to_phone(number) == number


@pytest.mark.parametrize(
    ("written", "address"),
    [
        (" Li@Example.COM ", "Li@example.com"),
        ("ｌｉ＠example.com", "li@example.com"),
        ("a@中文.cn", "a@中文.cn"),
        ("a.b+c@xn--fiq228c.cn", "a.b+c@中文.cn"),
        ("邮箱：a@b.cn", "a@b.cn"),
    ],
)
def test_an_address_has_one_form_however_it_is_written(written: str, address: str) -> None:
    assert to_email(written) == address == to_email(address)


@pytest.mark.parametrize(
    "text", ["a@b", "a b@c.de", "a@b..cn", "a@-b.cn", "张三 <a@b.com>", "a@b.com;c@d.com", "a@localhost", "x"]
)
def test_what_no_letter_reaches_is_no_address(text: str) -> None:
    with pytest.raises(CellError):
        to_email(text)


@pytest.mark.parametrize("text", ["*", "电话:*", "电话：***", "138****0000", "邮箱:*", "l**@example.com"])
def test_a_masked_number_or_address_is_known_as_one(text: str) -> None:
    """D4 masks contact data (R181)."""
    assert is_masked(text)


@pytest.mark.parametrize("text", ["13800138000", "a@b.cn", "13800138000*", "", "电话:", "见*"])
def test_what_hides_nothing_is_not_masked(text: str) -> None:
    assert not is_masked(text)
