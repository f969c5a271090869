"""People, plans, contacts and their records over HTTP, on a real database."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from contracts.followups import ContactHeld, FollowUpRecorded, PersonChanged, PlanChanged
from contracts.registry import decode
from services.shared.database import Database
from tests.records_rig import NOW, RecordsRig

CALL = (NOW - timedelta(hours=2)).isoformat()


@pytest.fixture
async def rig(databases: dict[str, Database], tmp_path: Path) -> RecordsRig:
    """Two customers, the first with an opportunity."""
    rig = RecordsRig(databases, tmp_path)
    await rig.load("customers", "客户名称\n远山科技有限公司\n近水有限公司")
    await rig.load("opportunities", "客户名称,商机名称,当前阶段\n远山科技有限公司,产线改造,谈判")
    return rig


async def sent(rig: RecordsRig, method: str, path: str, *, status: int = 201, **body: Any) -> Any:  # noqa: ANN401 -- JSON
    """The answer to a body, which must have this status."""
    response = await rig.request(method, path, json=body)
    assert response.status_code == status, response.text
    return response.json()


async def refused(rig: RecordsRig, method: str, path: str, **more: Any) -> tuple[int, str]:  # noqa: ANN401 -- as httpx
    """The status and the code of a refusal."""
    response = await rig.request(method, path, **more)
    assert response.headers["content-type"] == "application/problem+json", response.text
    return response.status_code, response.json()["code"]


async def far(rig: RecordsRig) -> str:
    """The id of the first customer."""
    return str((await rig.customer("远山科技有限公司")).customer_id)


async def near(rig: RecordsRig) -> str:
    """The id of the second customer."""
    return str((await rig.customer("近水有限公司")).customer_id)


async def told_records(rig: RecordsRig) -> list[FollowUpRecorded]:
    """What was said about records of contacts, in order."""
    told = [decode(envelope) for envelope in await rig.said("followups")]
    return [data for data in told if isinstance(data, FollowUpRecorded)]


async def test_a_contact_is_held_then_written_down_by_the_record_that_fits(rig: RecordsRig) -> None:
    """R110, R111: the contact is open until a record names it, which it does by itself."""
    customer = await far(rig)
    person = (await sent(rig, "POST", "/v1/people", name="张三"))["person_id"]
    contact = await sent(
        rig, "POST", "/v1/contacts-held", customer_id=customer, person_id=person, held_at=CALL, channel="call"
    )
    assert (contact["is_recorded"], contact["sequence"]) == (False, 1)
    said = decode((await rig.said("followups"))[-1])
    assert isinstance(said, ContactHeld)
    assert (str(said.contact_held_id), str(said.customer_id), str(said.person_id)) == (
        contact["contact_held_id"],
        customer,
        person,
    )

    record = await sent(
        rig,
        "POST",
        "/v1/follow-ups",
        customer_id=customer,
        person_id=person,
        occurred_at=CALL,
        summary="谈了价格",
    )
    assert record["contact_held_id"] == contact["contact_held_id"]
    assert [str(data.contact_held_id) for data in await told_records(rig)] == [contact["contact_held_id"]]
    assert (await rig.ask("/v1/contacts-held", recorded=False))["items"] == []
    shown = (await rig.ask("/v1/contacts-held", recorded=True, customer=customer, channel="call"))["items"]
    assert [each["is_recorded"] for each in shown] == [True]

    path = f"/v1/follow-ups/{record['follow_up_id']}"
    deleted = await rig.request("DELETE", path, params={"reason": "写错客户"})
    assert (deleted.status_code, deleted.json()["deleted_because"]) == (200, "写错客户")
    assert [data.deleted for data in await told_records(rig)] == [False, True]
    assert (await rig.ask(f"/v1/contacts-held/{contact['contact_held_id']}"))["is_recorded"] is False
    assert (await rig.ask("/v1/follow-ups"))["items"] == []
    assert len((await rig.ask("/v1/follow-ups", deleted=True))["items"]) == 1
    assert (await rig.ask(path))["deleted_because"] == "写错客户"
    assert await refused(rig, "PATCH", path, json={"summary": "x"}) == (409, "follow-up-deleted")


async def test_a_contact_that_is_told_after_its_record_is_written_down_by_the_nearest(
    rig: RecordsRig,
) -> None:
    """A4: telephony may come late."""
    customer = await far(rig)
    for hours in (20, 2):
        at = (NOW - timedelta(hours=hours)).isoformat()
        await sent(rig, "POST", "/v1/follow-ups", customer_id=customer, occurred_at=at)
    contact = await sent(rig, "POST", "/v1/contacts-held", customer_id=customer, held_at=CALL)
    assert contact["is_recorded"] is True
    early, late = (await rig.ask("/v1/follow-ups"))["items"]
    assert (early["contact_held_id"], late["contact_held_id"]) == (None, contact["contact_held_id"])
    assert (late["sequence"], [data.contact_held_id for data in await told_records(rig)][-1]) == (
        2,
        UUID(contact["contact_held_id"]),
    )


async def test_an_imported_record_writes_a_contact_down_too(rig: RecordsRig) -> None:
    contact = await sent(rig, "POST", "/v1/contacts-held", customer_id=await far(rig), held_at=CALL)
    report = await rig.load("follow_ups", f"客户名称,跟进时间,沟通方式\n远山科技有限公司,{CALL},电话")
    assert report.counts.created == 1, report.rejected
    assert (await rig.ask(f"/v1/contacts-held/{contact['contact_held_id']}"))["is_recorded"] is True


async def test_a_correction_keeps_what_the_record_was(rig: RecordsRig) -> None:
    """A correction changes it in place; the versions before stay in its history."""
    record = await sent(
        rig, "POST", "/v1/follow-ups", customer_id=await far(rig), occurred_at=CALL, feedback="不需要"
    )
    path = f"/v1/follow-ups/{record['follow_up_id']}"
    assert (await rig.ask(f"{path}/history"))["items"] == []
    rig.now += timedelta(hours=3)
    changed = await sent(rig, "PATCH", path, status=200, feedback=None, channel="visit", responded=True)
    assert (changed["sequence"], changed["feedback"], changed["recorded_at"]) == (
        2,
        None,
        record["recorded_at"],
    )
    same = await sent(rig, "PATCH", path, status=200, channel="visit")
    assert same == changed
    await sent(rig, "PATCH", path, status=200, need_raised=True)
    history = (await rig.ask(f"{path}/history"))["items"]
    assert [(each["sequence"], each["feedback"], each["channel"]) for each in history] == [
        (1, "不需要", None),
        (2, None, "visit"),
    ]
    assert history[0]["replaced_at"] == changed["updated_at"]
    page = await rig.ask(f"{path}/history", limit=1)
    assert page["items"] == history[:1]
    assert (await rig.ask(f"{path}/history", after=page["next"]))["items"] == history[1:]
    assert [data.need_raised for data in await told_records(rig)] == [False, False, True]
    assert "不需要" not in (await rig.said("followups"))[0].model_dump_json()


async def test_records_are_found_by_every_filter(rig: RecordsRig) -> None:
    customer, opportunity = await far(rig), (await rig.opportunity("产线改造")).opportunity_id
    person = (await sent(rig, "POST", "/v1/people", name="张三"))["person_id"]
    bodies: dict[str, dict[str, Any]] = {
        "甲": {"opportunity_id": str(opportunity), "channel": "visit"},
        "乙": {"person_id": person},
        "丙": {"occurred_at": (NOW - timedelta(days=3)).isoformat()},
    }
    for summary, body in bodies.items():
        await sent(
            rig,
            "POST",
            "/v1/follow-ups",
            **{"customer_id": customer, "occurred_at": CALL, "summary": summary, **body},
        )
    queries: tuple[tuple[dict[str, Any], str], ...] = (
        ({}, "甲乙丙"),
        ({"customer": customer}, "甲乙丙"),
        ({"customer": await near(rig)}, ""),
        ({"opportunity": str(opportunity)}, "甲"),
        ({"person": person}, "乙"),
        ({"channel": "visit"}, "甲"),
        ({"since": CALL}, "甲乙"),
        ({"until": CALL}, "丙"),
    )
    for query, expected in queries:
        found = (await rig.ask("/v1/follow-ups", **query))["items"]
        assert (query, "".join(each["summary"] for each in found)) == (query, expected)


async def test_what_cannot_be_meant_is_refused_with_its_reason(rig: RecordsRig) -> None:
    customer, other = await far(rig), await near(rig)
    opportunity = str((await rig.opportunity("产线改造")).opportunity_id)
    contact = (await sent(rig, "POST", "/v1/contacts-held", customer_id=customer, held_at=CALL))[
        "contact_held_id"
    ]
    said = len(await rig.said("followups"))
    good = {"customer_id": customer, "occurred_at": CALL}
    bodies: tuple[tuple[dict[str, Any], str], ...] = (
        ({**good, "customer_id": str(uuid4())}, "unknown-reference"),
        ({**good, "person_id": str(uuid4())}, "unknown-reference"),
        ({**good, "customer_id": other, "opportunity_id": opportunity}, "reference-of-another-customer"),
        ({**good, "customer_id": other, "contact_held_id": contact}, "reference-of-another-customer"),
        ({**good, "sumary": "x"}, "invalid-request"),
        ({**good, "occurred_at": "2025-03-01T09:00:00"}, "invalid-request"),
        ({**good, "occurred_at": None}, "invalid-request"),
        ({**good, "occurred_at": "2025-03-05T00:00:00Z"}, "in-future"),
        ({**good, "responded": "yes"}, "invalid-request"),
        ({**good, "summary": "长" * 4001}, "invalid-request"),
        ({**good, "summary": "\u0000"}, "invalid-request"),
    )
    for body, code in bodies:
        assert (body, *await refused(rig, "POST", "/v1/follow-ups", json=body)) == (body, 422, code)
    moved = await refused(rig, "PATCH", f"/v1/contacts-held/{contact}", json={"customer_id": other})
    assert moved == (422, "invalid-request")
    for path in ("follow-ups", "contacts-held", "people", "plans"):
        for method in ("GET", "PATCH"):
            answer = await refused(rig, method, f"/v1/{path}/{uuid4()}", json={})
            assert (path, answer[0]) == (path, 404)
    assert len(await rig.said("followups")) == said


async def test_a_change_is_made_once_and_only_to_the_version_that_was_seen(rig: RecordsRig) -> None:
    body = {"customer_id": await far(rig), "held_at": CALL}
    key = {"Idempotency-Key": "call-1"}
    first = await rig.request("POST", "/v1/contacts-held", json=body, headers=key)
    again = await rig.request("POST", "/v1/contacts-held", json=body, headers=key)
    assert (first.status_code, again.json(), again.headers["etag"]) == (201, first.json(), '"1"')
    assert await rig.types_said("followups") == ["contact_held"]

    path = f"/v1/contacts-held/{first.json()['contact_held_id']}"
    seen = {"If-Match": first.headers["etag"]}
    changed = await rig.request("PATCH", path, json={"channel": "call"}, headers=seen)
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    assert await refused(rig, "PATCH", path, json={"channel": "visit"}, headers=seen) == (
        412,
        "precondition-failed",
    )
    known = await rig.request("GET", path, headers={"If-None-Match": '"2"'})
    assert known.status_code == 304
    assert await rig.types_said("followups") == ["contact_held", "contact_held"]


async def test_people_are_entered_and_changed_and_nobody_is_above_themselves(rig: RecordsRig) -> None:
    boss = await sent(rig, "POST", "/v1/people", name="王五", title="销售经理")
    worker = await sent(rig, "POST", "/v1/people", name="张三", manager_id=boss["person_id"])
    path = f"/v1/people/{boss['person_id']}"
    circle = {"manager_id": worker["person_id"]}
    assert await refused(rig, "PATCH", path, json=circle) == (422, "circle-of-people")
    assert await refused(rig, "PATCH", path, json={"lead_id": boss["person_id"]}) == (422, "own-superior")
    assert await refused(rig, "PATCH", path, json={"name": None}) == (422, "invalid-request")
    assert await refused(rig, "POST", "/v1/people", json={"name": " "}) == (422, "invalid-request")
    deputy = await sent(rig, "PATCH", path, status=200, deputy_id=worker["person_id"], title=None)
    assert (deputy["deputy_id"], deputy["title"], deputy["sequence"]) == (worker["person_id"], None, 2)

    of_boss = (await rig.ask("/v1/people", manager=boss["person_id"]))["items"]
    assert [each["name"] for each in of_boss] == ["张三"]
    assert [each["name"] for each in (await rig.ask("/v1/people", q="五"))["items"]] == ["王五"]
    told = [decode(envelope) for envelope in await rig.said("followups")]
    assert [data.name for data in told if isinstance(data, PersonChanged)] == ["王五", "张三", "王五"]
    await rig.load("people", "姓名,职务\n张三,销售代表")
    assert (await rig.ask(f"/v1/people/{worker['person_id']}"))["title"] == "销售代表"


async def test_a_plan_by_hand_names_who_carries_it_out(rig: RecordsRig) -> None:
    """R097, R218."""
    owner, assignee = [await sent(rig, "POST", "/v1/people", name=name) for name in ("张三", "李四")]
    plan = await sent(
        rig,
        "POST",
        "/v1/plans",
        customer_id=await far(rig),
        due_at=CALL,
        expected_outcome="确认方案",
        owner_id=owner["person_id"],
        assignee_id=assignee["person_id"],
    )
    assert plan["assignee_id"] == assignee["person_id"]
    listed = await rig.ask("/v1/plans", assignee=assignee["person_id"])
    assert [each["plan_id"] for each in listed["items"]] == [plan["plan_id"]]
    assert (await rig.ask("/v1/plans", assignee=owner["person_id"]))["items"] == []
    path = f"/v1/plans/{plan['plan_id']}"
    unknown = {"assignee_id": str(uuid4())}
    assert await refused(rig, "PATCH", path, json=unknown) == (422, "unknown-reference")
    changed = await rig.request("PATCH", path, json={"assignee_id": None})
    assert changed.json()["assignee_id"] is None
    told = [decode(envelope) for envelope in await rig.said("followups")]
    assert [str(data.assignee_id) for data in told if isinstance(data, PlanChanged)] == [
        assignee["person_id"],
        "None",
    ]


async def test_a_plan_by_hand_has_a_deadline_and_an_expected_outcome(rig: RecordsRig) -> None:
    """R095."""
    good: dict[str, Any] = {
        "customer_id": await far(rig),
        "due_at": CALL,
        "expected_outcome": "确认方案",
    }
    for missing in ("due_at", "expected_outcome", "customer_id"):
        body = {name: value for name, value in good.items() if name != missing}
        assert await refused(rig, "POST", "/v1/plans", json=body) == (422, "invalid-request")
    plan = await sent(rig, "POST", "/v1/plans", **good, milestone_at=CALL, channel="visit")
    path = f"/v1/plans/{plan['plan_id']}"
    assert await refused(rig, "PATCH", path, json={"due_at": None}) == (422, "invalid-request")
    changed = await rig.request("PATCH", path, json={"status": "done"})
    assert (changed.json()["status"], changed.json()["sequence"]) == ("done", 2)
    told = [decode(envelope) for envelope in await rig.said("followups")]
    assert [(data.status, data.has_outcome) for data in told if isinstance(data, PlanChanged)] == [
        ("open", True),
        ("done", True),
    ]
    assert [each["plan_id"] for each in (await rig.ask("/v1/plans", status="done"))["items"]] == [
        plan["plan_id"]
    ]
