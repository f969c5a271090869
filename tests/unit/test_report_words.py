"""Reasons and deadlines in words."""

from datetime import UTC, datetime, timedelta

import pytest

from contracts.rules import Because, Text
from tests.unit.report_samples import FOLLOW_UP_BECAUSE, NOW, follow_up_task, stall_task, words


def because(**changes: object) -> Because:
    """A test of an amount that held."""
    given = {"rule": "r", "fact": "annual_amount", "label": Text(zh="年合作金额", en="Amount")}
    return Because.model_validate({**given, "value": "12万", "threshold": ">= 10万", **changes})


@pytest.mark.parametrize(
    ("text", "zh", "en"),
    [
        ("14d", "14天", "14 days"),
        ("14d + 2wd", "14天 + 2个工作日", "14 days + 2 working days"),
        ("1w", "1周", "1 week"),
        ("3mo", "3个月", "3 months"),
        ("1q", "1个季度", "1 quarter"),
        ("30min", "30分钟", "30 minutes"),
        ("8wh", "8个工作小时", "8 working hours"),
        ("24h", "24小时", "24 hours"),
        ("older than 90d", "older than 90天", "older than 90 days"),
    ],
)
def test_durations_are_said_as_people_say_them(text: str, zh: str, en: str) -> None:
    assert words("zh").duration(text) == zh
    assert words("en").duration(text) == en


@pytest.mark.parametrize(
    ("ahead", "said"),
    [
        (timedelta(days=-3), "逾期3天"),
        (timedelta(hours=-2), "已到期"),
        (timedelta(0), "已到期"),
        (timedelta(hours=3), "今天"),
        (timedelta(days=1), "05-21"),
    ],
)
def test_a_deadline_is_seen_from_the_business_instant(ahead: timedelta, said: str) -> None:
    assert words().due(NOW + ahead) == said


def test_days_are_local_days() -> None:
    """17:00 UTC is already the next day in Shanghai."""
    assert words().day(datetime(2025, 5, 20, 17, tzinfo=UTC)) == "2025-05-21"
    assert words().age(datetime(2025, 5, 18, 17, tzinfo=UTC)) == 1


def test_a_deadline_names_its_start_its_length_and_its_end() -> None:
    assert words("zh").because(FOLLOW_UP_BECAUSE[0]) == "最近联系 2025-05-01,满2周为 2025-05-15"
    assert words("en").because(FOLLOW_UP_BECAUSE[0]) == "Last contact 2025-05-01; 2 weeks later is 2025-05-15"


def test_a_deadline_that_was_not_reached_names_its_length() -> None:
    open_ended = FOLLOW_UP_BECAUSE[0].model_copy(
        update={"reached_at": None, "arithmetic": None, "threshold": "14d"}
    )

    assert words("zh").because(open_ended) == "最近联系 2025-05-01 (14天)"


@pytest.mark.parametrize(
    ("threshold", "zh", "en"),
    [
        (">= 10万", "年合作金额12万达到10万", "Amount 12万 reaches 10万"),
        ("> 10万", "年合作金额12万超过10万", "Amount 12万 is above 10万"),
        ("< 50万", "年合作金额12万不足50万", "Amount 12万 is below 50万"),
        ("<= 12万", "年合作金额12万不超过12万", "Amount 12万 is at most 12万"),
        ("[10万, 50万)", "年合作金额12万在[10万, 50万)", "Amount 12万 is in [10万, 50万)"),
        ("12万", "年合作金额 12万", "Amount 12万"),
    ],
)
def test_an_amount_is_held_against_its_limits(threshold: str, zh: str, en: str) -> None:
    assert words("zh").because(because(threshold=threshold)) == zh
    assert words("en").because(because(threshold=threshold)) == en


@pytest.mark.parametrize(
    ("fact", "value", "zh", "en"),
    [
        ("intent", "high", "高意向", "High"),
        ("intent", None, "无", "none"),
        ("need_clear", "true", "是", "yes"),
        ("dormant", "false", "否", "no"),
        ("grade", "A", "A级", "A"),
        ("stage", "proposal", "方案报价", "Proposal"),
        ("owner_id", "x", "x", "x"),
        ("intent", "sideways", "sideways", "sideways"),
    ],
)
def test_values_are_said_with_the_words_of_the_vocabulary(
    fact: str, value: str | None, zh: str, en: str
) -> None:
    assert words("zh").value(fact, value) == zh
    assert words("en").value(fact, value) == en


def test_a_list_of_values_is_no_range() -> None:
    test = because(fact="intent", value="mid", threshold="[mid, high, null]")

    assert words("zh").because(test) == "年合作金额 中意向"


def test_a_reminder_is_explained_by_its_deadline_and_by_what_made_the_grade() -> None:
    assert words().reason(follow_up_task()).splitlines() == [
        "最近联系 2025-05-01,满2周为 2025-05-15",
        "B级:年合作金额12万在[10万, 50万)",
    ]


def test_a_grade_that_nothing_in_particular_made_is_not_explained() -> None:
    catch_all = FOLLOW_UP_BECAUSE[1].model_copy(update={"threshold": "otherwise"})
    task = follow_up_task(because=(FOLLOW_UP_BECAUSE[0], catch_all))

    assert words().reason(task) == "最近联系 2025-05-01,满2周为 2025-05-15"


def test_a_task_without_a_deadline_is_explained_by_all_that_its_rule_asks() -> None:
    own = because(rule="followup_due")

    assert words().reason(follow_up_task(because=(own,))) == "年合作金额12万达到10万"


def test_the_reason_of_a_stall_leaves_out_what_goes_without_saying() -> None:
    """That the opportunity is open is a condition too, but no news."""
    assert "状态" not in words().reason(stall_task(rule="stall"))


def test_the_queue_of_what_nobody_owns_has_a_name() -> None:
    assert words("zh").person("unassigned") == "未分配"
    assert words("en").person("unassigned") == "unassigned"
    assert words("zh").person("李雷") == "李雷"
