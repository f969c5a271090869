"""The work of a week over the routes alone: nothing is imported, everything is entered by hand."""

# ruff: noqa: E501 -- rules stand here as people write them

from typing import Any

from services.client import Json
from tests.acceptance.story import Story, Telling, local

RECORDS = """
clock: record_contact
title: {zh: 填写跟进记录, en: Record of a contact}
subject: customer
starts_at: unrecorded_since
ladder:
  - {id: nudge,  at: 30min, do: {notify: {to: owner, title: {zh: "请填写{customer.name}", en: "Write down {customer.name}"}}}}
  - {id: breach, at: 24h,   do: {task: {to: owner, severity: breach, title: {zh: "{customer.name}未记录", en: "No record of {customer.name}"}}}}
"""
STALLED = """
clock: stalled
title: {zh: 停滞, en: stalled}
subject: opportunity
starts_at: {latest_of: [progressed_at, held_until]}
while: {status: open}
ladder:
  - {id: warn, at: 14d, do: {task: {to: owner, severity: warning, title: {zh: "{opportunity.name}停滞", en: "{opportunity.name} stalls"}}}}
"""


def at(moment: str) -> str:
    """An instant of local time, as it is sent."""
    return local(moment).isoformat()


async def sent(told: Story, method: str, path: str, **body: Any) -> Json:  # noqa: ANN401 -- any field
    """Send a body, which is taken; then all is settled."""
    answer = await told.http.request(method, path, json=body)
    assert answer.is_success, answer.text
    await told.settle()
    shown: Json = answer.json()
    return shown


async def a_customer(told: Story) -> tuple[str, str]:
    """Enter a seller and a customer of theirs; return the ids of both, the customer's first."""
    seller = (await sent(told, "POST", "/v1/people", name="王海涛"))["person_id"]
    customer = await sent(
        told,
        "POST",
        "/v1/customers",
        name="甲公司",
        industry="机械制造",
        employee_range="100-500人",
        source="行业展会",
        first_contact_at=at("2025-03-03T09:00"),
        owner_id=seller,
        contact={"name": "刘七", "title": "采购经理", "phone": "021-55556666"},
    )
    return customer["customer_id"], seller


async def test_a_contact_is_held_asked_for_written_down_and_asked_for_again_when_that_is_deleted(
    story: Telling,
) -> None:
    """R110, R111: the contact comes from telephony, its record from the person."""
    async with story(RECORDS, at="2025-03-03T10:00") as told:
        customer, seller = await a_customer(told)
        contact = await sent(
            told,
            "POST",
            "/v1/contacts-held",
            customer_id=customer,
            person_id=seller,
            held_at=at("2025-03-03T09:50"),
            channel="call",
        )
        await told.at("2025-03-03T10:20")
        assert [each["rung"] for each in (await told.why("甲公司"))["notices"]] == ["nudge"]
        (notice,) = await told.every("/v1/notices", person=seller, read=False)
        assert (notice["rung"], notice["title"]["zh"], notice["customer_id"]) == (
            "nudge",
            "请填写甲公司",
            customer,
        )
        await sent(told, "POST", f"/v1/notices/{notice['notice_id']}/read", person=seller)
        assert await told.every("/v1/notices", person=seller, read=False) == []
        await told.at("2025-03-04T09:50")
        assert await told.open() == ["甲公司/record_contact/breach"]
        assert (await told.only_task())["assignee"]["person_id"] == seller

        record = await sent(
            told,
            "POST",
            "/v1/follow-ups",
            customer_id=customer,
            person_id=seller,
            occurred_at=at("2025-03-03T09:30"),
            summary="谈了交付周期",
        )
        assert record["contact_held_id"] == contact["contact_held_id"]
        assert await told.open() == []
        assert await told.every("/v1/contacts-held", recorded=False) == []

        path = f"/v1/follow-ups/{record['follow_up_id']}"
        deleted = await told.http.delete(path, params={"reason": "记在了别的客户名下"})
        assert deleted.is_success, deleted.text
        await told.settle()
        assert await told.open() == ["甲公司/record_contact/breach"]


async def test_an_opportunity_stalls_moves_rests_and_is_won(story: Telling) -> None:
    """R133, K19: what a person does about it over HTTP ends the warning; a win makes a customer."""
    async with story(STALLED, at="2025-03-03T10:00") as told:
        customer, seller = await a_customer(told)
        opened = await sent(
            told,
            "POST",
            "/v1/opportunities",
            customer_id=customer,
            name="产线改造",
            owner_id=seller,
            stage="proposal",
            expected_amount={"amount": "300000.00", "currency": "CNY"},
        )
        path = f"/v1/opportunities/{opened['opportunity_id']}"
        await told.at("2025-03-17T10:00")
        assert await told.open() == ["产线改造/stalled/warn"]
        accepted = f"/v1/tasks/{(await told.only_task())['task_id']}/accept"
        assert (await sent(told, "POST", accepted, person=seller))["acceptance"]["person_id"] == seller
        await sent(told, "PATCH", path, competition="B公司")
        assert await told.open() == ["产线改造/stalled/warn"]
        await sent(told, "POST", f"{path}/stage", stage="negotiation")
        assert await told.open() == []

        await sent(told, "POST", f"{path}/hold", until=at("2025-05-01T09:00"), reason="预算延迟")
        await told.at("2025-04-10T10:00")
        assert await told.open() == []
        await sent(told, "POST", f"{path}/resume")
        await told.at("2025-04-24T10:00")
        assert await told.open() == ["产线改造/stalled/warn"]

        assert (await told.customer("甲公司"))["lifecycle"] == "prospect"
        await sent(told, "POST", f"{path}/win")
        assert await told.open() == []
        assert (await told.customer("甲公司"))["lifecycle"] == "customer"
        history = await told.every(f"{path}/history")
        assert [each["event"] for each in history] == [
            "opportunity_updated",
            "stage_changed",
            "opportunity_held",
            "opportunity_resumed",
            "opportunity_won",
        ]


async def test_what_was_entered_a_moment_ago_is_named_by_the_next_request(story: Telling) -> None:
    """Whoever enters a customer enters what belongs to it at once, whichever service has it."""
    async with story(STALLED, at="2025-03-03T10:00") as told:
        person = await told.http.post("/v1/people", json={"name": "王海涛"})
        customer = await told.http.post(
            "/v1/customers",
            json={
                "name": "甲公司",
                "industry": "机械制造",
                "employee_range": "100-500人",
                "source": "行业展会",
                "first_contact_at": at("2025-03-03T09:00"),
                "owner_id": person.json()["person_id"],
                "contact": {"name": "刘七", "title": "采购经理"},
            },
        )
        assert customer.status_code == 201, customer.text
        about = {"customer_id": customer.json()["customer_id"]}
        for path, body in (
            ("/v1/opportunities", {"name": "产线改造", "owner_id": person.json()["person_id"]}),
            ("/v1/plans", {"expected_outcome": "签约", "due_at": at("2025-03-10T09:00")}),
            ("/v1/contacts-held", {"held_at": at("2025-03-03T09:50")}),
            ("/v1/follow-ups", {"occurred_at": at("2025-03-03T09:50")}),
        ):
            answer = await told.http.post(path, json={**about, **body})
            assert answer.status_code == 201, (path, answer.text)
