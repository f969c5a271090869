"""Everything about a customer in one list: also what the other services say of it (R119, R026)."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from contracts.rules import (
    NoticeGiven,
    Recipient,
    Subject,
    TaskEscalated,
    TaskRaised,
    TaskResolved,
    TaskState,
    TaskStatus,
)
from contracts.text import Severity, TaskKind, Text
from services.customers.handlers.moments import SHOWN
from services.customers.subscribers import subscriptions
from services.shared.database import Database
from tests.records_rig import NOW, RecordsRig

TASK = UUID(int=3)
WORDS = "客户说:电话 13800000000"
TITLE = Text(zh="该联系了", en="time to call")
ZHANG = Recipient(role="owner", person_id=UUID(int=9), name="张三", resolved_from="owner")


@pytest.fixture
async def rig(databases: dict[str, Database], tmp_path: Path) -> RecordsRig:
    """One customer."""
    rig = RecordsRig(databases, tmp_path)
    await rig.load("customers", "客户名称\n远山科技有限公司")
    return rig


async def customer(rig: RecordsRig) -> UUID:
    """The id of the customer."""
    return (await rig.customer("远山科技有限公司")).customer_id


async def send(rig: RecordsRig, method: str, path: str, **body: Any) -> Any:  # noqa: ANN401 -- JSON
    """Send a body, then deliver all that was said."""
    response = await rig.request(method, path, json=body)
    assert response.is_success, response.text
    await rig.deliver()
    return response.json()


async def moments(rig: RecordsRig) -> list[dict[str, Any]]:
    """What the timeline shows, but for the entry of the customer."""
    items = (await rig.ask(f"/v1/customers/{await customer(rig)}/timeline"))["items"]
    return [each for each in items if each["kind"] != "customer_entered"]


def a_task(event: type[TaskState], customer_id: UUID, **more: object) -> TaskState:
    """A task of the rules about the customer."""
    told = {
        "task_id": TASK,
        "status": TaskStatus.OPEN,
        "kind": TaskKind.REMINDER,
        "severity": Severity.NORMAL,
        "rule": "follow_up_due",
        "rung": "remind",
        "ruleset_version": 1,
        "subject": Subject(kind="customer", id=customer_id),
        "subject_name": "远山科技有限公司",
        "customer_id": customer_id,
        "customer_name": "远山科技有限公司",
        "title": TITLE,
        "assignee": ZHANG,
        "anchor": NOW,
        "rung_at": NOW,
        "raised_at": NOW,
        "completes": "person",
    }
    return event.model_validate({**told, **more})


async def test_contacts_and_plans_stand_where_they_took_place_without_their_words(rig: RecordsRig) -> None:
    told: dict[str, Any] = {"customer_id": str(await customer(rig))}
    held_at, occurred_at = NOW - timedelta(days=3), NOW - timedelta(days=5)
    await send(rig, "POST", "/v1/contacts-held", **told, held_at=held_at.isoformat(), channel="call")
    record = await send(
        rig,
        "POST",
        "/v1/follow-ups",
        **told,
        occurred_at=occurred_at.isoformat(),
        summary=WORDS,
        objection=f"价格太高,{WORDS}",
        feedback=WORDS,
        channel="visit",
    )
    due_at = (NOW + timedelta(days=1)).isoformat()
    await send(rig, "POST", "/v1/plans", **told, due_at=due_at, expected_outcome=WORDS)
    shown = await moments(rig)
    assert [each["kind"] for each in shown] == ["follow_up_recorded", "contact_held", "plan_changed"]
    written, held, plan = shown
    assert (written["record_kind"], written["record_id"]) == ("follow_up", record["follow_up_id"])
    assert (written["data"]["channel"], written["data"]["responded"]) == ("visit", True)
    assert (written["data"]["objection"], held["data"]["channel"]) == ("price", "call")
    assert (plan["data"]["status"], plan["data"]["has_outcome"]) == ("open", True)
    assert "13800000000" not in str(shown)


async def test_a_corrected_record_is_still_one_moment_as_it_is_now(rig: RecordsRig) -> None:
    occurred_at = NOW - timedelta(days=5)
    record = await send(
        *(rig, "POST", "/v1/follow-ups"),
        customer_id=str(await customer(rig)),
        occurred_at=occurred_at.isoformat(),
    )
    path = f"/v1/follow-ups/{record['follow_up_id']}"
    await send(rig, "PATCH", path, occurred_at=(occurred_at - timedelta(days=1)).isoformat(), channel="visit")
    (shown,) = await moments(rig)
    assert (shown["occurred_at"], shown["data"]["channel"]) == ("2025-02-25T01:00:00Z", "visit")
    await rig.request("DELETE", path, params={"reason": "错误"})
    await rig.deliver()
    assert [each["data"]["deleted"] for each in await moments(rig)] == [True]


async def test_tasks_and_notices_are_shown_with_who_is_asked_and_what_became_of_them(rig: RecordsRig) -> None:
    customer_id = await customer(rig)
    later = a_task(TaskEscalated, customer_id, rung="escalate")
    for sequence, task in enumerate((a_task(TaskRaised, customer_id), later), start=1):
        rig.now += timedelta(hours=1)
        await rig.rules_say(task, record_id=TASK, sequence=sequence, customer=customer_id)
    rig.now += timedelta(hours=1)
    await send(rig, "POST", f"/v1/tasks/{TASK}/dismiss", reason=WORDS)
    rig.now += timedelta(hours=1)
    ended = a_task(TaskResolved, customer_id, status=TaskStatus.DISMISSED)
    await rig.rules_say(ended, record_id=TASK, sequence=3, customer=customer_id)
    notice = NoticeGiven(
        notice_id=UUID(int=4),
        rule="grade_changed",
        rung="tell",
        ruleset_version=1,
        subject=Subject(kind="customer", id=customer_id),
        customer_id=customer_id,
        customer_name="远山科技有限公司",
        title=TITLE,
        recipient=ZHANG,
        rung_at=rig.now,
        given_at=rig.now,
    )
    rig.now += timedelta(hours=1)
    await rig.rules_say(notice, record_id=notice.notice_id, sequence=1, customer=customer_id)
    shown = await moments(rig)
    kinds = ["task_raised", "task_escalated", "task_dismissed", "task_resolved", "notice_given"]
    assert [each["kind"] for each in shown] == kinds
    assert [each["record_id"] for each in shown[:4]] == [str(TASK)] * 4
    raised, told = shown[0]["data"], shown[4]["data"]
    assert (raised["title"]["en"], raised["assignee"]["name"], raised["rung"]) == (
        "time to call",
        "张三",
        "remind",
    )
    assert (told["rule"], told["recipient"]["person_id"]) == ("grade_changed", str(ZHANG.person_id))
    assert "13800000000" not in str(shown)


def test_all_that_is_shown_is_heard_and_is_there() -> None:
    assert set(SHOWN) <= set(subscriptions().handlers)
    for event, names in SHOWN.items():
        assert set(names) <= set(event.model_fields)
