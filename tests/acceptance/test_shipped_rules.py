"""The rules that ship, through imports and time: the virtual-time tests of the rule language's design."""

from dataclasses import replace
from datetime import UTC

import pytest

from services.hosting.shipped import RULES
from tests.acceptance.story import PEOPLE, Stage, Story, Telling, local, shown

CUSTOMER = """
name,owner,assigned_at,intent,need_clear,need_important,potential,urgency
甲公司,王海涛,2025-01-06 09:00,中意向,是,是,高,中
"""


async def test_grade_and_cadence_follow_each_other(story: Telling) -> None:
    """R070, R080, R082: 120,000 a year is B, every two weeks; at 500,000 it is A, weekly, at once."""
    async with story(RULES, at="2025-03-03T09:00") as told:
        await told.load(
            people=PEOPLE,
            customers=CUSTOMER,
            purchases="customer,product,purchased_at,amount\n甲公司,仓储,2025-01-06 09:00,12万\n",
            follow_ups="customer,occurred_at,channel,responded\n甲公司,2025-03-03 09:00,电话,是\n",
        )
        customer = await told.customer("甲公司")
        assert (customer["grade"], customer["every"], customer["lifecycle"]) == ("B", "2w", "customer")
        assert shown((await told.why("甲公司"))["next_check_at"]) == "2025-03-17T09:00"

        await told.at("2025-03-13T09:00")
        await told.load(purchases="customer,product,purchased_at,amount\n甲公司,扩容,2025-03-13 08:00,38万\n")
        customer = await told.customer("甲公司")
        assert (customer["grade"], customer["every"]) == ("A", "1w")
        assert (await told.rows("甲公司"))["grade_by_value"] == "A-amount"
        task = await told.only_task()
        assert (task["rule"], task["rung"], task["grade"]) == ("followup_due", "due", "A")
        # A grade that changed is not lateness: it counts from the purchase being heard.
        assert task["lateness_seconds"] == 0
        assert shown(task["rung_at"]) == "2025-03-10T09:00"

        await told.at("2025-03-14T09:00")
        await told.load(
            follow_ups="customer,occurred_at,channel,responded\n甲公司,2025-03-14 09:00,电话,是\n"
        )
        assert await told.open() == []

        await told.at("2025-03-21T09:00")
        assert await told.open() == ["甲公司/followup_due/due"]


STALL = """
customer,name,owner,stage,stage_entered_at,progressed_at
甲公司,产线,王海涛,{stage},{at},{at}
"""


async def test_a_stall_over_the_national_day_week(story: Telling) -> None:
    """R133, R134: 14 days, then two working days after the holidays; a new stage is a new beginning."""
    async with story(RULES, at="2025-09-19T10:00") as told:
        await told.load(
            people=PEOPLE,
            customers="name,owner\n甲公司,王海涛\n",
            opportunities=STALL.format(stage="proposal", at="2025-09-19 10:00"),
        )

        async def stalled() -> list[tuple[str, str]]:
            found = await told.tasks()
            return [(t["rung"], t["task_id"]) for t in found if t["rule"] == "opportunity_stalled"]

        await told.at("2025-10-03T09:59")
        assert await stalled() == []
        assert shown((await told.why("产线"))["next_check_at"]) == "2025-10-03T10:00"
        await told.at("2025-10-03T10:00")
        ((rung, task_id),) = await stalled()
        assert rung == "warn"
        await told.at("2025-10-10T17:59")
        assert await stalled() == [("warn", task_id)]
        await told.at("2025-10-10T18:00")
        assert await stalled() == [("manager", task_id)]

        await told.at("2025-10-13T09:00")
        await told.load(opportunities=STALL.format(stage="negotiation", at="2025-10-13 09:00"))
        assert await stalled() == []
        assert shown((await told.why("产线"))["next_check_at"]) == "2025-10-27T09:00"


async def test_stage_signing_makes_the_matrix_count_and_the_risk_of_silence_needs_a_customer(
    story: Telling,
) -> None:
    """R073, R147, K2: who is at signing is graded by potential and urgency, a customer by amount."""
    async with story(RULES, at="2025-06-30T18:00") as told:
        await told.load(
            people=PEOPLE,
            customers="name,owner,assigned_at,intent,potential,urgency,lifecycle\n"
            "签约中,王海涛,2025-06-23 09:00,低意向,高,高,\n"
            "老客户,王海涛,2024-06-03 09:00,低意向,高,高,\n"
            "潜在,王海涛,2025-01-06 09:00,低意向,高,高,\n"
            "流失,王海涛,2024-06-03 09:00,高意向,高,高,流失客户\n",
            opportunities="customer,name,owner,stage,stage_entered_at\n"
            "签约中,产线,王海涛,签约,2025-06-25 10:00\n",
            purchases="customer,product,purchased_at,amount\n老客户,仓储,2025-01-06 09:00,60万\n",
            follow_ups="customer,occurred_at,channel,responded\n"
            "老客户,2025-03-30 18:00,电话,是\n潜在,2025-03-30 18:00,电话,是\n",
        )
        customers = [await told.customer(name) for name in ("签约中", "老客户", "潜在", "流失")]
        assert [(c["lifecycle"], c["grade"]) for c in customers] == [
            ("signing", "A"),
            ("customer", "A"),
            ("prospect", "C"),
            ("lost", "C"),
        ]
        assert (await told.rows("签约中"))["grade"] == "signing-A"
        assert await told.customers(churn_risk="true") == ["老客户"]
        assert "老客户/churn_revisit/risk" in await told.open()
        assert not [task for task in await told.open() if task.startswith("流失/")]
        assert (await told.customer("签约中"))["decided"]["owner_level"] == "director"


async def _quiet_customer(told: Story) -> None:
    await told.load(
        people=PEOPLE,
        customers="name,owner,assigned_at,intent\n乙公司,王海涛,2025-05-12 15:00,低意向\n",
        follow_ups="customer,occurred_at,channel,responded\n乙公司,2025-05-12 15:00,电话,是\n",
    )


async def test_after_90_silent_days_a_small_prospect_sleeps_and_is_not_followed_up(story: Telling) -> None:
    """R077, R083, R148, K17: its open reminder resolves; a response wakes it."""
    async with story(RULES, at="2025-05-12T15:00") as told:
        await _quiet_customer(told)
        assert await told.customers(grade="C", dormant="false") == ["乙公司"]

        await told.at("2025-06-12T15:00")
        assert await told.open() == ["乙公司/followup_due/due"]
        await told.at("2025-08-10T14:59:59")
        assert await told.open() == ["乙公司/followup_due/tell"]
        assert await told.customers(dormant="true") == []

        await told.at("2025-08-10T15:00")
        assert await told.open() == []
        assert await told.customers(dormant="true") == ["乙公司"]
        resolved = await told.only_task(status="resolved")
        assert resolved["rule"] == "followup_due"
        assert (await told.customer("乙公司"))["next_touch_at"] is None

        await told.load(
            follow_ups="customer,occurred_at,channel,responded\n乙公司,2025-08-10 15:00,电话,是\n"
        )
        assert await told.customers(dormant="false") == ["乙公司"]
        assert shown((await told.customer("乙公司"))["next_touch_at"]) == "2025-09-10T15:00"


@pytest.mark.parametrize(
    ("contact", "rungs"),
    [
        ("2025-03-30 18:00", ["risk"]),
        ("2025-03-30 18:01", []),
        ("2025-03-23 18:00", ["tell"]),
    ],
)
async def test_a_customer_silent_for_three_months_is_to_be_visited(
    story: Telling, contact: str, rungs: list[str]
) -> None:
    """R088, R147: to the minute; five working days later the manager knows."""
    async with story(RULES, at="2025-06-30T18:00") as told:
        await told.load(
            people=PEOPLE,
            customers="name,owner,assigned_at\n丙公司,王海涛,2024-06-03 09:00\n",
            purchases="customer,product,purchased_at,amount\n丙公司,仓储,2025-01-06 09:00,20万\n",
            follow_ups=f"customer,occurred_at,channel\n丙公司,{contact},电话\n",
        )
        visits = [task for task in await told.tasks() if task["rule"] == "churn_revisit"]
        assert [task["rung"] for task in visits] == rungs
        assert await told.customers(churn_risk="true") == (["丙公司"] if rungs else [])


PLANS = """
客户名称,跟进阶段,负责人,执行人,截止时间
甲公司,方案呈现,王海涛,李思敏,2025-03-12 15:00
甲公司,需求调研,王海涛,,2025-03-12
"""


async def test_plans_remind_who_carries_them_out_at_their_time_and_after_the_system_was_off(
    stage: Stage,
) -> None:
    """R097, R218: the executor at the time of day; what fell due meanwhile at the start, saying how late."""
    async with stage.place(RULES, at="2025-03-10T09:00") as place:
        async with stage.opened(place) as told:
            await told.load(people=PEOPLE, customers="name,owner\n甲公司,王海涛\n", plans=PLANS)
            await told.at("2025-03-12T14:59:59")
            assert await told.tasks() == []
            await told.at("2025-03-12T15:00")
            task = await told.only_task()
            assert (task["assignee"]["name"], task["rung"], task["lateness_seconds"]) == ("李思敏", "due", 0)
            assert task["title"]["zh"] == "计划到期：甲公司"

        later = replace(place, instant=local("2025-03-13T08:30").astimezone(UTC))
        async with stage.opened(later) as told:
            await told.settle()
            of_seller = await told.only_task(assignee="王海涛")
            assert (shown(of_seller["rung_at"]), of_seller["lateness_seconds"]) == (
                "2025-03-13T00:00",
                int(8.5 * 3600),
            )
            await told.load(plans="客户名称,跟进阶段,跟进状态\n甲公司,方案呈现,已完成\n")
            assert [task["assignee"]["name"] for task in await told.tasks()] == ["王海涛"]
