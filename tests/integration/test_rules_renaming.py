"""A rule or rung that says what it was (`was`) keeps its tasks and notices; one that does not is another."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from contracts.customers import CustomerState
from contracts.followups import TaskCompleted, TaskDismissed
from contracts.rules import (
    NoticeGiven,
    ProfileDecided,
    TaskEscalated,
    TaskRaised,
    TaskReassigned,
    TaskResolved,
    TaskState,
)
from services.rules.queries import WhyView, why
from services.rules.tables import obligations, subjects
from services.shared.database import Database
from tests import builders
from tests.builders import NOW
from tests.rules_rig import RULES, RulesRig, files_of

DAY = timedelta(days=1)
STAGES = "stage: [need_analysis, proposal, negotiation, signing]"
LADDER = """
  - {id: nudge, at: 10d, do: {notify: {to: owner, title: "{opportunity.name}请跟进"}}}
  - {id: warn, at: 14d,"""
TOLD = RULES.replace("\n  - {id: warn, at: 14d,", LADDER)
BY_RULE = TOLD.replace("clock: stalled", "clock: stall\nwas: stalled")
BY_RUNG = TOLD.replace("id: warn,", "id: first, was: warn,").replace("id: nudge,", "id: tap, was: nudge,")
BY_BOTH = BY_RUNG.replace("clock: stalled", "clock: stall\nwas: stalled")
TWICE = BY_BOTH.replace("clock: stall\nwas: stalled", "clock: standstill\nwas: [stall, stalled]")


@pytest.fixture
async def rig(databases: dict[str, Database]) -> RulesRig:
    return await RulesRig(databases["rules"], files=files_of(TOLD)).start()


async def _stalled(rig: RulesRig, *, days: int = 15) -> TaskState:
    customer = builders.customer()
    await rig.hear(customer, builders.opportunity(customer.customer_id, progressed_at=NOW - days * DAY))
    (task,) = await rig.open_tasks()
    return task


async def _publish(rig: RulesRig, *editions: str) -> None:
    for rules in editions:
        assert await rig.edit(files_of(rules)) == ()
        await rig.settle()


async def _why(rig: RulesRig, task: TaskState, rule: str) -> WhyView:
    async with rig.database.session() as session:
        return await why(
            session, rig.active.current, subject=str(task.subject.id), rule=rule, now=rig.clock.now()
        )


@pytest.mark.parametrize(
    ("editions", "rule", "rung"),
    [
        ([BY_RULE], "stall", "warn"),
        ([BY_RUNG], "stalled", "first"),
        ([BY_BOTH], "stall", "first"),
        ([BY_BOTH, TWICE], "standstill", "first"),
        ([TWICE], "standstill", "first"),
    ],
    ids=["the rule", "a rung", "both", "twice", "twice at once"],
)
async def test_an_open_task_takes_the_new_names_and_is_not_raised_anew(
    rig: RulesRig, editions: list[str], rule: str, rung: str
) -> None:
    before = await _stalled(rig)
    raised = len(await rig.said(TaskRaised))

    await _publish(rig, *editions)

    (after,) = await rig.open_tasks()
    assert (after.task_id, after.rule, after.rung) == (before.task_id, rule, rung)
    assert (after.raised_at, after.due_at) == (before.raised_at, before.due_at)
    assert [entry.rung for entry in after.history] == [rung]
    assert len(await rig.said(TaskRaised)) == raised
    assert await rig.said(TaskEscalated, TaskResolved) == []
    assert len(await rig.said(TaskReassigned)) == len(editions)


async def test_the_ledger_names_the_rule_as_it_is_called_now(rig: RulesRig) -> None:
    task = await _stalled(rig)

    await _publish(rig, BY_RULE)

    async with rig.database.session() as session:
        query = select(obligations.c.rule).where(obligations.c.task_id == task.task_id)
        assert (await session.execute(query)).scalar_one() == "stall"


async def test_a_renamed_rung_escalates_once_as_before(rig: RulesRig) -> None:
    await _stalled(rig)
    await _publish(rig, BY_BOTH)

    rig.clock.advance(days=2)
    await rig.settle()

    (task,) = await rig.open_tasks()
    assert [entry.rung for entry in task.history] == ["first", "manager"]
    assert len(await rig.said(TaskEscalated)) == 1


@pytest.mark.parametrize("ending", [TaskCompleted, TaskDismissed])
async def test_what_a_person_ended_stays_ended_and_is_found_under_the_new_name(
    rig: RulesRig, ending: type[TaskCompleted | TaskDismissed]
) -> None:
    task = await _stalled(rig)
    await rig.hear(ending(task_id=task.task_id, customer_id=task.customer_id, ended_at=NOW))

    await _publish(rig, TWICE)

    assert await rig.open_tasks() == []
    (found,) = (await _why(rig, task, "standstill")).tasks
    assert (found.task_id, found.rule, found.rung) == (task.task_id, "standstill", "first")
    assert found.status in ("completed", "dismissed")


async def test_a_resolved_task_is_opened_again_under_its_id_by_the_renamed_rule(rig: RulesRig) -> None:
    task = await _stalled(rig)
    await _publish(rig, TOLD.replace(STAGES, "stage: [first_contact]"))
    (resolved,) = await rig.said(TaskResolved)

    await _publish(rig, BY_BOTH)

    assert isinstance(resolved, TaskState)
    (again,) = await rig.open_tasks()
    assert (again.task_id, again.raised_at, again.rule) == (task.task_id, task.raised_at, "stall")


async def test_a_notice_is_not_given_again_and_is_found_under_the_new_names(rig: RulesRig) -> None:
    customer = builders.customer()
    opportunity = builders.opportunity(customer.customer_id, progressed_at=NOW - 11 * DAY)
    await rig.hear(customer, opportunity)

    await _publish(rig, BY_BOTH, TWICE)

    assert len(await rig.said(NoticeGiven)) == 1
    async with rig.database.session() as session:
        subject = str(opportunity.opportunity_id)
        view = await why(session, rig.active.current, subject=subject, rule="standstill", now=NOW)
    (notice,) = view.notices
    assert (notice.rule, notice.rung, notice.to) == ("standstill", "tap", "owner")


async def test_why_finds_a_rule_by_its_former_name(rig: RulesRig) -> None:
    task = await _stalled(rig)
    await _publish(rig, BY_RULE)

    view = await _why(rig, task, "stalled")

    assert [clock.rule for clock in view.clocks] == ["stall"]
    assert [found.rule for found in view.tasks] == ["stall"]


async def test_without_was_the_task_ends_and_another_one_is_raised(rig: RulesRig) -> None:
    before = await _stalled(rig)

    await _publish(rig, TOLD.replace("clock: stalled", "clock: stall"))

    (after,) = await rig.open_tasks()
    assert after.task_id != before.task_id
    (resolved,) = await rig.said(TaskResolved)
    assert isinstance(resolved, TaskState)
    assert resolved.resolution is not None
    assert resolved.resolution.en == "the rule no longer exists"


async def test_was_that_is_written_later_takes_the_first_task_up_again(rig: RulesRig) -> None:
    first = await _stalled(rig)
    await _publish(rig, TOLD.replace("clock: stalled", "clock: stall"))

    await _publish(rig, BY_RULE)

    (after,) = await rig.open_tasks()
    assert after.task_id == first.task_id


async def test_an_edit_of_a_renamed_rule_concerns_the_tasks_that_are_stored_under_the_former_name(
    rig: RulesRig,
) -> None:
    task = await _stalled(rig)
    await rig.edit(files_of(BY_RULE))
    await _forget_what_is_due(rig)

    await rig.edit(files_of(BY_RULE.replace(STAGES, "stage: [first_contact]")))

    assert await _due(rig) == {task.subject.id}


async def _forget_what_is_due(rig: RulesRig) -> None:
    async with rig.database.engine.begin() as connection:
        await connection.execute(update(subjects).values(next_check_at=None, facts={}))


async def _due(rig: RulesRig) -> set[UUID]:
    async with rig.database.session() as session:
        query = select(subjects.c.subject_id).where(subjects.c.next_check_at <= rig.clock.now())
        return set((await session.execute(query)).scalars())


def _renamed_decision(rules: str) -> str:
    return rules.replace("decision: grade\n", "decision: ranking\nwas: grade\n")


def _renamed_row(rules: str) -> str:
    return rules.replace("{id: B, if", "{id: rest, was: B, if")


@pytest.mark.parametrize(
    "edit",
    [_renamed_decision, _renamed_row, lambda rules: _renamed_row(_renamed_decision(rules))],
    ids=["the decision", "a row", "both"],
)
async def test_a_renamed_decision_holds_since_when_it_held_before(
    rig: RulesRig, edit: Callable[[str], str]
) -> None:
    customer = builders.customer()
    await rig.hear(customer)
    before = await _decided(rig, customer)
    rig.clock.advance(days=3)

    await _publish(rig, edit(TOLD))

    after = await _decided(rig, customer)
    assert (before[1], after[1]) == (NOW, NOW)
    assert after[0] in ("B", "rest")
    assert len(await rig.said(ProfileDecided)) <= 1


async def _decided(rig: RulesRig, customer: CustomerState) -> tuple[str, object]:
    async with rig.database.session() as session:
        view = await why(
            session, rig.active.current, subject=customer.customer_number, rule=None, now=rig.clock.now()
        )
    (decision,) = view.decisions
    return decision.row, decision.since
