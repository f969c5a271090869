"""Names that are likely to be of one company."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.vocabulary import Difference
from services.customers.domain.likeness import differences, likeness_key


@pytest.mark.parametrize(
    ("one", "other", "difference"),
    [
        ("远山科技有限公司", "遠山科技有限公司", Difference.SCRIPT),
        ("远山科技有限公司", "远山科技有限责任公司", Difference.LEGAL_FORM),
        ("远山科技有限公司", "远山科技股份有限公司", Difference.LEGAL_FORM),
        ("远山科技有限公司", "远山科技", Difference.LEGAL_FORM),
        ("上海远山科技有限公司", "上海市远山科技有限公司", Difference.PLACE),
        ("苏州远山有限公司", "江苏省苏州市远山有限公司", Difference.PLACE),
        ("广西远山有限公司", "广西壮族自治区远山有限公司", Difference.PLACE),
        ("远山（中国）有限公司", "远山有限公司", Difference.BRACKETS),
        ("远山（上海）科技有限公司", "远山上海科技有限公司", Difference.BRACKETS),
        ("Far Hills Co., Ltd.", "Far Hills Co.,Ltd", Difference.LEGAL_FORM),
        ("Far Hills Inc.", "Far Hills, Inc", Difference.LEGAL_FORM),
        ("Far Hills Limited", "far hills ltd", Difference.LEGAL_FORM),
        ("Far Hills (China) Co., Ltd.", "Far Hills Ltd", Difference.BRACKETS),
        ("远山科技有限公司", "远山 科技有限公司", Difference.STYLE),
    ],
)
def test_names_that_differ_only_in_how_they_are_written_are_alike(
    one: str, other: str, difference: Difference
) -> None:
    assert likeness_key(one) == likeness_key(other)
    assert difference in differences([one, other])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("上海远山科技有限公司", "北京远山科技有限公司"),
        ("远山科技有限公司", "远山科技有限公司北京分公司"),
        ("远山（上海）有限公司", "远山（北京）有限公司"),
        ("远山超市有限公司", "远山超有限公司"),
        ("远山集团有限公司", "远山有限公司"),
        ("中国石油有限公司", "石油有限公司"),
        ("Far Hills Ltd", "Farther Hills Ltd"),
        ("公司", "股份公司"),
    ],
)
def test_names_of_different_companies_are_not_alike(one: str, other: str) -> None:
    assert likeness_key(one) != likeness_key(other)


def test_equal_names_differ_in_nothing() -> None:
    assert differences(["远山科技有限公司", "远山科技有限公司"]) == ()


@given(st.text(min_size=1, max_size=40).filter(lambda name: bool(name.strip())))
def test_every_name_has_a_key_and_the_same_each_time(name: str) -> None:
    assert likeness_key(name) == likeness_key(name)
