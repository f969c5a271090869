"""Reasons and deadlines in words."""

from datetime import UTC, datetime, timedelta

import pytest

from contracts.rules import Because
from contracts.text import Text
from tests.unit.report_samples import FOLLOW_UP_BECAUSE, NOW, follow_up_task, stall_task, words


def because(**changes: object) -> Because:
    """A test of an amount that held."""
    given = {"rule": "r", "fact": "annual_amount", "label": Text(zh="年合作金额", en="Amount")}
    amount = {"value": "12万", "value_text": Text(zh="12万", en="120,000"), "threshold": ">= 10万"}
    limit = {"threshold_text": Text(zh="达到10万", en="at least 100,000")}
    return Because.model_validate({**given, **amount, **limit, **changes})


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
    assert words("zh").because(FOLLOW_UP_BECAUSE[0]) == "最近联系 2025-05-01，满2周为 2025-05-15"
    assert words("en").because(FOLLOW_UP_BECAUSE[0]) == "Last contact 2025-05-01; 2 weeks later is 2025-05-15"


def test_a_deadline_before_its_start_names_how_long_before() -> None:
    before = FOLLOW_UP_BECAUSE[0].model_copy(
        update={
            "arithmetic": Text(
                zh="2025-05-01 09:00 - 60天 → 2025-03-02 09:00",
                en="2025-05-01 09:00 - 60 days → 2025-03-02 09:00",
            ),
            "reached_at": datetime(2025, 3, 2, 1, tzinfo=UTC),
        }
    )

    assert words("zh").because(before) == "最近联系 2025-05-01，提前60天为 2025-03-02"
    assert words("en").because(before) == "Last contact 2025-05-01; 60 days before is 2025-03-02"


def test_a_deadline_that_was_not_reached_names_its_length() -> None:
    open_ended = FOLLOW_UP_BECAUSE[0].model_copy(update={"reached_at": None, "arithmetic": None})

    assert words("zh").because(open_ended) == "最近联系 2025-05-01（跟进间隔（每两周一次））"


def test_an_amount_is_held_against_its_limits() -> None:
    assert words("zh").because(because()) == "年合作金额 12万，达到10万"
    assert words("en").because(because()) == "Amount 120,000, at least 100,000"


def test_a_value_that_is_asked_for_by_its_name_is_named_once() -> None:
    label = Text(zh="高意向", en="High")
    intent = because(value="high", value_text=label, threshold="high", threshold_text=label)

    assert words("zh").because(intent) == "年合作金额 高意向"


def test_what_was_explained_without_words_is_shown_as_rules_write_it() -> None:
    old = because(value_text=None, threshold_text=None)

    assert words("zh").because(old) == "年合作金额 12万，>= 10万"
    assert words("zh").value(because(value=None, value_text=None)) == "无"


def test_a_list_of_values_is_no_range() -> None:
    label = Text(zh="中意向", en="Medium")
    test = because(fact="intent", value="mid", value_text=label, threshold="[mid, high, null]")

    assert words("zh").because(test) == "年合作金额 中意向"


def test_a_reminder_is_explained_by_its_deadline_and_by_what_made_the_grade() -> None:
    assert words().reason(follow_up_task()).splitlines() == [
        "最近联系 2025-05-01，满2周为 2025-05-15",
        "B级：年合作金额 12万，达到10万且不足50万",
    ]


def test_a_grade_that_nothing_in_particular_made_is_not_explained() -> None:
    catch_all = FOLLOW_UP_BECAUSE[1].model_copy(update={"threshold": "otherwise"})
    task = follow_up_task(because=(FOLLOW_UP_BECAUSE[0], catch_all))

    assert words().reason(task) == "最近联系 2025-05-01，满2周为 2025-05-15"


def test_a_task_without_a_deadline_is_explained_by_all_that_its_rule_asks() -> None:
    own = because(rule="followup_due")

    assert words().reason(follow_up_task(because=(own,))) == "年合作金额 12万，达到10万"


def test_the_reason_of_a_stall_leaves_out_what_goes_without_saying() -> None:
    """That the opportunity is open is a condition too, but no news."""
    assert "状态" not in words().reason(stall_task(rule="stall"))


def test_the_queue_of_what_nobody_owns_has_a_name() -> None:
    assert words("zh").person("unassigned") == "未分配"
    assert words("en").person("unassigned") == "unassigned"
    assert words("zh").person("李雷") == "李雷"
