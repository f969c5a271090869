"""The report as it is drawn."""

import json
from io import StringIO

import pytest
from rich.cells import cell_len
from rich.console import Console, RenderableType

from contracts.rules import Recipient
from services.report.result import Rejected, as_json, by_assignee, stalled, task_as_json, urgency
from services.report.tables import draw, rejected_rows, tasks_by_person
from services.shared.errors import Locale
from tests.unit.report_samples import follow_up_task, result, stall_task, words


def drawn(what: RenderableType, width: int = 120) -> str:
    """What a terminal of this width shows."""
    console = Console(file=StringIO(), width=width, highlight=False)
    console.print(what)
    output = console.file
    assert isinstance(output, StringIO)
    return output.getvalue()


def owned(name: str | None) -> Recipient:
    """A person as the recipient of a task, or the queue of what nobody owns."""
    queue = None if name else "unassigned"
    return Recipient(role="owner", name=name, queue=queue, resolved_from="owner")


def test_the_report_names_what_was_found() -> None:
    text = drawn(draw(result(), words("zh")))

    for said in (
        "客户 61",
        "截至 2025-05-20 18:00",
        "规则版本 3",
        "A 重点客户",
        "未完成任务 2 项",
        "李雷",
        "最近联系 2025-05-01，满2周为 2025-05-15",
        "停滞预警 1 个商机",
        "29天",
        "韩梅梅",
        "2025-13-40",
        "不是有效日期",
    ):
        assert said in text, said


def test_the_report_speaks_english() -> None:
    text = drawn(draw(result(), words("en")))

    for said in (
        "customers 61",
        "2 open tasks",
        "Last contact 2025-05-01",
        "1 stalled opportunities",
        "29 d",
    ):
        assert said in text, said


@pytest.mark.parametrize("width", [100, 120, 140])
@pytest.mark.parametrize("locale", ["zh", "en"])
def test_the_report_fits_the_terminal(width: int, locale: Locale) -> None:
    lines = drawn(draw(result(), words(locale)), width).splitlines()

    assert max(map(cell_len, lines)) <= width


def test_an_empty_result_is_drawn_too() -> None:
    empty = result(customers_by_grade={"A": 0, "B": 0, "C": 0}, tasks=[], rejected=[], rejected_files=[])
    text = drawn(draw(empty, words()))

    assert "未完成任务 0 项" in text
    assert "停滞预警" not in text
    assert "未导入" not in text


def test_the_bar_of_the_most_frequent_grade_is_the_longest() -> None:
    lines = {
        line.split()[0]: line.count("█")
        for line in drawn(draw(result(), words("en"))).splitlines()
        if "█" in line
    }

    assert lines == {"A": 15, "B": 30}


def test_overdue_tasks_come_first_and_then_those_due_sooner() -> None:
    late = follow_up_task(is_overdue=True, due_at="2025-05-22T10:00:00Z")
    soon = follow_up_task(due_at="2025-05-20T12:00:00Z")
    later = follow_up_task(due_at="2025-05-28T10:00:00Z")

    assert sorted([later, soon, late], key=urgency) == [late, soon, later]


def test_whoever_has_most_overdue_comes_first() -> None:
    tasks = [
        follow_up_task(assignee=owned("王强")),
        follow_up_task(assignee=owned("王强")),
        follow_up_task(assignee=owned("李雷"), is_overdue=True),
        follow_up_task(assignee=owned(None)),
    ]

    assert list(by_assignee(tasks)) == ["李雷", "王强", "unassigned"]


def test_a_long_list_shows_the_most_urgent_of_each_person_and_says_how_many_more_there_are() -> None:
    tasks = [follow_up_task(assignee=owned(name)) for name in ("李雷", "王强") for _ in range(10)]
    text = drawn(tasks_by_person(tasks, words(), most=8))

    assert text.count("最近联系") == 8
    assert text.count("还有 6 项") == 2
    assert "genjin tasks --assignee 李雷" in text


def test_stalls_are_the_warnings_about_opportunities_highest_rung_first() -> None:
    told = stall_task(subject_name="told")
    untold = stall_task(subject_name="untold", watchers=())
    other = follow_up_task(kind="warning")

    assert stalled([other, untold, told]) == [told, untold]


def test_one_bad_file_does_not_hide_another() -> None:
    rows = [Rejected("a.csv", row, "x", "1", "r") for row in range(50)] + [
        Rejected("b.csv", 7, "y", "2", "s")
    ]
    table = rejected_rows(rows, ["/data/rejected/a.csv"], words())
    assert table is not None
    text = drawn(table)

    assert "b.csv" in text
    assert "还有 39 项:/data/rejected/a.csv" in text


def test_few_rejected_rows_are_all_shown() -> None:
    rows = [Rejected(f"sheet {number % 4}", number, "x", f"value {number}", "r") for number in range(12)]
    table = rejected_rows(rows, ["a.csv"], words())
    assert table is not None
    text = drawn(table)

    assert all(f"value {number} " in text for number in range(12))
    assert "还有" not in text


def test_no_rejected_rows_are_no_table() -> None:
    assert rejected_rows([], [], words()) is None


def test_markup_in_what_people_wrote_stays_text() -> None:
    rows = [Rejected("[bold]a.csv", 1, "x", "[red]1[/red]", "[r]")]
    table = rejected_rows(rows, [], words())
    assert table is not None

    assert "[red]1[/red]" in drawn(table)
    assert "[bold]a.csv" in drawn(table)


def test_the_json_has_what_the_interface_names() -> None:
    """interfaces.md, Command line."""
    plain = as_json(result())

    assert set(plain) == {
        "as_of",
        "counts",
        "customers_by_grade",
        "rejected",
        "ruleset_version",
        "tasks",
    }
    assert set(plain["counts"]) == {
        "contacts",
        "customers",
        "follow_ups",
        "opportunities",
        "people",
        "purchases",
    }
    assert plain["rejected"] == [
        {
            "file": "sample.xlsx",
            "row": 54,
            "column": "首次接触时间",
            "value": "2025-13-40",
            "reason": "不是有效日期",
        }
    ]
    assert json.loads(json.dumps(plain)) == plain


def test_a_task_in_json_names_people_and_ids_plainly() -> None:
    plain = task_as_json(stall_task())

    named = {"id", "rule", "rung", "kind", "subject", "customer_id", "customer_name", "assignee", "title"}
    assert {*named, "due_at", "because"} <= set(plain)
    assert plain["assignee"] == "李雷"
    assert plain["watchers"] == ["韩梅梅"]
    assert plain["subject"] == str(stall_task().subject.id)
    assert task_as_json(follow_up_task(assignee=owned(None)))["assignee"] == "unassigned"
