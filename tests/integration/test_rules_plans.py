"""Plans that fall due, by the shipped rules: who is reminded, when, and what ends it."""

from datetime import timedelta

import pytest

from contracts.rules import TaskResolved, TaskState
from contracts.vocabulary import PlanStatus
from services.hosting.shipped import RULES
from services.shared.database import Database
from tests import builders
from tests.builders import NOW
from tests.rule_files import files_in
from tests.rules_rig import RulesRig

FILES = {name: text for name, text in files_in(RULES).items() if name in ("plans.yaml", "roles.yaml")}
HOUR = timedelta(hours=1)
MANAGER = builders.person("钱经理")
OWNER = builders.person("孙销售", manager_id=MANAGER.person_id)
EXPERT = builders.person("周工")
CUSTOMER = builders.customer(owner_id=OWNER.person_id)


@pytest.fixture
async def rig(databases: dict[str, Database]) -> RulesRig:
    """One customer with its owner, whose manager is known, and an expert."""
    started = await RulesRig(databases["rules"], files=FILES).start()
    await started.hear(MANAGER, OWNER, EXPERT, CUSTOMER)
    return started


async def only_task(rig: RulesRig) -> TaskState:
    (task,) = await rig.open_tasks()
    return task


async def test_a_plan_made_for_another_reminds_that_person_at_its_time_of_day(rig: RulesRig) -> None:
    """R218: to the second, with the customer's name."""
    plan = builders.plan(CUSTOMER.customer_id, NOW + HOUR, assignee_id=EXPERT.person_id)
    await rig.hear(plan)
    rig.clock.advance(minutes=59, seconds=59)
    await rig.settle()
    assert await rig.open_tasks() == []

    rig.clock.advance(seconds=1)
    await rig.settle()

    task = await only_task(rig)
    assert (task.assignee.name, task.rung_at, task.lateness_seconds) == ("周工", NOW + HOUR, 0)
    assert (task.title.zh, task.subject.kind) == ("计划到期：华东精密制造有限公司", "plan")
    assert task.cures == ("status", "due_at")


@pytest.mark.parametrize("owner_id", [OWNER.person_id, None], ids=["its own", "its customer's"])
async def test_a_plan_without_an_assignee_reminds_its_owner(rig: RulesRig, owner_id: object) -> None:
    """R218: the plan's owner, else the customer's."""
    await rig.hear(builders.plan(CUSTOMER.customer_id, NOW, owner_id=owner_id))
    assert (await only_task(rig)).assignee.name == "孙销售"


async def test_after_two_working_days_the_manager_of_the_owner_watches(rig: RulesRig) -> None:
    await rig.hear(builders.plan(CUSTOMER.customer_id, NOW, assignee_id=EXPERT.person_id))

    rig.clock.advance(days=2)
    await rig.settle()

    task = await only_task(rig)
    assert (task.rung, task.severity, task.assignee.name) == ("manager", "warning", "周工")
    assert [watcher.name for watcher in task.watchers] == ["钱经理"]


async def test_another_assignee_takes_the_task_over(rig: RulesRig) -> None:
    plan = builders.plan(CUSTOMER.customer_id, NOW, assignee_id=EXPERT.person_id)
    await rig.hear(plan)
    before = await only_task(rig)

    await rig.hear(plan.model_copy(update={"assignee_id": MANAGER.person_id}), sequence=2)

    after = await only_task(rig)
    assert (after.task_id, after.assignee.name) == (before.task_id, "钱经理")


async def test_an_assignee_is_shown_under_a_changed_name(rig: RulesRig) -> None:
    await rig.hear(builders.plan(CUSTOMER.customer_id, NOW, assignee_id=EXPERT.person_id))

    await rig.hear(EXPERT.model_copy(update={"name": "周工程师"}), sequence=2)
    await rig.settle()

    assert (await only_task(rig)).assignee.name == "周工程师"


async def test_an_assignee_who_becomes_known_later_gets_the_task(rig: RulesRig) -> None:
    later = builders.person("吴工")
    await rig.hear(builders.plan(CUSTOMER.customer_id, NOW, assignee_id=later.person_id))
    task = await only_task(rig)
    assert (task.assignee.name, [each.role for each in task.missing_roles]) == ("孙销售", ["assignee"])

    await rig.hear(later)
    await rig.settle()

    task = await only_task(rig)
    assert (task.assignee.name, task.missing_roles) == ("吴工", ())


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"status": PlanStatus.DONE}, "状态已是已完成"),
        ({"due_at": NOW + 24 * HOUR}, "截止时间已是 2025-07-01 18:00"),
    ],
    ids=["done", "moved"],
)
async def test_a_reminder_ends_when_the_plan_is_done_or_its_deadline_moves(
    rig: RulesRig, change: dict[str, object], reason: str
) -> None:
    plan = builders.plan(CUSTOMER.customer_id, NOW, assignee_id=EXPERT.person_id)
    await rig.hear(plan)

    await rig.hear(plan.model_copy(update=change), sequence=2)

    assert await rig.open_tasks() == []
    (ended,) = await rig.said(TaskResolved)
    assert isinstance(ended, TaskResolved)
    assert ended.resolution
    assert ended.resolution.zh == reason


async def test_a_moved_deadline_reminds_anew(rig: RulesRig) -> None:
    plan = builders.plan(CUSTOMER.customer_id, NOW, assignee_id=EXPERT.person_id)
    await rig.hear(plan)
    first = await only_task(rig)
    await rig.hear(plan.model_copy(update={"due_at": NOW + 24 * HOUR}), sequence=2)

    rig.clock.advance(days=1)
    await rig.settle()

    assert (await only_task(rig)).task_id != first.task_id


async def test_a_plan_that_fell_due_while_the_service_was_off_reminds_at_its_start(rig: RulesRig) -> None:
    """R218, A3: once, with how late it is."""
    await rig.hear(builders.plan(CUSTOMER.customer_id, NOW + HOUR, assignee_id=EXPERT.person_id))
    rig.clock.advance(hours=15)

    again = await RulesRig(rig.database, clock=rig.clock, files=FILES).start()
    await again.settle()

    task = await only_task(again)
    assert (task.rung, task.rung_at, task.raised_at) == ("due", NOW + HOUR, NOW + 15 * HOUR)
    assert task.lateness_seconds == 14 * 3600
