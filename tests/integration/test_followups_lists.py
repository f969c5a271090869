"""Lists of tasks: the most urgent first, page by page, and how many each person has."""

from datetime import datetime, timedelta
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
async def test_of_equal_severity_what_is_overdue_longest_comes_first_and_then_what_is_due_sooner(
    rig: RecordsRig, limit: int
) -> None:
    """A task without a deadline stands where its rung was reached."""
    later = await add(rig, due_at=NOW + 8 * DAY)
    without = await add(rig, due_at=None, rung_at=NOW - 30 * DAY)
    soon = await add(rig, due_at=NOW + DAY)
    stated = await add(rig, due_at=NOW + 2 * DAY, overdue_at=NOW - 3 * DAY)
    late = await add(rig, due_at=NOW - DAY)
    latest = await add(rig, due_at=NOW)

    assert await ids(rig, limit=limit, order="urgency") == [without, stated, late, latest, soon, later]
    assert await ids(rig, limit=limit, order="urgency", overdue=True) == [stated, late, latest]
    assert await ids(rig, limit=limit, order="urgency", overdue=False) == [without, soon, later]


PLACES: tuple[dict[str, Any], ...] = (
    {"severity": "breach", "overdue_at": NOW + 9 * DAY},
    {"severity": "warning", "overdue_at": NOW - 2 * DAY, "grade": "C"},
    {"severity": "warning", "overdue_at": NOW - DAY, "grade": "A"},
    {"severity": "warning", "overdue_at": NOW - DAY, "grade": "B", "amount": {"amount": "900000.00"}},
    {"severity": "warning", "overdue_at": NOW - DAY, "grade": "B", "amount": {"amount": "1000.00"}},
    {"severity": "warning", "overdue_at": NOW - DAY, "grade": "B"},
    {"severity": "warning", "overdue_at": NOW - DAY, "amount": {"amount": "2000000.00"}},
    {"severity": "normal", "overdue_at": NOW - 30 * DAY, "grade": "A", "amount": {"amount": "5000000.00"}},
)
"""Tasks in the order of a list: severity, how long overdue, grade, amount."""


@pytest.mark.parametrize("limit", [1, 3, 100])
async def test_tasks_are_listed_by_severity_then_how_long_overdue_then_grade_then_amount(
    rig: RecordsRig, limit: int
) -> None:
    """R079, R204: what is worst comes first, and of the same that which is worth most."""
    added = [await add(rig, **fields) for fields in reversed(PLACES)]

    assert await ids(rig, limit=limit, order="urgency", status="open") == added[::-1]
    rig.now += 40 * DAY
    assert await ids(rig, limit=limit, order="urgency", status="open") == added[::-1]


async def test_a_task_says_since_when_it_is_overdue(rig: RecordsRig) -> None:
    """A rung can state that it is late while the deadline that a person was given lies ahead."""
    since = NOW - 3 * DAY
    task = await add(rig, due_at=NOW + DAY, overdue_at=since)
    soon = await add(rig, due_at=NOW + DAY)

    shown = await rig.ask(f"/v1/tasks/{task}")
    assert (shown["is_overdue"], datetime.fromisoformat(shown["overdue_since"])) == (True, since)
    not_yet = await rig.ask(f"/v1/tasks/{soon}")
    assert (not_yet["is_overdue"], not_yet["overdue_since"]) == (False, None)
    (person,) = (await rig.ask("/v1/tasks/by-assignee", status="open"))["assignees"]
    assert (person["total"], person["overdue"]) == (2, 1)


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
