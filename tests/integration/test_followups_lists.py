"""Lists of tasks: the most urgent first, page by page, and how many each person has."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from contracts.identity import new_id
from contracts.rules import Recipient, Subject, TaskResolved
from contracts.text import TaskKind
from services.shared.database import Database
from tests.integration.test_followups_tasks import a_task, hear
from tests.records_rig import NOW, RecordsRig

DAY = timedelta(days=1)
QUEUE = Recipient(role="fallback", queue="unassigned", resolved_from="owner")


def owned(name: str) -> Recipient:
    """A person who has a task."""
    return Recipient(role="owner", person_id=UUID(int=9), name=name, resolved_from="owner")


@pytest.fixture
def rig(databases: dict[str, Database], tmp_path: Path) -> RecordsRig:
    return RecordsRig(databases, tmp_path)


async def add(rig: RecordsRig, **fields: Any) -> str:  # noqa: ANN401 -- any field
    """Let the rules raise another task; return its id."""
    task = a_task(task_id=new_id(), **fields)
    await hear(rig, task, sequence=1)
    return str(task.task_id)


async def ids(rig: RecordsRig, *, limit: int = 2, **query: object) -> list[str]:
    """The ids of all tasks, read page by page."""
    found: list[str] = []
    after: dict[str, str] = {}
    while True:
        page = await rig.ask("/v1/tasks", limit=limit, **after, **query)
        found += [task["task_id"] for task in page["items"]]
        if page["next"] is None:
            return found
        after = {"after": page["next"]}


@pytest.mark.parametrize("limit", [1, 2, 100])
async def test_overdue_tasks_come_first_and_then_those_due_sooner(rig: RecordsRig, limit: int) -> None:
    """A task without a deadline stands where its rung was reached."""
    later = await add(rig, due_at=NOW + 8 * DAY)
    without = await add(rig, due_at=None, rung_at=NOW - 30 * DAY)
    soon = await add(rig, due_at=NOW + DAY)
    late = await add(rig, due_at=NOW - DAY)
    latest = await add(rig, due_at=NOW)

    assert await ids(rig, limit=limit, order="urgency") == [late, latest, without, soon, later]
    assert await ids(rig, limit=limit, order="urgency", overdue=True) == [late, latest]
    assert await ids(rig, limit=limit, order="urgency", overdue=False) == [without, soon, later]


async def test_of_tasks_due_at_once_those_with_an_older_cause_come_first(rig: RecordsRig) -> None:
    younger = await add(rig, anchor=NOW - DAY)
    named = [await add(rig, customer_name=name, anchor=NOW - 9 * DAY) for name in ("乙", "丙", "Z", "甲")]

    second, third, first, fourth = named
    assert await ids(rig, order="urgency") == [first, third, second, fourth, younger]


async def test_stalls_of_which_most_were_told_come_first(rig: RecordsRig) -> None:
    untold = await add(rig, anchor=NOW - 90 * DAY)
    told = await add(rig, watchers=(owned("韩梅梅"),))
    longer = await add(rig, watchers=(owned("韩梅梅"),), anchor=NOW - 20 * DAY)

    assert await ids(rig, order="watchers") == [longer, told, untold]


async def test_tasks_are_found_by_the_kind_of_their_subject(rig: RecordsRig) -> None:
    await add(rig)
    customer = await add(rig, subject=Subject(kind="customer", id=UUID(int=1)))

    assert await ids(rig, subject="customer") == [customer]


async def test_a_task_that_a_person_has_ended_is_open_in_no_list(rig: RecordsRig) -> None:
    task = await add(rig)
    answer = await rig.request("POST", f"/v1/tasks/{task}/dismiss", json={"reason": "重复"})
    assert answer.status_code == 200

    assert await ids(rig, status="open") == []
    assert await ids(rig, status="dismissed") == [task]
    assert (await rig.ask("/v1/tasks/by-assignee", status="open"))["assignees"] == []


async def test_nothing_follows_a_task_that_is_not_there(rig: RecordsRig) -> None:
    await add(rig)

    page = await rig.ask("/v1/tasks", order="urgency", after=str(new_id()))
    assert page == {"items": [], "next": None}


async def test_whoever_has_most_overdue_comes_first(rig: RecordsRig) -> None:
    for _ in range(2):
        await add(rig, assignee=owned("王强"))
    await add(rig, assignee=owned("李雷"), due_at=NOW - DAY)
    await add(rig, assignee=QUEUE)
    nameless = Recipient(role="director", resolved_from="director")
    await add(rig, assignee=nameless)
    await hear(rig, a_task(TaskResolved, task_id=new_id(), status="resolved"), sequence=1)

    found = await rig.ask("/v1/tasks/by-assignee", status="open")
    assert [(each["assignee"], each["total"], each["overdue"]) for each in found["assignees"]] == [
        ("李雷", 1, 1),
        ("王强", 2, 0),
        ("director", 1, 0),
        ("unassigned", 1, 0),
    ]
    assert [each["tasks"] for each in found["assignees"]] == [[], [], [], []]


async def test_the_most_urgent_tasks_of_each_are_shown(rig: RecordsRig) -> None:
    due = {
        (name, day): await add(rig, assignee=owned(name), due_at=NOW + day * DAY)
        for name in ("李雷", "王强")
        for day in (3, -1, 2)
    }

    found = await rig.ask("/v1/tasks/by-assignee", most=2)
    shown = {each["assignee"]: [task["task_id"] for task in each["tasks"]] for each in found["assignees"]}
    assert shown == {name: [due[name, -1], due[name, 2]] for name in ("李雷", "王强")}
    one = found["assignees"][0]["tasks"][0]
    assert one == await rig.ask(f"/v1/tasks/{one['task_id']}")


async def test_whose_tasks_are_counted_can_be_narrowed(rig: RecordsRig) -> None:
    await add(rig, kind=TaskKind.REMINDER)
    await add(rig, due_at=NOW - DAY)
    await add(rig, assignee=owned("王强"))

    found = await rig.ask("/v1/tasks/by-assignee", assignee="张三", kind="warning", overdue=True, most=5)
    assert [(each["assignee"], each["total"], len(each["tasks"])) for each in found["assignees"]] == [
        ("张三", 1, 1)
    ]
