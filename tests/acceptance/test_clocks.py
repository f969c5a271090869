"""One story for each thing that a clock and its ladder can do, without people doing anything."""

# ruff: noqa: E501 -- rules and tables stand here as people write them

from tests.acceptance.story import PEOPLE, Story, Telling, shown

LADDER = """
clock: stalled
title: {zh: 停滞, en: stalled}
subject: opportunity
starts_at: progressed_at
while: {status: open, stage: not first_contact}
ladder:
  - {id: warn,     at: 14d,       do: {task: {to: owner, severity: warning, title: {zh: "{opportunity.name}停滞", en: "{opportunity.name} stalls"}, due: 3wd}}}
  - {id: manager,  at: 14d + 2wd, do: {escalate: {to: manager, title: {zh: "{opportunity.name}请经理过问", en: "{opportunity.name}: see to it"}}}}
  - {id: director, at: 14d + 5wd, do: {escalate: {to: director}}}
"""
OPPORTUNITY = """
customer,name,owner,stage,stage_entered_at,progressed_at
甲公司,产线,王海涛,{stage},{entered},{entered}
"""


async def _begin(told: Story, *, entered: str, stage: str = "proposal") -> None:
    await told.load(
        people=PEOPLE,
        customers="name,owner\n甲公司,王海涛\n",
        opportunities=OPPORTUNITY.format(stage=stage, entered=entered),
    )


def _watchers(task: dict[str, object]) -> list[str]:
    watchers = task["watchers"]
    assert isinstance(watchers, list)
    return [watcher["name"] for watcher in watchers]


async def test_over_the_national_day_week_working_days_wait_and_the_make_up_saturday_counts(
    story: Telling,
) -> None:
    """Entered on 19 September; 3 October is 14 days later, then 9, 10, 11 (Saturday), 13 and 14 October."""
    later = LADDER.replace("manager,  at: 14d + 2wd", "manager,  at: 14d + 3wd")
    async with story(later, at="2025-09-19T10:00") as told:
        await _begin(told, entered="2025-09-19 10:00")
        assert shown((await told.why("产线"))["next_check_at"]) == "2025-10-03T10:00"

        await told.at("2025-10-03T09:59:59")
        assert await told.open() == []
        await told.at("2025-10-03T10:00")
        raised = await told.only_task()
        assert (raised["rung"], raised["severity"], raised["kind"]) == ("warn", "warning", "warning")
        assert raised["title"]["zh"] == "产线停滞"
        assert (raised["assignee"]["name"], _watchers(raised)) == ("王海涛", [])
        assert shown(raised["due_at"]) == "2025-10-11T18:00"

        await told.at("2025-10-11T17:59:59")
        assert await told.open() == ["产线/stalled/warn"]
        await told.at("2025-10-11T18:00")
        escalated = await told.only_task()
        assert (escalated["rung"], _watchers(escalated)) == ("manager", ["刘佩珊"])
        assert escalated["task_id"] == raised["task_id"]
        assert escalated["assignee"] == raised["assignee"]
        assert escalated["title"]["en"] == "产线: see to it"
        assert (escalated["due_at"], escalated["raised_at"]) == (raised["due_at"], raised["raised_at"])
        assert [step["rung"] for step in escalated["history"]] == ["warn", "manager"]

        await told.at("2025-10-14T18:00")
        top = await told.only_task(overdue=True)
        assert (top["rung"], _watchers(top)) == ("director", ["刘佩珊", "陈国栋"])
        arithmetic = next(each["arithmetic"] for each in top["because"] if each["arithmetic"])
        assert "2025-10-14 18:00" in arithmetic["zh"]
        assert "2025-10-11为调休上班日" in arithmetic["zh"]


async def test_a_task_resolves_when_its_condition_ends_and_reopens_under_the_same_id(story: Telling) -> None:
    async with story(LADDER, at="2025-03-24T10:00") as told:
        await _begin(told, entered="2025-03-03 10:00")
        raised = await told.only_task()
        assert raised["rung"] == "manager"

        await told.load(
            opportunities="customer,name,stage,progressed_at\n甲公司,产线,first_contact,2025-03-03 10:00\n"
        )
        # The stage moved without a date, so progress was made now; put that back where it was.
        assert await told.open() == []
        resolved = await told.only_task(status="resolved")
        assert resolved["task_id"] == raised["task_id"]
        assert resolved["resolution"]["en"]
        why = await told.why("产线", "stalled")
        assert why["clocks"][0]["is_active"] is False
        assert [each["fact"] for each in why["clocks"][0]["why_not"]] == ["stage"]


CURED = """
clock: talk
title: {zh: 联系, en: talk}
subject: customer
starts_at: MODE
while: {lifecycle: not lost, intent: high}
ladder:
  - {id: due, at: 7d, do: {task: {to: owner, due: 1wd}}}
  - {id: late, at: 10d, do: {escalate: {to: manager}}}
"""


async def test_the_same_episode_reopens_with_its_first_dates(story: Telling) -> None:
    async with story(CURED.replace("MODE", "assigned_at"), at="2025-03-10T09:00") as told:
        await told.load(
            people=PEOPLE, customers="name,owner,assigned_at,intent\n甲公司,王海涛,2025-03-03 09:00,high\n"
        )
        raised = await told.only_task()
        assert raised["rung"] == "due"

        await told.at("2025-03-11T09:00")
        await told.load(customers="name,intent\n甲公司,low\n")
        resolved = await told.only_task(status="resolved")
        assert (resolved["task_id"], resolved["resolution"]["zh"]) == (raised["task_id"], "意向度已是低意向")

        await told.at("2025-03-14T09:00")
        await told.load(customers="name,intent\n甲公司,high\n")
        again = await told.only_task()
        kept = ("task_id", "raised_at", "due_at", "anchor")
        assert {name: again[name] for name in kept} == {name: raised[name] for name in kept}
        assert again["rung"] == "late"
        assert again["sequence"] > resolved["sequence"] > raised["sequence"]
        assert again["resolution"] is None


async def test_a_moved_anchor_is_a_new_episode_with_a_task_of_its_own(story: Telling) -> None:
    async with story(
        CURED.replace("MODE", "{latest_of: [last_contact_at, assigned_at]}"), at="2025-03-10T09:00"
    ) as told:
        await told.load(
            people=PEOPLE, customers="name,owner,assigned_at,intent\n甲公司,王海涛,2025-03-03 09:00,high\n"
        )
        first = await told.only_task()

        await told.load(follow_ups="customer,occurred_at,channel\n甲公司,2025-03-10 08:30,电话\n")
        assert await told.open() == []
        assert (await told.only_task(status="resolved"))["resolution"][
            "zh"
        ] == "最近联系已是 2025-03-10 08:30"

        await told.at("2025-03-17T08:30")
        second = await told.only_task()
        assert second["task_id"] != first["task_id"]
        assert shown(second["anchor"]) == "2025-03-10T08:30"


async def test_first_of_starts_at_the_earliest_instant_there_is(story: Telling) -> None:
    async with story(
        CURED.replace("MODE", "{first_of: [first_contact_at, assigned_at]}"), at="2025-03-06T09:00"
    ) as told:
        await told.load(
            people=PEOPLE,
            customers="name,owner,first_contact_at,assigned_at,intent\n"
            "早见,王海涛,2025-03-01 09:00,2025-03-04 09:00,high\n"
            "晚见,王海涛,2025-03-05 09:00,2025-03-04 09:00,high\n"
            "未见,王海涛,,2025-03-05 09:00,high\n"
            "都无,,,,high\n",
        )
        anchors = {
            name: (await told.why(name, "talk"))["clocks"][0]["anchor"]
            for name in ("早见", "晚见", "未见", "都无")
        }
        assert {name: anchor and shown(anchor) for name, anchor in anchors.items()} == {
            "早见": "2025-03-01T09:00",
            "晚见": "2025-03-04T09:00",
            "未见": "2025-03-05T09:00",
            "都无": None,
        }


async def test_after_downtime_there_is_one_task_at_its_highest_rung_and_it_says_how_late(
    story: Telling,
) -> None:
    async with story(LADDER, at="2025-03-03T10:00") as told:
        await _begin(told, entered="2025-03-03 10:00")

        await told.at("2025-03-31T12:00")

        task = await told.only_task()
        assert task["rung"] == "director"
        assert (shown(task["rung_at"]), shown(task["raised_at"])) == ("2025-03-24T18:00", "2025-03-31T12:00")
        assert task["lateness_seconds"] == (6 * 24 + 18) * 3600
        assert shown(task["due_at"]) == "2025-04-03T18:00"
        assert [step["rung"] for step in task["history"]] == ["warn", "manager", "director"]
        assert _watchers(task) == ["刘佩珊", "陈国栋"]
        every = [each async for each in told.client.items("/v1/tasks")]
        assert len(every) == 1


async def test_tasks_change_hands_with_the_owner_and_keep_their_id(story: Telling) -> None:
    async with story(LADDER, at="2025-03-24T10:00") as told:
        await _begin(told, entered="2025-03-03 10:00")
        before = await told.only_task(assignee="王海涛")

        await told.load(opportunities="customer,name,stage,owner\n甲公司,产线,proposal,李思敏\n")

        assert await told.tasks(assignee="王海涛") == []
        after = await told.only_task(assignee="李思敏")
        assert (after["task_id"], after["rung"]) == (before["task_id"], "manager")


async def test_what_nobody_owns_is_listed_as_unassigned(story: Telling) -> None:
    async with story(LADDER, at="2025-03-24T10:00") as told:
        await told.load(
            customers="name\n甲公司\n",
            opportunities="customer,name,stage,stage_entered_at\n甲公司,产线,proposal,2025-03-03 10:00\n",
        )
        task = await told.only_task(assignee="unassigned")
        assert (task["assignee"]["queue"], task["watchers"]) == ("unassigned", [])
