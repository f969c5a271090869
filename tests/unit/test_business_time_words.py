"""Durations in the words of a sentence, in both languages."""

import pytest

from contracts.text import Text
from services.shared.business_time import Duration, as_rhythm, in_words


@pytest.mark.parametrize(
    ("written", "zh", "en"),
    [
        ("1d", "1天", "1 day"),
        ("14d", "14天", "14 days"),
        ("2w", "2周", "2 weeks"),
        ("3mo", "3个月", "3 months"),
        ("1q", "1个季度", "1 quarter"),
        ("30min", "30分钟", "30 minutes"),
        ("24h", "24小时", "24 hours"),
        ("4wh", "4个工作小时", "4 working hours"),
        ("3wd", "3个工作日", "3 working days"),
        ("14d + 2wd", "14天再加2个工作日", "14 days and 2 working days"),
        ("1mo - 2d", "1个月再减2天", "1 month less 2 days"),
        ("-60d", "提前60天", "60 days before"),
        ("-1mo - 2d", "提前1个月又2天", "1 month and 2 days before"),
        ("-60d + 3wd", "提前60天再加3个工作日", "60 days before and 3 working days"),
        ("0", "当时", "at once"),
    ],
)
def test_a_length_is_read_as_people_say_it(written: str, zh: str, en: str) -> None:
    assert in_words(Duration.parse(written)) == Text(zh=zh, en=en)


@pytest.mark.parametrize(
    ("written", "zh", "en"),
    [
        ("1h", "每小时一次", "once an hour"),
        ("1d", "每天一次", "once a day"),
        ("3d", "每3天一次", "every 3 days"),
        ("1w", "每周一次", "once a week"),
        ("2w", "每两周一次", "every two weeks"),
        ("1mo", "每月一次", "once a month"),
        ("2mo", "每两个月一次", "every two months"),
        ("1q", "每季度一次", "once a quarter"),
        ("1wd", "每个工作日一次", "once a working day"),
        ("14d + 2wd", "每隔14天再加2个工作日一次", "every 14 days and 2 working days"),
        ("0", "当时", "at once"),
    ],
)
def test_a_rhythm_is_read_as_how_often_it_comes(written: str, zh: str, en: str) -> None:
    assert as_rhythm(Duration.parse(written)) == Text(zh=zh, en=en)
