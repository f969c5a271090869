"""Working-time arithmetic as words, in both languages."""

from datetime import datetime

import pytest

from services.shared.business_time import Calendar, Duration
from services.shared.errors import Locale

SHANGHAI = Calendar.default()


def words(start: str, duration: str, locale: Locale = "en") -> str:
    anchor = datetime.fromisoformat(start).replace(tzinfo=SHANGHAI.zone)
    return SHANGHAI.explain(anchor, Duration.parse(duration)).words(locale)


def test_skipped_holidays_and_make_up_days_are_named() -> None:
    assert words("2025-09-30 16:00", "3wd") == (
        "2025-09-30 16:00 + 3 working days → 2025-10-11 18:00 "
        "(skips 2025-10-01…2025-10-08; 2025-10-11 is a make-up working day)"
    )


def test_the_same_in_chinese() -> None:
    assert words("2025-09-30 16:00", "3wd", "zh") == (
        "2025-09-30 16:00 + 3个工作日 → 2025-10-11 18:00(跳过2025-10-01…2025-10-08;2025-10-11为调休上班日)"
    )


@pytest.mark.parametrize(
    ("start", "duration", "sentence"),
    [
        ("2025-05-12 15:00", "24h", "2025-05-12 15:00 + 24 hours → 2025-05-13 15:00"),
        ("2025-09-19 10:00", "14d", "2025-09-19 10:00 + 14 days → 2025-10-03 10:00"),
        ("2025-12-31 00:00", "-60d", "2025-12-31 00:00 - 60 days → 2025-11-01 00:00"),
        ("2025-05-13 15:00", "2wd", "2025-05-13 15:00 + 2 working days → 2025-05-15 18:00"),
    ],
)
def test_nothing_is_added_where_nothing_is_skipped(start: str, duration: str, sentence: str) -> None:
    assert sentence == words(start, duration)


def test_only_the_terms_counted_in_work_skip_days() -> None:
    assert words("2025-09-19 10:00", "14d + 2wd") == (
        "2025-09-19 10:00 + 14 days + 2 working days → 2025-10-10 18:00 (skips 2025-10-03…2025-10-08)"
    )


def test_counting_back_skips_days_too() -> None:
    assert words("2025-10-09 09:00", "-1wd") == (
        "2025-10-09 09:00 - 1 working day → 2025-09-30 18:00 (skips 2025-10-01…2025-10-08)"
    )


def test_working_hours_from_a_weekend_skip_it() -> None:
    assert words("2025-05-17 20:00", "1wh") == (
        "2025-05-17 20:00 + 1 working hour → 2025-05-19 10:00 (skips 2025-05-17…2025-05-18)"
    )


def test_many_days_off_are_counted_and_several_make_up_days_listed() -> None:
    assert words("2025-09-19 10:00", "25wd") == (
        "2025-09-19 10:00 + 25 working days → 2025-10-30 18:00 "
        "(skips 16 days off from 2025-09-20 to 2025-10-26; 2025-09-28, 2025-10-11 are make-up working days)"
    )


def test_an_unpublished_year_is_named() -> None:
    assert words("2090-09-28 16:00", "1wd", "zh") == (
        "2090-09-28 16:00 + 1个工作日 → 2090-09-29 18:00(2090年放假安排尚未公布，暂按周末推算)"
    )
