"""One story for each way in which a decision reads facts and chooses a row."""

# ruff: noqa: E501 -- rules and tables stand here as people write them

from tests.acceptance.story import PEOPLE, Telling, shown

UNIQUE = """
decision: attention
title: {zh: 关注程度, en: attention}
subject: customer
returns: {attention: [close, loose], news: bool}
hit: unique
rows:
  - {id: key, if: {tags: has 重点客户}, then: {attention: close, news: true}}
otherwise: {attention: loose, news: false}
"""


async def test_a_row_that_asks_for_a_tag_decides_and_otherwise_the_default(story: Telling) -> None:
    async with story(UNIQUE, at="2025-03-03T09:00") as told:
        await told.load(customers="name,tags\n甲公司,重点客户、老客户\n乙公司,普通\n丙公司,\n")

        assert await told.decided("甲公司") == {"attention": "close", "news": True}
        assert await told.decided("乙公司") == {"attention": "loose", "news": False}
        assert await told.rows("甲公司") == {"attention": "key"}
        assert await told.rows("丙公司") == {"attention": "otherwise"}

        await told.load(customers="name,tags\n甲公司,老客户\n")

        assert await told.decided("甲公司") == {"attention": "loose", "news": False}


FIRST = """
decision: lane
title: {zh: 通道, en: lane}
subject: customer
returns: {lane: [fast, usual, slow]}
hit: first
rows:
  - {id: eager, if: {intent: high}, then: {lane: fast}}
  - {id: some,  if: {intent: not low, need_clear: true}, then: {lane: usual}}
  - {id: rest,  if: {}, then: {lane: slow}}
"""


async def test_under_first_the_uppermost_row_that_matches_decides(story: Telling) -> None:
    """What is not known is not `not low` either."""
    async with story(FIRST, at="2025-03-03T09:00") as told:
        await told.load(
            customers="name,intent,need_clear\n高,高意向,是\n中,中意向,是\n低,低意向,是\n某某,,是\n都无,,\n"
        )

        rows = {name: (await told.rows(name))["lane"] for name in ("高", "中", "低", "某某", "都无")}
        assert rows == {"高": "eager", "中": "some", "低": "rest", "某某": "rest", "都无": "rest"}


PRIORITY = """
decision: value
title: {zh: 价值, en: value}
subject: customer
returns: {value: [gold, silver, iron]}
hit: priority
rows:
  - {id: little, if: {annual_amount: "< 10万"}, then: {value: iron}}
  - {id: some,   if: {annual_amount: "[10万, 50万)"}, then: {value: silver}}
  - {id: much,   if: {annual_amount: ">= 50万"}, then: {value: gold}}
  - {id: beacon, if: {benchmark: true}, then: {value: gold}}
  - {id: none,   if: {annual_amount: null}, then: {value: iron}}
"""


async def test_under_priority_the_best_value_decides_and_amounts_are_exact_at_the_edge(
    story: Telling,
) -> None:
    async with story(PRIORITY, at="2025-03-03T09:00") as told:
        names = ("不足", "刚到十万", "差一分", "刚到五十万", "标杆", "全无")
        await told.load(
            customers="name,benchmark\n" + "\n".join(f"{n},{'是' if n == '标杆' else '否'}" for n in names),
            purchases="customer,product,purchased_at,amount\n"
            "不足,仓储,2025-02-03,99999.99\n"
            "刚到十万,仓储,2025-02-03,10万\n"
            "差一分,仓储,2025-02-03,499999.99\n"
            "刚到五十万,仓储,2025-02-03,20万\n"
            "刚到五十万,维护,2025-02-04,30万\n"
            "标杆,仓储,2025-02-03,1万\n",
        )

        values = {name: (await told.decided(name))["value"] for name in names}
        assert values == {
            "不足": "iron",
            "刚到十万": "silver",
            "差一分": "silver",
            "刚到五十万": "gold",
            "标杆": "gold",
            "全无": "iron",
        }
        assert (await told.rows("标杆"))["value"] == "beacon"
        assert await told.customers(lifecycle="customer") == sorted(set(names) - {"全无"})


async def test_an_amount_counts_for_twelve_months_and_then_the_value_falls_by_itself(story: Telling) -> None:
    async with story(PRIORITY, at="2025-03-03T09:00") as told:
        await told.load(
            customers="name\n甲公司\n",
            purchases="customer,product,purchased_at,amount\n甲公司,仓储,2024-06-10 15:00,50万\n",
        )
        assert await told.decided("甲公司") == {"value": "gold"}

        await told.at("2025-06-10T14:59:59")
        assert await told.decided("甲公司") == {"value": "gold"}

        await told.at("2025-06-10T15:00")
        assert await told.decided("甲公司") == {"value": "iron"}
        assert (await told.rows("甲公司"))["value"] == "little"


AGES = """
decision: warmth
title: {zh: 热度, en: warmth}
subject: customer
returns: {warmth: [warm, cool, cold]}
hit: unique
rows:
  - {id: lately, if: {last_contact_at: within last 7d}, then: {warmth: warm}}
  - {id: while,  if: {last_contact_at: older than 7d, last_response_at: within last 30d}, then: {warmth: cool}}
  - {id: long,   if: {last_contact_at: older than 7d, last_response_at: older than 30d or null}, then: {warmth: cold}}
  - {id: never,  if: {last_contact_at: null}, then: {warmth: cold}}
"""


async def test_ages_move_with_time_and_turn_at_their_instant(story: Telling) -> None:
    async with story(AGES, at="2025-03-03T09:00") as told:
        await told.load(
            customers="name\n甲公司\n乙公司\n",
            follow_ups="customer,occurred_at,channel,responded\n甲公司,2025-03-03 09:00,电话,是\n",
        )
        assert (await told.rows("甲公司"), await told.rows("乙公司")) == (
            {"warmth": "lately"},
            {"warmth": "never"},
        )
        assert shown((await told.why("甲公司"))["next_check_at"]) == "2025-03-10T09:00"

        await told.at("2025-03-10T08:59:59")
        assert await told.decided("甲公司") == {"warmth": "warm"}
        await told.at("2025-03-10T09:00")
        assert await told.decided("甲公司") == {"warmth": "cool"}
        await told.at("2025-04-02T09:00")
        assert await told.decided("甲公司") == {"warmth": "cold"}


STRATA = """
decision: grade
title: {zh: 等级, en: grade}
subject: customer
returns: {grade: [A, B]}
hit: unique
rows:
  - {id: A, if: {intent: high}, then: {grade: A}}
  - {id: B, if: {intent: [mid, low, null]}, then: {grade: B}}
---
decision: cadence
title: {zh: 频率, en: cadence}
subject: customer
returns: {every: duration, channel: [phone, mail]}
hit: unique
rows:
  - {id: A, if: {grade: A}, then: {every: 1w, channel: phone}}
  - {id: B, if: {grade: B}, then: {every: 2w, channel: mail}}
---
clock: touch
title: {zh: 联系, en: touch}
subject: customer
starts_at: {latest_of: [last_contact_at, assigned_at]}
ladder:
  - id: due
    at: "{every}"
    publishes: next_touch_at
    do: {task: {to: owner, title: {zh: "联系{customer.name}({grade}级)", en: "Touch {customer.name} (grade {grade})"}, channel: "{channel}", due: 1wd}}
  - {id: late, at: "{every} + 3wd", do: {task: {to: owner, severity: warning}}}
"""


async def test_a_grade_gives_the_cadence_and_the_cadence_moves_the_clock(story: Telling) -> None:
    async with story(STRATA, at="2025-03-03T09:00") as told:
        await told.load(
            people=PEOPLE,
            customers="name,owner,assigned_at,intent\n甲公司,王海涛,2025-03-03 09:00,中意向\n",
        )
        customer = await told.customer("甲公司")
        assert (customer["grade"], customer["every"]) == ("B", "2w")
        assert shown(customer["next_touch_at"]) == "2025-03-17T09:00"
        assert await told.open() == []

        await told.at("2025-03-13T09:00")
        await told.load(customers="name,intent\n甲公司,高意向\n")

        customer = await told.customer("甲公司")
        assert (customer["grade"], customer["every"]) == ("A", "1w")
        assert shown(customer["next_touch_at"]) == "2025-03-10T09:00"
        task = await told.only_task()
        assert task["title"] == {"zh": "联系甲公司(A级)", "en": "Touch 甲公司 (grade A)"}
        assert (task["rung"], task["channels"], task["grade"]) == ("due", ["phone"], "A")
        assert {reason["rule"] for reason in task["because"]} == {"touch", "cadence", "grade"}


async def test_the_published_date_is_the_customers_next_touch_and_can_be_asked_for(story: Telling) -> None:
    async with story(STRATA, at="2025-03-03T09:00") as told:
        await told.load(
            people=PEOPLE,
            customers="name,owner,assigned_at,intent\n"
            "甲公司,王海涛,2025-03-03 09:00,高意向\n"
            "乙公司,王海涛,2025-03-03 09:00,低意向\n"
            "丙公司,,,高意向\n",
        )

        assert await told.customers(next_touch_before="2025-03-10T09:00:01+08:00") == ["甲公司"]
        assert await told.customers(next_touch_before="2025-03-10T09:00+08:00") == []
        assert await told.customers(next_touch_before="2025-03-20T09:00+08:00") == ["乙公司", "甲公司"]
        assert (await told.customer("丙公司"))["next_touch_at"] is None

        await told.at("2025-03-05T10:00")
        await told.load(follow_ups="customer,occurred_at,channel\n甲公司,2025-03-05 10:00,电话\n")

        assert shown((await told.customer("甲公司"))["next_touch_at"]) == "2025-03-12T10:00"
