"""A rung escalates once in its episode; who was asked instead of whom is shown as long as it holds."""

from collections.abc import Sequence

from contracts.rules import TaskEscalated, TaskRaised, TaskReassigned, TaskState
from services.shared.database import Database
from tests import builders
from tests.rules_rig import RULES, RulesRig, files_of

WORKING = RULES.replace("at: 14d", "at: 2wd").replace("at: 16d", "at: 4wd")
SLOWER, LONGER = ["2025-07-03"], ["2025-07-01..2025-07-04"]
"""Holidays that move the second rung into the future, and both of them."""


def _files(holidays: Sequence[str] = (), *, rules: str = WORKING) -> dict[str, str]:
    return {**files_of(rules), "calendar.yaml": f"extra_holidays: [{', '.join(holidays)}]\n"}


async def _publish(rig: RulesRig, *editions: Sequence[str]) -> None:
    for holidays in editions:
        assert await rig.edit(_files(holidays)) == ()
        await rig.settle()


async def _escalated(databases: dict[str, Database]) -> tuple[RulesRig, TaskState]:
    """A task that reached its second rung five days after the opportunity stalled, on Saturday."""
    rig = await RulesRig(databases["rules"], files=_files()).start()
    manager = builders.person("钱经理")
    owner = builders.person("孙销售", manager_id=manager.person_id)
    customer = builders.customer()
    opportunity = builders.opportunity(customer.customer_id, owner_id=owner.person_id)
    await rig.hear(manager, owner, customer, opportunity)
    for days in (2, 3):
        rig.clock.advance(days=days)
        await rig.settle()
    (task,) = await rig.open_tasks()
    return rig, task


async def test_a_holiday_that_is_entered_lets_an_escalated_task_fall_to_the_lower_rung(
    databases: dict[str, Database],
) -> None:
    rig, before = await _escalated(databases)

    await _publish(rig, SLOWER)

    (after,) = await rig.open_tasks()
    assert (before.rung, after.rung, after.watchers) == ("manager", "warn", ())
    assert [entry.rung for entry in after.history] == ["warn", "manager"]


async def test_a_holiday_that_is_taken_back_does_not_escalate_again(databases: dict[str, Database]) -> None:
    rig, before = await _escalated(databases)

    await _publish(rig, SLOWER, [], SLOWER, [])

    (after,) = await rig.open_tasks()
    assert (after.rung, after.watchers, after.history) == (before.rung, before.watchers, before.history)
    assert len(await rig.said(TaskEscalated)) == 1
    assert len(await rig.said(TaskReassigned)) == 4


async def test_a_task_that_was_resolved_and_opened_again_does_not_escalate_again(
    databases: dict[str, Database],
) -> None:
    rig, before = await _escalated(databases)
    await _publish(rig, LONGER)
    assert await rig.open_tasks() == []

    await _publish(rig, SLOWER, [])

    (after,) = await rig.open_tasks()
    assert (after.task_id, after.rung, after.history) == (before.task_id, "manager", before.history)
    assert len(await rig.said(TaskEscalated)) == 1
    assert len(await rig.said(TaskRaised)) == 2


async def test_a_task_names_the_role_that_is_missing_until_the_person_arrives(
    databases: dict[str, Database],
) -> None:
    rig = await RulesRig(databases["rules"]).start()
    owner = builders.person("孙销售")
    customer = builders.customer()
    stalled = builders.opportunity(customer.customer_id, owner_id=owner.person_id)
    await rig.hear(owner, customer, stalled)
    rig.clock.advance(days=17)
    await rig.settle()
    (before,) = await rig.open_tasks()

    manager = builders.person("钱经理")
    await rig.hear(manager)
    await rig.hear(owner.model_copy(update={"manager_id": manager.person_id}), sequence=2)
    await rig.settle()

    (after,) = await rig.open_tasks()
    assert [(each.role, each.reason.zh) for each in before.missing_roles] == [("manager", "孙销售没有经理")]
    assert [watcher.queue for watcher in before.watchers] == ["unassigned"]
    assert after.missing_roles == ()
    assert [watcher.name for watcher in after.watchers] == ["钱经理"]
    assert len(await rig.said(TaskReassigned)) == 1
