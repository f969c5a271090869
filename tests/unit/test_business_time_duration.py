"""Durations as text: what rules may write, and what they are told when they write something else (K5)."""

from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BeforeValidator, TypeAdapter, ValidationError

from services.shared.business_time import BadDurationError, Duration, DurationTooLongError, Unit

amounts = st.integers(-400, 400).filter(bool)
durations = st.builds(
    Duration,
    st.lists(st.tuples(amounts, st.sampled_from(Unit)), max_size=8).map(tuple),
)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("0", ()),
        ("0d", ()),
        ("3wd", ((3, Unit.WD),)),
        ("-60d", ((-60, Unit.D),)),
        ("24h", ((24, Unit.H),)),
        ("30min", ((30, Unit.MIN),)),
        ("4wh", ((4, Unit.WH),)),
        ("2w", ((2, Unit.W),)),
        ("14d + 3wd", ((14, Unit.D), (3, Unit.WD))),
        ("14d+3wd", ((14, Unit.D), (3, Unit.WD))),
        (" 1q + 10wd ", ((1, Unit.Q), (10, Unit.WD))),
        ("13d + 23h + 59min", ((13, Unit.D), (23, Unit.H), (59, Unit.MIN))),
        ("1mo - 2d", ((1, Unit.MO), (-2, Unit.D))),
        ("-1wd + 10h", ((-1, Unit.WD), (10, Unit.H))),
    ],
)
def test_terms_are_read_from_left_to_right(text: str, terms: tuple[tuple[int, Unit], ...]) -> None:
    assert terms == Duration.parse(text).terms


@given(durations)
def test_what_is_written_reads_back_as_the_same_duration(duration: Duration) -> None:
    assert duration == Duration.parse(str(duration))


@pytest.mark.parametrize("text", ["0", "-60d", "14d + 3wd", "1mo - 2d", "-1wd - 10h"])
def test_the_usual_spelling_is_written_as_it_was_read(text: str) -> None:
    assert text == str(Duration.parse(text))


def test_equal_durations_are_one_key() -> None:
    assert {Duration.parse("14d + 3wd"): 1} == {Duration.parse("14d+3wd"): 1}


def test_the_order_of_terms_matters() -> None:
    assert Duration.parse("14d + 3wd") != Duration.parse("3wd + 14d")


def test_durations_are_joined_in_order() -> None:
    assert Duration.parse("1mo + 3wd") == Duration.parse("1mo") + Duration.parse("3wd")


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", ""),
        ("3", "3"),
        ("wd", "wd"),
        ("3m", "3m"),
        ("3 wd", "3 wd"),
        ("3WD", "3WD"),
        ("3wdx", "3wdx"),
        ("1.5d", "1.5d"),
        ("14d 3wd", "3wd"),
        ("14d + 0", "+ 0"),
        ("14d +", "+"),
        ("14d + 3 Tage", "+ 3 Tage"),
        ("3天", "3天"),
        ("٣d", "٣d"),
        ("1d 0", "0"),
    ],
)
def test_anything_else_is_refused_at_the_part_that_is_not_understood(text: str, part: str) -> None:
    with pytest.raises(BadDurationError) as refusal:
        Duration.parse(text)
    assert (text, part) == (refusal.value.text, refusal.value.part)


def test_the_refusal_says_what_is_allowed() -> None:
    with pytest.raises(BadDurationError) as refusal:
        Duration.parse("14d + 3x")
    assert str(refusal.value) == (
        "“14d + 3x” is no duration from “+ 3x” on: write 30min, 24h, 14d, 2w, 1mo, 1q, 4wh, 3wd or 14d + 3wd."
    )
    assert "从“+ 3x”起" in refusal.value.message("zh")


@pytest.mark.parametrize("text", ["36501d", "-25001wd", " + ".join(["1d"] * 9)])
def test_a_duration_beyond_any_rule_is_refused(text: str) -> None:
    with pytest.raises(DurationTooLongError, match="at most 8 terms"):
        Duration.parse(text)


def test_a_pydantic_validator_reports_a_bad_duration_as_its_own_error() -> None:
    adapter = TypeAdapter(Annotated[Duration, BeforeValidator(Duration.parse)])
    assert Duration.parse("3wd") == adapter.validate_python("3wd")
    with pytest.raises(ValidationError, match="is no duration from “3x” on"):
        adapter.validate_python("3x")
