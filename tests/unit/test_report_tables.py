"""The report as it is drawn."""

import json
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from io import StringIO

import pytest
from rich.cells import cell_len
from rich.console import Console, RenderableType

from contracts.rules import Recipient
from services.cli.console import say_long_json
from services.report.result import Assignee, Rejected, Stalled, Task, as_json, task_as_json
from services.report.tables import all_tasks_by_person, draw, rejected_rows, shown_of_each, tasks_by_person
from services.shared.errors import Locale
from tests.unit.report_samples import NOW, STALLED, follow_up_task, of_people, result, stall_task, words


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


async def read(*tasks: Task) -> AsyncIterator[Task]:
    """Tasks as they are read, one by one."""
    for task in tasks:
        yield task


def report(locale: Locale = "zh", **changes: object) -> RenderableType:
    """The report of a small result."""
    people = of_people([stall_task(), follow_up_task()])
    return draw(result(**changes), people, STALLED, words(locale))


def _bare(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines()]


def test_the_report_names_what_was_found() -> None:
    text = drawn(report("zh"))

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
    text = drawn(report("en"))

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
    lines = drawn(report(locale), width).splitlines()

    assert max(map(cell_len, lines)) <= width


def test_an_empty_result_is_drawn_too() -> None:
    empty = result(customers_by_grade={"A": 0, "B": 0, "C": 0}, rejected=[], rejected_files=[])
    text = drawn(draw(empty, [], Stalled(0), words()))

    assert "未完成任务 0 项" in text
    assert "停滞预警" not in text
    assert "未导入" not in text


def test_the_bar_of_the_most_frequent_grade_is_the_longest() -> None:
    lines = {line.split()[0]: line.count("█") for line in drawn(report("en")).splitlines() if "█" in line}

    assert lines == {"A": 15, "B": 30}


def test_a_long_list_shows_the_most_urgent_of_each_person_and_says_how_many_more_there_are() -> None:
    tasks = [follow_up_task(assignee=owned(name)) for name in ("李雷", "王强") for _ in range(10)]
    text = drawn(tasks_by_person(of_people(tasks, most=4), words()))

    assert text.count("最近联系") == 8
    assert text.count("还有 6 项") == 2
    assert "genjin tasks --assignee 李雷" in text
    assert "未完成任务 20 项" in text


@pytest.mark.parametrize(("locale", "late"), [("zh", "逾期5天"), ("en", "5 d late")])
def test_a_task_shows_for_how_long_it_is_overdue_though_its_deadline_lies_ahead(
    locale: Locale, late: str
) -> None:
    task = follow_up_task(assignee=owned("李雷"), is_overdue=True, overdue_since=NOW - timedelta(days=5))
    text = drawn(tasks_by_person(of_people([task]), words(locale)))

    assert late in text


@pytest.mark.parametrize(("people", "most"), [(0, 60), (1, 60), (7, 8), (1000, 2)])
def test_about_sixty_tasks_are_shown_in_all_and_some_of_everyone(people: int, most: int) -> None:
    assert shown_of_each([Assignee("李雷", 9, 0)] * people) == most


@pytest.mark.parametrize("locale", ["zh", "en"])
async def test_a_table_that_is_drawn_in_parts_looks_as_if_drawn_at_once(locale: Locale) -> None:
    tasks = [
        follow_up_task(assignee=owned(name), is_overdue=True, due_at=f"20{year}-05-22T10:00:00Z")
        for name in ("李雷", "王强", None)
        for year in (19, 25, 25, 26, 26)
    ]
    people = of_people(tasks)
    by_name = {person.name: person.tasks for person in people}

    async def tasks_of(name: str) -> AsyncIterator[Sequence[Task]]:
        yield by_name[name][:2]
        yield by_name[name][2:]

    first = of_people(tasks, most=1)
    parts = [drawn(part) async for part in all_tasks_by_person(first, tasks_of, words(locale))]
    assert _bare("".join(parts)) == _bare(drawn(tasks_by_person(people, words(locale))))


async def test_a_list_of_no_tasks_is_drawn_too() -> None:
    async def tasks_of(_name: str) -> AsyncIterator[Sequence[Task]]:
        yield ()

    parts = [drawn(part) async for part in all_tasks_by_person([], tasks_of, words())]
    assert _bare("".join(parts)) == _bare(drawn(tasks_by_person([], words())))


def test_the_stalls_that_are_not_shown_are_counted() -> None:
    text = drawn(draw(result(), [], Stalled(15, [stall_task()] * 12), words()))

    assert "停滞预警 15 个商机" in text
    assert "还有 3 项：genjin tasks --json" in text


def test_one_bad_file_does_not_hide_another() -> None:
    rows = [Rejected("a.csv", row, "x", "1", "r") for row in range(50)] + [
        Rejected("b.csv", 7, "y", "2", "s")
    ]
    table = rejected_rows(rows, ["/data/rejected/a.csv"], words())
    assert table is not None
    text = drawn(table)

    assert "b.csv" in text
    assert "还有 39 项：/data/rejected/a.csv" in text


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


async def test_the_json_has_what_the_interface_names(capsys: pytest.CaptureFixture[str]) -> None:
    """interfaces.md, Command line."""
    await say_long_json(as_json(result(), read(stall_task(), follow_up_task())))
    plain = json.loads(capsys.readouterr().out)

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
    assert plain["tasks"] == [task_as_json(stall_task()), task_as_json(follow_up_task())]


def test_a_task_in_json_names_people_and_ids_plainly() -> None:
    plain = task_as_json(stall_task())

    named = {"id", "rule", "rung", "kind", "subject", "customer_id", "customer_name", "assignee", "title"}
    assert {*named, "due_at", "because"} <= set(plain)
    assert plain["assignee"] == "李雷"
    assert plain["watchers"] == ["韩梅梅"]
    assert plain["subject"] == str(stall_task().subject.id)
    assert task_as_json(follow_up_task(assignee=owned(None)))["assignee"] == "unassigned"
