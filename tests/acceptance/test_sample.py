"""The sample workbook, through the command: what it comes to, and that it does so every time."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from services.hosting.shipped import SAMPLE
from tests.acceptance import by_hand
from tests.acceptance.process import genjin
from tests.postgres import reachable_directory

WORKBOOK = SAMPLE / "sample.xlsx"

CONTACT_DATA = re.compile(r"1990000\d|8000 ?\d{4}|contact\d{3}|genjin\.example")
"""What the telephone numbers and e-mail addresses of the sample look like."""

Result = dict[str, Any]


@pytest.fixture(scope="module")
def runs() -> Iterator[tuple[Result, Result]]:
    """The results of the same command twice on one data directory."""
    with reachable_directory() as directory:
        command = ("up", "--sample", "--once", "--json", "--data", directory / "data")
        first, again = genjin(*command), genjin(*command)
        for run in (first, again):
            assert run.returncode == 0, run.stderr
            assert not CONTACT_DATA.search(run.stdout + run.stderr)
        yield json.loads(first.stdout), json.loads(again.stdout)


@pytest.fixture(scope="module")
def result(runs: tuple[Result, Result]) -> Result:
    """The result of the first run."""
    return runs[0]


def _rungs(result: Result) -> dict[tuple[str, str], str]:
    return {(task["rule"], task["subject_name"]): task["rung"] for task in result["tasks"]}


def test_every_good_row_is_counted(result: Result) -> None:
    """Sixty-one rows of customers less the three untidy ones, and so on for each sheet."""
    assert result["counts"] == {
        "customers": 58,
        "contacts": 41,
        "people": 11,
        "purchases": 39,
        "follow_ups": 57,
        "opportunities": 20,
    }
    assert (result["as_of"], result["ruleset_version"]) == ("2025-06-30T10:00:00+00:00", 1)


def test_grades_are_as_worked_out_by_hand(result: Result) -> None:
    """R070, R072, R073: all three grades occur."""
    by_grade = Counter(customer.grade for customer in by_hand.customers(WORKBOOK).values())
    assert result["customers_by_grade"] == dict(by_grade)
    assert set(by_grade) == {"A", "B", "C"}


def test_open_tasks_are_as_worked_out_by_hand(result: Result) -> None:
    """R080, R133, R134, R147: each rule, each rung, each customer."""
    expected = by_hand.tasks(WORKBOOK)
    assert _rungs(result) == expected
    stall = {rung for (rule, _), rung in expected.items() if rule == "opportunity_stalled"}
    followup = {rung for (rule, _), rung in expected.items() if rule == "followup_due"}
    assert stall == {"warn", "manager", "director"}
    assert followup == {"due", "overdue", "tell"}


def test_every_task_says_whose_it_is_when_it_is_due_and_why(result: Result) -> None:
    as_of = datetime.fromisoformat(result["as_of"])
    for task in result["tasks"]:
        assert task["assignee"] in {"王海涛", "李思敏", "张嘉怡", "赵文博", "钱雨桐", "吴浩然"}
        assert datetime.fromisoformat(task["due_at"]) > as_of
        assert {"zh", "en"} == set(task["title"])
        deadline = next(entry for entry in task["because"] if entry["arithmetic"])
        assert deadline["rule"] == task["rule"]
        assert datetime.fromisoformat(deadline["reached_at"]) <= as_of
        assert bool(task["watchers"]) == (task["rung"] in {"tell", "manager", "director", "breach"})


def test_every_untidy_row_is_told_with_its_place_its_value_and_the_reason(result: Result) -> None:
    told = [(row["row"], row["column"], row["value"]) for row in result["rejected"]]
    assert told == [
        (13, "邮箱", "he**********************"),
        (22, "客户名称", "　深圳市智联　电子科技有限公司 "),
        (38, "所属行业", ""),
        (54, "首次接触时间", "2025-13-40"),
        (43, "电话", "见**"),
        (22, "当前阶段", "观望中"),
        (41, "购买金额", "$12,000"),
        (59, "客户名称", "广州某某贸易公司"),
        (60, "时间", "上周三"),
    ]
    assert all(row["file"].startswith("sample.xlsx") for row in result["rejected"])
    assert all(row["reason"] for row in result["rejected"])


def test_the_same_again_on_the_same_data_directory_changes_nothing(runs: tuple[Result, Result]) -> None:
    first, again = runs
    assert _by_id(again) == _by_id(first)
    assert {**again, "tasks": []} == {**first, "tasks": []}


def _by_id(result: Result) -> dict[str, Any]:
    return {task["id"]: task for task in result["tasks"]}
