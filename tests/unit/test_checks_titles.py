"""Titles whose numbers differ from those of their rule."""

import pytest

from contracts.text import Problem
from services.rules.domain.checking import check
from tests.rule_files import files_in
from tests.rules.test_shipped_rules import RULES

FILES = files_in(RULES)


def found(file: str, *edits: tuple[str, str]) -> list[Problem]:
    """Return the findings about titles after edits of a shipped file, each of which fits once."""
    text = FILES[file]
    for old, new in edits:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    loaded = check({**FILES, file: text})
    return [finding for finding in loaded.findings if finding.finding == "title"]


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("grading.yaml", "达到50万", "达到60万"),
        ("grading.yaml", "500,000 a year or more", "600,000 a year or more"),
        ("grading.yaml", "10万至50万", "10万至60万"),
        ("grading.yaml", "不足10万", "不足1万"),
        ("cadence.yaml", "every: 2w", "every: 2wd"),
        ("cadence.yaml", "every: 1mo", "every: 2mo"),
        ("cadence.yaml", "B级：每两周一次", "B级：每周一次"),
        ("cadence.yaml", "grade C: monthly", "grade C: weekly"),
        ("cadence.yaml", "{every} + 3wd", "{every} + 3d"),
        ("cadence.yaml", "逾期3个工作日", "逾期5个工作日"),
        ("records.yaml", "at: 30min", "at: 30h"),
        ("records.yaml", "at: 24h", "at: 48h"),
        ("records.yaml", "超过24小时", "超过12小时"),
        ("silence.yaml", "at: 3mo\n", "at: 2mo\n"),
        ("silence.yaml", "90天没有回应", "60天没有回应"),
        ("stall.yaml", "at: 14d\n", "at: 13d\n"),
        ("stall.yaml", "{zh: 停滞14天,", "{zh: 停滞15天,"),
    ],
)
def test_a_number_that_differs_is_found(file: str, old: str, new: str) -> None:
    assert len(found(file, (old, new))) == 1


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("stall.yaml", "{zh: 停滞14天,", "{zh: 停滞两周,"),
        ("stall.yaml", "{zh: 停滞14天,", "{zh: 停滞十四天,"),
        ("stall.yaml", "at: 14d\n", "at: 2w\n"),
        ("stall.yaml", "{zh: 告知总监,", "{zh: 停滞14天后5个工作日告知总监,"),
        ("stall.yaml", "{zh: 告知总监,", "{zh: 经理3个工作日未处理,"),
        ("stall.yaml", "{zh: 告知经理,", "{zh: 任务2个工作日未完成,"),
        ("records.yaml", "at: 24h", "at: 1d"),
        ("records.yaml", "at: 24h", "at: 24wh"),
        ("records.yaml", "联系后30分钟未记录", "联系后半小时未记录"),
        ("silence.yaml", "at: 3mo\n", "at: 1q\n"),
        ("silence.yaml", "assigned_at: older than 90d", "assigned_at: older than 60d"),
        ("silence.yaml", "{zh: 流失风险回访,", "{zh: 3个月无互动的回访,"),
        ("cadence.yaml", "{zh: 跟进频率,", "{zh: 每周、每两周或每月,"),
        ("cadence.yaml", "{zh: 该跟进了,", "{zh: 每两周的跟进,"),
        ("cadence.yaml", "B级：每两周一次", "B级（10万至50万）：每14天一次"),
        ("grading.yaml", "{zh: 流失客户,", "{zh: 第2次流失,"),
        ("grading.yaml", "达到50万", "12个月内达到五十万"),
        ("grading.yaml", "500,000 a year or more", "¥500k or more"),
    ],
)
def test_a_number_that_the_rule_has_is_right_however_it_is_written(file: str, old: str, new: str) -> None:
    assert found(file, (old, new)) == []


def test_the_shipped_titles_are_right() -> None:
    assert found("stall.yaml") == []


def test_the_message_names_the_title_and_both_numbers_at_the_row() -> None:
    (finding,) = found("cadence.yaml", ("every: 2w", "every: 3w"))
    assert (finding.file, finding.line, finding.rule) == ("cadence.yaml", 15, "cadence")
    assert finding.message.zh == "标题“B级：每两周一次”写着每两周，而规则是3周。"
    assert (
        finding.message.en == "The title “grade B: every two weeks” has two weeks, but the rule has 3 weeks."
    )


def test_one_cause_is_one_finding_that_names_all_its_titles() -> None:
    (finding,) = found("silence.yaml", ("at: 3mo\n", "at: 2mo\n"))
    assert finding.line == 20
    assert "“3个月无互动”写着3个月；标题“流失风险：{customer.name}3个月无互动" in finding.message.zh
    assert finding.message.zh.endswith("，而规则是2个月、3个工作日。")


def test_a_number_in_a_title_is_not_reported_where_its_line_has_a_problem_already() -> None:
    assert found("grading.yaml", ('">= 50万"', '">= 60万"')) == []


def test_a_number_of_which_the_rule_has_none_is_found() -> None:
    (finding,) = found("grading.yaml", ("{zh: 意向低,", "{zh: 意向低于5万,"))
    assert finding.message.zh == "标题“意向低于5万”写着5万，而规则里没有这样的数。"
    assert finding.message.en == "The title “意向低于5万” has 5万, but the rule has no such number."


def test_a_title_that_is_wrong_in_english_alone_is_named_in_english() -> None:
    (finding,) = found("grading.yaml", ("500,000 a year or more", "600,000 a year or more"))
    assert finding.message.zh == "标题“600,000 a year or more”写着600,000，而规则是50万。"


def test_a_rule_can_accept_its_titles() -> None:
    accepted = ("clock: opportunity_stalled\n", "clock: opportunity_stalled\naccept: {title: 说的是上一版}\n")
    assert found("stall.yaml", ("{zh: 停滞14天,", "{zh: 停滞21天,"), accepted) == []
