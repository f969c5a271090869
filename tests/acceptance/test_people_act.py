"""What people are told, what they are asked, and what their answers do."""

# ruff: noqa: E501 -- rules and tables stand here as people write them

import io

import httpx
from rich.console import Console

from services.report.why import draw_why, read_why
from services.report.words import Words
from tests.acceptance.story import PEOPLE, SHANGHAI, Story, Telling, shown

ASKING = """
clock: stalled
title: {zh: 停滞, en: stalled}
subject: opportunity
starts_at: progressed_at
while: {status: open}
ladder:
  - {id: warn,    at: 14d, do: {task: {to: owner, severity: warning, title: {zh: "{opportunity.name}停滞", en: "{opportunity.name} stalls"}}}}
  - {id: manager, at: 16d, do: {escalate: {to: manager}}}
completes: person
asks: [cause, remedy]
"""


async def _stall(told: Story) -> str:
    await told.load(
        people=PEOPLE,
        customers="name,owner\n甲公司,王海涛\n",
        opportunities="customer,name,owner,stage,stage_entered_at\n甲公司,产线,王海涛,proposal,2025-03-03 10:00\n",
    )
    task_id: str = (await told.only_task())["task_id"]
    return task_id


async def _complete(told: Story, task_id: str, **answers: str) -> httpx.Response:
    return await told.http.post(f"/v1/tasks/{task_id}/complete", json={"answers": answers})


async def _drawn(told: Story, subject: str) -> str:
    """What `genjin why` prints."""
    why = await read_why(told.client, subject, rule=None)
    page = io.StringIO()
    Console(file=page, width=200).print(draw_why(why, Words("zh", SHANGHAI, why.view.as_of)))
    return page.getvalue()


async def test_a_task_that_asks_is_done_with_all_answers_and_its_higher_rungs_stop(story: Telling) -> None:
    async with story(ASKING, at="2025-03-17T10:00") as told:
        task_id = await _stall(told)
        assert (await told.only_task())["asks"] == ["cause", "remedy"]

        refused = await _complete(told, task_id, cause="客户预算推迟", remedy="  ")
        assert (refused.status_code, refused.json()["code"]) == (422, "answers-missing")
        assert "remedy" in refused.json()["detail"]
        assert "cause" not in refused.json()["detail"]
        assert await told.open() == ["产线/stalled/warn"]

        done = await _complete(told, task_id, cause="客户预算推迟", remedy="下周二高层拜访")
        assert (done.status_code, done.json()["status"]) == (200, "completed")
        again = await _complete(told, task_id, cause="客户预算推迟", remedy="下周二高层拜访")
        assert again.status_code == 200
        assert again.json()["ending"] == done.json()["ending"]

        await told.at("2025-03-19T10:00")
        assert await told.open() == []
        kept = await told.only_task(status="completed")
        assert (kept["task_id"], kept["rung"]) == (task_id, "warn")
        assert kept["ending"]["answers"] == {"cause": "客户预算推迟", "remedy": "下周二高层拜访"}
        assert [task["status"] for task in (await told.why("产线"))["tasks"]] == ["completed"]
        drawn = await _drawn(told, "产线")
        assert "remedy: 下周二高层拜访" in drawn
        assert "已完成" in drawn

        await told.load(
            opportunities="customer,name,stage,progressed_at\n甲公司,产线,proposal,2025-03-19 09:00\n"
        )
        await told.at("2025-04-02T09:00")
        assert (await told.only_task())["task_id"] != task_id


BY_FACT = """
clock: talk
title: {zh: 联系, en: talk}
subject: customer
starts_at: {latest_of: [last_contact_at, assigned_at]}
while: {lifecycle: not lost}
ladder:
  - {id: due, at: 7d, do: {task: {to: owner, title: {zh: "联系{customer.name}", en: "Talk to {customer.name}"}}}}
"""
ASSIGNED = "name,owner,assigned_at\n甲公司,王海涛,2025-03-03 09:00\n"


async def test_done_does_not_end_a_task_that_only_facts_end_and_says_which(story: Telling) -> None:
    async with story(BY_FACT, at="2025-03-11T09:00") as told:
        await told.load(people=PEOPLE, customers=ASSIGNED)
        task = await told.only_task()
        assert "last_contact_at" in task["cures"]

        refused = await _complete(told, task["task_id"])
        assert (refused.status_code, refused.json()["code"]) == (409, "task-needs-facts")
        assert "a recorded contact with the customer" in refused.json()["detail"]
        assert await told.open() == ["甲公司/talk/due"]

        await told.load(follow_ups="customer,occurred_at,channel\n甲公司,2025-03-11 08:00,电话\n")
        assert await told.open() == []
        accepted = await _complete(told, task["task_id"])
        assert (accepted.status_code, accepted.json()["status"]) == (200, "resolved")
        assert accepted.json()["ending"] is None


async def test_dismissing_needs_a_reason_and_lasts_until_the_next_episode(story: Telling) -> None:
    async with story(BY_FACT, at="2025-03-11T09:00") as told:
        await told.load(people=PEOPLE, customers=ASSIGNED)
        task_id = (await told.only_task())["task_id"]
        person = (await told.client.get("/v1/people"))["items"][0]

        refused = await told.http.post(f"/v1/tasks/{task_id}/dismiss", json={"reason": " "})
        assert (refused.status_code, refused.json()["code"]) == (422, "reason-missing")
        dismissed = await told.http.post(
            f"/v1/tasks/{task_id}/dismiss",
            json={"reason": "客户要求四月再联系", "person": person["person_id"]},
        )
        assert dismissed.json()["status"] == "dismissed"
        assert dismissed.json()["ending"]["reason"] == "客户要求四月再联系"

        await told.load(customers="name,tags\n甲公司,重点客户\n")
        assert await told.open() == []
        assert [task["status"] for task in (await told.why("甲公司", "talk"))["tasks"]] == ["dismissed"]
        assert "客户要求四月再联系" in await _drawn(told, "甲公司")
        (task,) = (await read_why(told.client, "甲公司", rule="talk")).as_json()["tasks"]
        assert task["ending"]["reason"] == "客户要求四月再联系"

        await told.load(follow_ups="customer,occurred_at,channel\n甲公司,2025-03-12 08:00,电话\n")
        await told.at("2025-03-19T08:00")
        assert (await told.only_task())["task_id"] != task_id


NOTICE = """
clock: reminder
title: {zh: 提醒, en: reminder}
subject: opportunity
starts_at: updated_at
while: {status: open}
ladder:
  - {id: ask,   at: 1w,  do: {notify: {to: owner, title: {zh: "请更新{opportunity.name}", en: "Please update {opportunity.name}"}}}}
  - {id: again, at: 10d, do: {notify: {to: manager, title: {zh: "{opportunity.name}无更新", en: "No update of {opportunity.name}"}}}}
"""


async def test_a_notice_is_given_once_for_each_episode_and_is_no_task(story: Telling) -> None:
    async with story(NOTICE, at="2025-03-03T10:00") as told:
        await told.load(
            people=PEOPLE,
            customers="name,owner\n甲公司,王海涛\n",
            opportunities="customer,name,owner,stage\n甲公司,产线,王海涛,proposal\n",
        )
        assert (await told.why("产线"))["notices"] == []

        await told.at("2025-03-10T10:00")
        await told.load(customers="name,tags\n甲公司,重点客户\n")
        notices = (await told.why("产线"))["notices"]
        assert [(each["rule"], each["rung"], shown(each["given_at"])) for each in notices] == [
            ("reminder", "ask", "2025-03-10T10:00")
        ]
        assert notices[0]["title"] == {"zh": "请更新产线", "en": "Please update 产线"}
        assert "请更新产线  已于 2025-03-10 10:00 通知负责人" in await _drawn(told, "产线")
        assert [each async for each in told.client.items("/v1/tasks")] == []

        await told.at("2025-03-13T10:00")
        assert [each["rung"] for each in (await told.why("产线"))["notices"]] == ["again", "ask"]

        await told.load(opportunities="customer,name,stage,expected_amount\n甲公司,产线,proposal,30万\n")
        await told.at("2025-03-20T10:00")
        assert [each["rung"] for each in (await told.why("产线"))["notices"]] == ["ask", "again", "ask"]


async def test_after_downtime_only_the_highest_notice_is_given(story: Telling) -> None:
    async with story(NOTICE, at="2025-03-03T10:00") as told:
        await told.load(
            customers="name\n甲公司\n", opportunities="customer,name,stage\n甲公司,产线,proposal\n"
        )
        await told.at("2025-03-20T10:00")
        assert [each["rung"] for each in (await told.why("产线"))["notices"]] == ["again"]
