"""The rules service keeps decisions and tasks equal to what rules and facts imply, whatever arrives how."""

import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from contracts.events import EventData
from contracts.followups import TaskCompleted, TaskDismissed
from contracts.identity import new_id
from contracts.rules import (
    GradeDecided,
    NoticeGiven,
    RulesetPublished,
    RulesetRejected,
    TaskEscalated,
    TaskRaised,
    TaskReassigned,
    TaskResolved,
    TaskState,
)
from contracts.vocabulary import CustomerGrade
from services.rules.handlers import loads
from services.rules.handlers.offering import RulesRefusedError
from services.rules.queries import AmbiguousSubjectError, UnknownSubjectError, why
from services.rules.repository import versions
from services.rules.ruleset.loader.directory import read_directory
from services.rules.tables import loads as load_table
from services.rules.tables import subjects
from services.shared.database import Database
from tests import builders
from tests.builders import NOW
from tests.rules_rig import RULES, RulesRig, files_of

DAY = timedelta(days=1)
RULES_DIRECTORY = Path(__file__).parents[2] / "rules"


@pytest.fixture
async def rig(databases: dict[str, Database]) -> RulesRig:
    return await RulesRig(databases["rules"]).start()


async def test_a_purchase_grades_the_customer_and_the_grade_is_said_once(rig: RulesRig) -> None:
    customer = builders.customer()
    await rig.hear(customer)
    await rig.hear(builders.purchase(customer.customer_id, "500000", NOW - DAY))
    await rig.hear(builders.purchase(customer.customer_id, "100", NOW - DAY))

    grades = [event for event in await rig.said(GradeDecided) if isinstance(event, GradeDecided)]

    assert [(grade.previous, grade.grade) for grade in grades] == [
        (None, CustomerGrade.B),
        (CustomerGrade.B, CustomerGrade.A),
    ]
    assert [reason.fact for reason in grades[-1].because] == ["annual_amount"]


async def test_what_is_given_back_lowers_the_grade(rig: RulesRig) -> None:
    customer = builders.customer()
    await rig.hear(customer, builders.purchase(customer.customer_id, "600000", NOW - 2 * DAY))
    await rig.hear(builders.purchase(customer.customer_id, "-400000", NOW - DAY, kind="return"))

    grades = [event.grade for event in await rig.said(GradeDecided) if isinstance(event, GradeDecided)]

    assert grades == [CustomerGrade.A, CustomerGrade.B]


async def test_time_alone_raises_escalates_and_progress_resolves(rig: RulesRig) -> None:
    """R133: stalled for more than two weeks is a warning."""
    manager = builders.person("钱经理")
    owner = builders.person("孙销售", manager_id=manager.person_id)
    customer = builders.customer()
    opportunity = builders.opportunity(customer.customer_id, owner_id=owner.person_id)
    await rig.hear(manager, owner, customer, opportunity)

    rig.clock.advance(days=13, hours=23)
    await rig.settle()
    assert await rig.open_tasks() == []
    rig.clock.advance(hours=1)
    await rig.settle()
    rig.clock.advance(days=2)
    await rig.settle()
    moved = opportunity.model_copy(update={"progressed_at": rig.clock.now()})
    await rig.hear(moved, sequence=2)

    said = await rig.said(TaskRaised, TaskEscalated, TaskReassigned, TaskResolved)
    states = [event for event in said if isinstance(event, TaskState)]
    assert [type(state).__name__ for state in states] == ["TaskRaised", "TaskEscalated", "TaskResolved"]
    assert {state.task_id for state in states} == {states[0].task_id}
    assert (states[0].assignee.name, states[0].title.zh, states[0].lateness_seconds) == (
        "孙销售",
        "产线改造停滞",
        0,
    )
    assert [watcher.name for watcher in states[1].watchers] == ["钱经理"]
    assert states[2].resolution is not None
    assert "最近进展" in states[2].resolution.zh


@pytest.mark.parametrize("seed", range(6))
async def test_any_order_with_repeats_ends_in_the_same_state(rig: RulesRig, seed: int) -> None:
    """A4: facts merge without needing order."""
    chance = random.Random(seed)
    customer = builders.customer()
    first = builders.opportunity(customer.customer_id, progressed_at=NOW - 20 * DAY)
    events: list[tuple[EventData, int]] = [
        (customer, 1),
        (customer.model_copy(update={"name": "新名称有限公司"}), 2),
        (first, 1),
        (first.model_copy(update={"progressed_at": NOW - 15 * DAY}), 2),
        (builders.purchase(customer.customer_id, "600000", NOW - DAY), 1),
    ]
    envelopes = [rig.envelopes(event, sequence=sequence)[0] for event, sequence in events]
    deliveries = envelopes + chance.choices(envelopes, k=5)
    chance.shuffle(deliveries)
    while deliveries:
        size = chance.randint(1, 3)
        await rig.deliver(deliveries[:size])
        deliveries = deliveries[size:]

    (task,) = await rig.open_tasks()
    assert (task.anchor, task.rung, task.customer_name) == (NOW - 15 * DAY, "warn", "新名称有限公司")
    assert await rig.values(customer.customer_id) == {"grade": "A"}


async def test_a_load_is_evaluated_once_when_it_ends(rig: RulesRig) -> None:
    """A12: during a load nothing is raised; at its end each subject is evaluated once."""
    load_id = new_id()
    await loads.hold(rig.database, rig.clock, load_id)
    customer = builders.customer()
    await rig.hear(customer)
    await rig.hear(builders.purchase(customer.customer_id, "600000", NOW - DAY))
    await rig.settle()
    before = await rig.said(GradeDecided)

    await loads.end(rig.database, rig.clock, load_id)
    await rig.settle()

    grades = [event for event in await rig.said(GradeDecided) if isinstance(event, GradeDecided)]
    assert before == []
    assert [(grade.previous, grade.grade) for grade in grades] == [(None, CustomerGrade.A)]


async def test_a_load_whose_client_fell_silent_holds_nothing_back(rig: RulesRig) -> None:
    await loads.hold(rig.database, rig.clock, new_id())
    await rig.hear(builders.customer())
    async with rig.database.engine.begin() as connection:
        await connection.execute(update(load_table).values(renewed_at=func.now() - versions.LOAD_EXPIRES))

    await rig.settle()

    assert len(await rig.said(GradeDecided)) == 1


@pytest.mark.parametrize("ending", [TaskCompleted, TaskDismissed])
async def test_what_a_person_ended_is_not_raised_again_in_the_same_episode(
    rig: RulesRig, ending: type[TaskCompleted | TaskDismissed]
) -> None:
    customer = builders.customer()
    opportunity = builders.opportunity(customer.customer_id, progressed_at=NOW - 15 * DAY)
    await rig.hear(customer, opportunity)
    (task,) = await rig.open_tasks()

    await rig.hear(ending(task_id=task.task_id, customer_id=customer.customer_id, ended_at=NOW))
    rig.clock.advance(days=10)
    await rig.settle()

    assert await rig.open_tasks() == []
    assert await rig.said(TaskEscalated) == []


async def test_a_changed_manager_changes_who_watches(rig: RulesRig) -> None:
    old, new = builders.person("钱经理"), builders.person("郑经理")
    owner = builders.person("孙销售", manager_id=old.person_id)
    customer = builders.customer()
    stalled = builders.opportunity(
        customer.customer_id, owner_id=owner.person_id, progressed_at=NOW - 17 * DAY
    )
    await rig.hear(old, new, owner, customer, stalled)

    await rig.hear(owner.model_copy(update={"manager_id": new.person_id}), sequence=2)
    await rig.settle()

    (task,) = await rig.open_tasks()
    assert [watcher.name for watcher in task.watchers] == ["郑经理"]
    assert len(await rig.said(TaskReassigned)) == 1


async def test_an_edit_takes_effect_on_those_whom_it_concerns_alone(rig: RulesRig) -> None:
    customer = builders.customer()
    open_one = builders.opportunity(customer.customer_id, progressed_at=NOW - 10 * DAY)
    won = builders.opportunity(customer.customer_id, status="won", progressed_at=NOW - 10 * DAY)
    await rig.hear(customer, open_one, won)
    await rig.settle()

    problems = await rig.edit(files_of(RULES.replace("at: 14d", "at: 7d")))
    due = await _due(rig)
    await rig.settle()

    assert problems == ()
    assert due == {open_one.opportunity_id}
    assert [task.subject.id for task in await rig.open_tasks()] == [open_one.opportunity_id]
    assert [task.ruleset_version for task in await rig.open_tasks()] == [2]


async def _due(rig: RulesRig) -> set[Any]:
    async with rig.database.session() as session:
        query = select(subjects.c.subject_id).where(subjects.c.next_check_at <= rig.clock.now())
        return set((await session.execute(query)).scalars())


async def test_a_broken_edit_changes_nothing_and_says_what_is_wrong_where(rig: RulesRig) -> None:
    broken = files_of(RULES.replace("annual_amount", "anual_amount"))

    problems = await rig.edit(broken)
    await rig.edit(broken)

    assert rig.active.current.version == 1
    assert "annual_amount" in problems[0].message.en
    assert (problems[0].file, problems[0].rule) == ("rules.yaml", "grade")
    assert len(await rig.said(RulesetRejected)) == 1


async def test_rules_that_are_removed_resolve_their_tasks(rig: RulesRig) -> None:
    customer = builders.customer()
    await rig.hear(customer, builders.opportunity(customer.customer_id, progressed_at=NOW - 15 * DAY))

    await rig.edit(files_of(RULES.split("---")[0]))
    await rig.settle()

    assert await rig.open_tasks() == []
    assert len(await rig.said(TaskResolved)) == 1


async def test_a_restart_with_a_broken_directory_runs_the_last_good_version(rig: RulesRig) -> None:
    """A13: the stored version runs, and the errors are shown."""
    again = RulesRig(rig.database, files=files_of("decision: [broken"))

    await again.start()

    assert again.active.current.version == 1
    assert len(await rig.said(RulesetRejected)) == 1
    assert len(await rig.said(RulesetPublished)) == 1


async def test_a_first_start_with_a_broken_directory_is_refused_with_every_problem(
    databases: dict[str, Database],
) -> None:
    rig = RulesRig(
        databases["rules"],
        files=files_of(RULES.replace("stage:", "stag:").replace("hit: unique", "hit: uniqe")),
    )

    with pytest.raises(RulesRefusedError) as refused:
        await rig.start()

    assert {problem.rule for problem in refused.value.problems} == {"grade", "stalled"}
    assert "rules.yaml:" in refused.value.message("zh")


async def test_why_tells_what_holds_and_what_would_have_to_happen(rig: RulesRig) -> None:
    customer = builders.customer()
    opportunity = builders.opportunity(customer.customer_id, name="二期扩建")
    await rig.hear(customer, opportunity)

    async with rig.database.session() as session:
        rules = rig.active.current
        about = await why(session, rules, subject=customer.customer_number, rule="grade", now=NOW)
        stalled = await why(session, rules, subject="二期扩建", rule="stalled", now=NOW)

    assert [(entry.row, entry.values) for entry in about.decisions] == [("B", {"grade": "B"})]
    assert stalled.clocks[0].is_active
    assert [rung.is_reached for rung in stalled.clocks[0].rungs] == [False, False]
    assert stalled.next_check_at == NOW + 14 * DAY


async def test_why_says_when_nothing_or_several_have_the_name(rig: RulesRig) -> None:
    await rig.hear(builders.customer(), builders.customer())

    async with rig.database.session() as session:
        with pytest.raises(UnknownSubjectError):
            await why(session, rig.active.current, subject="没有的客户", rule=None, now=NOW)
        with pytest.raises(AmbiguousSubjectError):
            await why(session, rig.active.current, subject="华东精密制造有限公司", rule=None, now=NOW)


async def test_a_record_that_came_before_its_customer_waits_for_it(rig: RulesRig) -> None:
    customer = builders.customer()
    await rig.hear(builders.opportunity(customer.customer_id, progressed_at=NOW - 15 * DAY))
    await rig.settle()
    assert await rig.open_tasks() == []

    await rig.hear(customer)

    assert len(await rig.open_tasks()) == 1
    async with rig.database.session() as session:
        assert (await session.execute(select(func.count()).select_from(subjects))).scalar_one() == 2


async def test_a_contact_is_to_be_written_down_within_half_an_hour_and_a_day(
    databases: dict[str, Database],
) -> None:
    """K1: a reminder after 30 minutes, an escalation to the manager after 24 hours, until it is recorded."""
    rig = await RulesRig(databases["rules"], files=read_directory(RULES_DIRECTORY)).start()
    manager = builders.person("钱经理")
    owner = builders.person("孙销售", manager_id=manager.person_id)
    customer = builders.customer(owner_id=owner.person_id, assigned_at=NOW)
    held = builders.contact_held(customer.customer_id, NOW)
    await rig.hear(manager, owner, customer, held)

    rig.clock.advance(minutes=29)
    await rig.settle()
    early = await rig.said(NoticeGiven)
    rig.clock.advance(minutes=1)
    await rig.settle()
    notices = [event for event in await rig.said(NoticeGiven) if isinstance(event, NoticeGiven)]
    rig.clock.advance(hours=23, minutes=30)
    await rig.settle()
    (task,) = await rig.open_tasks()
    await rig.hear(builders.follow_up(customer.customer_id, contact_held_id=held.contact_held_id))

    assert early == []
    assert [(notice.rung, notice.recipient.name) for notice in notices] == [("nudge", "孙销售")]
    assert (task.rule, task.severity, task.assignee.name) == ("record_contact", "breach", "孙销售")
    assert [watcher.name for watcher in task.watchers] == ["钱经理"]
    assert await rig.open_tasks() == []
