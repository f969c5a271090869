"""Tasks as the work of people: heard from the rules, listed, done and put aside."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from contracts.identity import new_id
from contracts.rules import (
    MissingRole,
    Recipient,
    Subject,
    TaskEscalated,
    TaskRaised,
    TaskResolved,
    TaskState,
    TaskStatus,
)
from contracts.text import Severity, TaskKind, Text
from services.shared.database import Database
from tests.records_rig import NOW, RecordsRig

CUSTOMER, OPPORTUNITY, TASK = UUID(int=1), UUID(int=2), UUID(int=3)


@pytest.fixture
def rig(databases: dict[str, Database], tmp_path: Path) -> RecordsRig:
    """Nobody and nothing yet."""
    return RecordsRig(databases, tmp_path)


def a_task(event: type[TaskState] = TaskRaised, **fields: Any) -> TaskState:  # noqa: ANN401 -- any field
    """A task about a stalled opportunity, which asks for cause and remedy."""
    told = {
        "task_id": TASK,
        "status": TaskStatus.OPEN,
        "kind": TaskKind.WARNING,
        "severity": Severity.WARNING,
        "rule": "opportunity_stalled",
        "rung": "warn",
        "ruleset_version": 1,
        "subject": Subject(kind="opportunity", id=OPPORTUNITY),
        "subject_name": "产线改造",
        "customer_id": CUSTOMER,
        "customer_name": "远山科技有限公司",
        "title": Text(zh="商机停滞", en="stalled"),
        "assignee": Recipient(role="owner", person_id=UUID(int=9), name="张三", resolved_from="owner"),
        "anchor": NOW - timedelta(days=14),
        "rung_at": NOW,
        "raised_at": NOW,
        "due_at": NOW + timedelta(days=3),
        "completes": "person",
        "asks": ("cause", "remedy"),
        "cures": ("progressed_at",),
    }
    return event.model_validate({**told, **fields})


async def hear(rig: RecordsRig, task: TaskState, *, sequence: int) -> None:
    """Let the rules say a task."""
    await rig.rules_say(task, record_id=task.task_id, sequence=sequence, customer=task.customer_id)


async def test_a_task_is_shown_as_the_rules_told_it_last(rig: RecordsRig) -> None:
    """A4: the highest sequence counts, in whatever order it comes."""
    await hear(rig, a_task(TaskEscalated, rung="manager"), sequence=2)
    await hear(rig, a_task(), sequence=1)
    shown = await rig.ask(f"/v1/tasks/{TASK}")
    assert (shown["rung"], shown["status"], shown["sequence"]) == ("manager", "open", 2)
    assert (shown["customer_name"], shown["assignee"]["name"]) == ("远山科技有限公司", "张三")


async def test_a_task_shows_which_role_is_missing_and_why(rig: RecordsRig) -> None:
    reason = Text(zh="张三没有经理", en="张三 has no manager")
    await hear(rig, a_task(missing_roles=(MissingRole(role="manager", reason=reason),)), sequence=1)

    shown = await rig.ask(f"/v1/tasks/{TASK}")

    assert [(each["role"], each["reason"]["zh"]) for each in shown["missing_roles"]] == [
        ("manager", "张三没有经理")
    ]


async def test_tasks_are_found_by_every_filter(rig: RecordsRig) -> None:
    late, queued = new_id(), new_id()
    queue = Recipient(role="fallback", queue="unassigned", resolved_from="owner")
    await hear(rig, a_task(), sequence=1)
    await hear(rig, a_task(task_id=late, due_at=NOW, kind=TaskKind.REMINDER), sequence=1)
    await hear(rig, a_task(TaskResolved, task_id=queued, status="resolved", assignee=queue), sequence=1)
    cases: tuple[tuple[dict[str, object], set[UUID]], ...] = (
        ({}, {TASK, late, queued}),
        ({"assignee": "张三"}, {TASK, late}),
        ({"assignee": str(UUID(int=9))}, {TASK, late}),
        ({"assignee": "unassigned"}, {queued}),
        ({"status": "open"}, {TASK, late}),
        ({"kind": "reminder"}, {late}),
        ({"overdue": True}, {late}),
        ({"overdue": False}, {TASK, queued}),
        ({"customer": str(uuid4())}, set()),
    )
    for query, expected in cases:
        found = {UUID(each["task_id"]) for each in (await rig.ask("/v1/tasks", **query))["items"]}
        assert (query, found) == (query, expected)


async def test_a_person_completes_a_task_with_the_answers_it_asks_for(rig: RecordsRig) -> None:
    """R134, obligation 4: the words stay here, the event names the fields."""
    await rig.load("people", "姓名\n张三")
    person = (await rig.ask("/v1/people"))["items"][0]["person_id"]
    await hear(rig, a_task(), sequence=1)
    answers = {"cause": "预算延迟", "remedy": "高层沟通"}
    body = {"person": person, "answers": answers}
    response = await rig.request("POST", f"/v1/tasks/{TASK}/complete", json=body)
    assert response.status_code == 200, response.text
    shown = response.json()
    assert (shown["status"], shown["ending"]["answers"]) == ("completed", answers)
    told = (await rig.said("followups"))[-1]
    assert (told.type, told.record, told.sequence) == ("followups.task_completed.v1", f"task/{TASK}", 1)
    assert (told.subject, told.customerid) == (str(OPPORTUNITY), CUSTOMER)
    assert (told.data["person_id"], told.data["answered"]) == (person, ["cause", "remedy"])
    assert "预算延迟" not in told.model_dump_json()


async def test_completing_twice_says_it_once(rig: RecordsRig) -> None:
    await hear(rig, a_task(), sequence=1)
    body = {"answers": {"cause": "预算延迟", "remedy": "高层沟通"}}
    for _ in range(2):
        response = await rig.request("POST", f"/v1/tasks/{TASK}/complete", json=body)
        assert response.status_code == 200
    assert await rig.types_said("followups") == ["task_completed"]


async def test_refusals_have_a_code_and_say_what_is_missing(rig: RecordsRig) -> None:
    await hear(rig, a_task(), sequence=1)
    facts = new_id()
    await hear(rig, a_task(task_id=facts, completes="fact", asks=()), sequence=1)
    filled = {"answers": {"cause": "甲", "remedy": "乙"}}
    cases: tuple[tuple[str, dict[str, Any], int, str, str], ...] = (
        (f"{TASK}/complete", {"answers": {"cause": " "}}, 422, "answers-missing", "cause, remedy"),
        (f"{facts}/complete", {}, 409, "task-needs-facts", "progress of the opportunity"),
        (f"{TASK}/dismiss", {"reason": " "}, 422, "reason-missing", "reason"),
        (f"{uuid4()}/complete", {}, 404, "unknown-task", "no task"),
        (f"{TASK}/complete", {**filled, "person": str(uuid4())}, 422, "unknown-person", "no person"),
    )
    for path, body, status, code, words in cases:
        response = await rig.request("POST", f"/v1/tasks/{path}", json=body)
        problem = response.json()
        assert (path, response.status_code, problem["code"]) == (path, status, code)
        assert words in problem["detail"]
    assert await rig.types_said("followups") == []


async def test_done_on_a_resolved_task_is_accepted_and_changes_nothing(rig: RecordsRig) -> None:
    """Obligation 4."""
    await hear(rig, a_task(TaskResolved, status="resolved", completes="fact"), sequence=1)
    response = await rig.request("POST", f"/v1/tasks/{TASK}/complete", json={})
    assert (response.status_code, response.json()["status"]) == (200, "resolved")
    assert await rig.types_said("followups") == []


async def test_a_dismissed_task_stays_so_whatever_the_rules_said_before_they_heard(rig: RecordsRig) -> None:
    """Obligation 9: a person's ending is final for the episode."""
    await hear(rig, a_task(), sequence=1)
    response = await rig.request("POST", f"/v1/tasks/{TASK}/dismiss", json={"reason": "客户已倒闭"})
    assert (response.status_code, response.json()["ending"]["reason"]) == (200, "客户已倒闭")
    await hear(rig, a_task(TaskEscalated, rung="manager"), sequence=2)
    await hear(rig, a_task(), sequence=3)
    shown = await rig.ask(f"/v1/tasks/{TASK}")
    assert (shown["status"], shown["rung"]) == ("dismissed", "warn")
    assert (await rig.ask("/v1/tasks", status="open"))["items"] == []
    assert await rig.types_said("followups") == ["task_dismissed"]
    told = (await rig.said("followups"))[-1]
    assert "倒闭" not in told.model_dump_json()


async def test_a_person_takes_a_task_on_and_nobody_else_does_then(rig: RecordsRig) -> None:
    await rig.load("people", "姓名\n张三\n李四")
    first, second = [each["person_id"] for each in (await rig.ask("/v1/people"))["items"]]
    await hear(rig, a_task(), sequence=1)
    path = f"/v1/tasks/{TASK}/accept"
    for person in (first, first):
        response = await rig.request("POST", path, json={"person": person})
        assert response.status_code == 200, response.text
    other = await rig.request("POST", path, json={"person": second})
    assert (other.status_code, other.json()["code"], other.json()["person_id"]) == (409, "task-taken", first)
    shown = await rig.ask(f"/v1/tasks/{TASK}")
    assert (shown["acceptance"]["person_id"], shown["status"], shown["version"]) == (first, "open", 2)
    told = [each for each in await rig.said("followups") if each.type == "followups.task_accepted.v1"]
    assert [(each.sequence, each.data["person_id"]) for each in told] == [(1, first)]

    body = {"answers": {"cause": "甲", "remedy": "乙"}}
    done = await rig.request("POST", f"/v1/tasks/{TASK}/complete", json=body)
    assert (done.json()["status"], done.json()["version"]) == ("completed", 3)
    assert (await rig.said("followups"))[-1].sequence == 2
    late = await rig.request("POST", path, json={"person": first})
    assert (late.status_code, late.json()["code"]) == (409, "task-ended-otherwise")
    nobody = await rig.request("POST", path, json={"person": str(uuid4())})
    assert (nobody.status_code, nobody.json()["code"]) == (422, "unknown-person")


async def test_a_task_is_done_in_the_version_that_was_seen_and_once_for_a_key(rig: RecordsRig) -> None:
    await hear(rig, a_task(), sequence=1)
    seen = (await rig.request("GET", f"/v1/tasks/{TASK}")).headers["etag"]
    await hear(rig, a_task(TaskEscalated, rung="manager"), sequence=2)
    path, body = f"/v1/tasks/{TASK}/dismiss", {"reason": "客户已倒闭"}
    stale = await rig.request("POST", path, json=body, headers={"If-Match": seen})
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition-failed")
    now = (await rig.request("GET", f"/v1/tasks/{TASK}")).headers["etag"]
    answers = [
        await rig.request("POST", path, json=body, headers={"If-Match": now, "Idempotency-Key": "k"})
        for _ in range(2)
    ]
    assert [each.status_code for each in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert await rig.types_said("followups") == ["task_dismissed"]
