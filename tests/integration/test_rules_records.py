"""Whatever arrives in whatever order, about whomever: the tasks are those of the facts as they are now."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from contracts.events import EventData
from contracts.followups import TaskCompleted, TaskDismissed
from contracts.identity import new_id
from contracts.rules import NoticeGiven, TaskState
from services.rules.handlers import loads
from services.shared.database import Database, dead_letters
from tests import builders
from tests.builders import NOW
from tests.rules_rig import ROLES, RULES, RulesRig, files_of

DAY = timedelta(days=1)
LONG_AGO = NOW - 17 * DAY

NOTICE = '{id: manager, at: 16d, do: {notify: {to: owner, title: "停滞16天"}}}'
WITH_NOTICE = RULES.replace("{id: manager, at: 16d, do: {escalate: {to: manager}}}", NOTICE)

READS_GRADE = RULES.replace("while: {status: open,", "while: {status: open, grade: B,")
GRADE_RENAMED = (
    READS_GRADE.replace("[A, B]", "[A, C]")
    .replace("{grade: B}", "{grade: C}")
    .replace("grade: B,", "grade: C,")
)

SHOWS_CADENCE = f"""
decision: cadence
subject: customer
returns: {{every: duration}}
hit: first
rows:
  - {{id: all, if: {{}}, then: {{every: 2w}}}}
---
{RULES.replace("{opportunity.name}停滞", "停滞{every}")}
"""


@pytest.fixture
async def rig(databases: dict[str, Database]) -> RulesRig:
    return await RulesRig(databases["rules"]).start()


async def rig_with(databases: dict[str, Database], rules: str, *, roles: str = ROLES) -> RulesRig:
    return await RulesRig(databases["rules"], files={"roles.yaml": roles, "rules.yaml": rules}).start()


async def the_task(rig: RulesRig) -> TaskState:
    (task,) = await rig.open_tasks()
    return task


async def dead(rig: RulesRig) -> int:
    async with rig.database.session() as session:
        query = select(func.count()).select_from(dead_letters)
        return int((await session.execute(query)).scalar_one())


async def test_an_opportunity_that_moves_takes_its_task_to_the_other_customer(rig: RulesRig) -> None:
    here, there = builders.customer(name="甲公司"), builders.customer(name="乙公司")
    moving = builders.opportunity(here.customer_id, progressed_at=LONG_AGO)
    await rig.hear(here, there, moving)
    before = await the_task(rig)

    await rig.hear(moving.model_copy(update={"customer_id": there.customer_id}), sequence=2)

    after = await the_task(rig)
    assert (after.task_id, after.customer_id) == (before.task_id, there.customer_id)
    assert after.customer_name == "乙公司"


async def test_a_won_opportunity_that_moves_no_longer_counts_where_it_was(rig: RulesRig) -> None:
    here, there = builders.customer(), builders.customer()
    moving = builders.opportunity(
        here.customer_id, status="won", closed_at=NOW - DAY, amount={"amount": "600000", "currency": "CNY"}
    )
    await rig.hear(here, there, moving)

    await rig.hear(moving.model_copy(update={"customer_id": there.customer_id}), sequence=2)

    assert await rig.values(here.customer_id) == {"grade": "B"}
    assert await rig.values(there.customer_id) == {"grade": "A"}


async def test_a_contact_with_another_customer_leaves_the_timer_of_an_opportunity_alone(
    rig: RulesRig,
) -> None:
    ours, other = builders.customer(), builders.customer()
    opportunity = builders.opportunity(ours.customer_id)
    await rig.hear(ours, other, opportunity)
    await rig.hear(builders.follow_up(other.customer_id, opportunity_id=opportunity.opportunity_id))

    rig.clock.advance(days=15)
    await rig.settle()

    assert (await the_task(rig)).subject.id == opportunity.opportunity_id


async def test_a_contact_corrected_to_another_opportunity_is_progress_of_that_one_alone(
    rig: RulesRig,
) -> None:
    customer = builders.customer()
    first, second = (builders.opportunity(customer.customer_id, progressed_at=LONG_AGO) for _ in range(2))
    contact = builders.follow_up(customer.customer_id, opportunity_id=first.opportunity_id)
    await rig.hear(customer, first, second, contact)

    await rig.hear(contact.model_copy(update={"opportunity_id": second.opportunity_id}), sequence=2)

    assert (await the_task(rig)).subject.id == first.opportunity_id


async def test_a_changed_manager_reaches_opportunities_that_the_customers_owner_looks_after(
    rig: RulesRig,
) -> None:
    old, new = builders.person("钱经理"), builders.person("郑经理")
    owner = builders.person("孙销售", manager_id=old.person_id)
    customer = builders.customer(owner_id=owner.person_id)
    unowned = builders.opportunity(customer.customer_id, progressed_at=LONG_AGO)
    await rig.hear(old, new, owner, customer, unowned)

    await rig.hear(owner.model_copy(update={"manager_id": new.person_id}), sequence=2)
    await rig.settle()

    assert [watcher.name for watcher in (await the_task(rig)).watchers] == ["郑经理"]


@pytest.mark.parametrize(
    ("roles", "later"),
    [
        (ROLES.replace("{queue: unassigned}", "{person: 总经理}"), builders.person("总经理")),
        (
            ROLES.replace("{path: [manager]}", "{department: 产品部}"),
            builders.person("总经理", department="产品部"),
        ),
    ],
    ids=["the fallback", "a department"],
)
async def test_somebody_beside_the_owners_superiors_is_asked_from_when_they_are_known(
    databases: dict[str, Database], roles: str, later: EventData
) -> None:
    rig = await rig_with(databases, RULES, roles=roles)
    owner = builders.person("孙销售")
    customer = builders.customer(owner_id=owner.person_id)
    await rig.hear(owner, customer, builders.opportunity(customer.customer_id, progressed_at=LONG_AGO))

    await rig.hear(later)
    await rig.settle()

    assert [watcher.name for watcher in (await the_task(rig)).watchers] == ["总经理"]


async def test_a_person_may_change_while_customers_wait_for_the_new_rules(
    databases: dict[str, Database],
) -> None:
    rig = await rig_with(databases, READS_GRADE)
    owner, customer = builders.person("孙销售"), builders.customer()
    stalled = builders.opportunity(
        customer.customer_id, owner_id=owner.person_id, progressed_at=NOW - 15 * DAY
    )
    await rig.hear(owner, customer, stalled)
    await rig.edit(files_of(GRADE_RENAMED))

    await rig.hear(owner.model_copy(update={"name": "孙小圣"}), sequence=2)
    await rig.settle()

    assert await dead(rig) == 0
    assert (await the_task(rig)).assignee.name == "孙小圣"


async def test_a_person_may_change_before_what_was_loaded_is_evaluated(
    databases: dict[str, Database],
) -> None:
    rig = await rig_with(databases, READS_GRADE)
    owner, customer, load_id = builders.person("孙销售"), builders.customer(), new_id()
    stalled = builders.opportunity(customer.customer_id, owner_id=owner.person_id, progressed_at=LONG_AGO)
    await loads.hold(rig.database, rig.clock, load_id)
    await rig.hear(owner, customer, stalled)
    await loads.end(rig.database, rig.clock, load_id)

    await rig.hear(owner.model_copy(update={"name": "孙小圣"}), sequence=2)
    await rig.settle()

    assert (await the_task(rig)).assignee.name == "孙小圣"


async def test_a_task_follows_the_value_of_its_customer_that_its_title_shows(
    databases: dict[str, Database],
) -> None:
    rig = await rig_with(databases, SHOWS_CADENCE)
    customer = builders.customer()
    await rig.hear(customer, builders.opportunity(customer.customer_id, progressed_at=LONG_AGO))
    before = await the_task(rig)

    await rig.edit(files_of(SHOWS_CADENCE.replace("every: 2w", "every: 3w")))
    await rig.settle()

    assert (before.title.zh, (await the_task(rig)).title.zh) == ("停滞每两周一次", "停滞每3周一次")


async def test_what_is_decided_in_the_shadow_has_no_effect_on_opportunities(
    databases: dict[str, Database],
) -> None:
    rig = await rig_with(databases, READS_GRADE.replace("hit: unique", "hit: unique\nshadow: true"))
    customer = builders.customer()
    await rig.hear(customer, builders.opportunity(customer.customer_id, progressed_at=NOW - 13 * DAY))
    early = builders.opportunity(customer.customer_id, progressed_at=LONG_AGO)

    await rig.hear(early)
    rig.clock.advance(days=2)
    await rig.settle()

    assert await rig.open_tasks() == []


@pytest.mark.parametrize("ending", [TaskCompleted, TaskDismissed])
async def test_nobody_is_told_of_higher_rungs_of_an_episode_that_a_person_ended(
    databases: dict[str, Database], ending: type[TaskCompleted | TaskDismissed]
) -> None:
    rig = await rig_with(databases, WITH_NOTICE)
    customer = builders.customer()
    await rig.hear(customer, builders.opportunity(customer.customer_id, progressed_at=NOW - 15 * DAY))
    task = await the_task(rig)

    await rig.hear(ending(task_id=task.task_id, customer_id=customer.customer_id, ended_at=NOW))
    rig.clock.advance(days=10)
    await rig.settle()

    assert await rig.said(NoticeGiven) == []
