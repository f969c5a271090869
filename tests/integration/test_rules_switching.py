"""`enabled: false` takes a rule out of force without losing anything: it comes back as it was."""

from datetime import timedelta

import pytest

from contracts.rules import GradeDecided, ProfileDecided, TaskRaised, TaskResolved, TaskState
from services.rules.queries import WhyView, why
from services.shared.database import Database
from tests import builders
from tests.builders import NOW
from tests.rules_rig import RULES, RulesRig, files_of

DAY = timedelta(days=1)
CLOCK_OFF = RULES.replace("clock: stalled\n", "clock: stalled\nenabled: false\n")
GRADED = RULES.replace("{grade: [A, B]}", "{grade: {values: [A, B], absent: 未分级}}").replace(
    "while: {status: open,", "while: {grade: [A, B], status: open,"
)
GRADE_OFF = GRADED.replace("decision: grade\n", "decision: grade\nenabled: false\n")


async def _started(databases: dict[str, Database], rules: str) -> tuple[RulesRig, TaskState]:
    """The rules in force, with an open task about a stalled opportunity."""
    rig = await RulesRig(databases["rules"], files=files_of(rules)).start()
    customer = builders.customer()
    await rig.hear(
        customer, builders.opportunity(customer.customer_id, name="产线", progressed_at=NOW - 15 * DAY)
    )
    (task,) = await rig.open_tasks()
    return rig, task


async def _publish(rig: RulesRig, rules: str) -> None:
    assert await rig.edit(files_of(rules)) == ()
    await rig.settle()


async def _why(rig: RulesRig, subject: str, rule: str | None = None) -> WhyView:
    async with rig.database.session() as session:
        return await why(session, rig.active.current, subject=subject, rule=rule, now=rig.clock.now())


async def _last_resolution(rig: RulesRig) -> str | None:
    resolved = (await rig.said(TaskResolved))[-1]
    assert isinstance(resolved, TaskState)
    return resolved.resolution.zh if resolved.resolution else None


async def test_a_task_of_a_clock_that_is_switched_off_ends_with_that_reason(
    databases: dict[str, Database],
) -> None:
    rig, _ = await _started(databases, RULES)

    await _publish(rig, CLOCK_OFF)

    assert await rig.open_tasks() == []
    assert await _last_resolution(rig) == "规则已停用"


async def test_a_clock_that_is_switched_on_again_opens_its_tasks_as_they_were(
    databases: dict[str, Database],
) -> None:
    rig, before = await _started(databases, RULES)
    await _publish(rig, CLOCK_OFF)
    rig.clock.advance(days=3)

    await _publish(rig, RULES)

    (after,) = await rig.open_tasks()
    assert (after.task_id, after.raised_at, after.due_at) == (before.task_id, before.raised_at, before.due_at)
    assert after.history[0] == before.history[0]
    assert len(await rig.said(TaskRaised)) == 2


@pytest.mark.parametrize("rule", [None, "stalled"], ids=["all rules", "by name"])
async def test_why_lists_a_clock_that_is_switched_off(
    databases: dict[str, Database], rule: str | None
) -> None:
    rig, task = await _started(databases, RULES)
    await _publish(rig, CLOCK_OFF)

    view = await _why(rig, "产线", rule)

    assert [(each.rule, each.kind) for each in view.switched_off] == [("stalled", "clock")]
    assert view.clocks == ()
    assert [found.task_id for found in view.tasks] == [task.task_id]


async def test_the_values_of_a_decision_that_is_switched_off_are_null(
    databases: dict[str, Database],
) -> None:
    rig, task = await _started(databases, GRADED)

    await _publish(rig, GRADE_OFF.replace("grade: [A, B], status", "status"))

    assert await rig.values(task.customer_id) == {"grade": None}
    profile = (await rig.said(ProfileDecided))[-1]
    assert isinstance(profile, ProfileDecided)
    assert profile.values == {"grade": None}
    (shown,) = await rig.open_tasks()
    assert shown.grade is None


async def test_a_clock_that_reads_what_is_switched_off_ends_its_tasks_with_that_reason(
    databases: dict[str, Database],
) -> None:
    rig, _ = await _started(databases, GRADED)

    await _publish(rig, GRADE_OFF)

    assert await rig.open_tasks() == []
    assert await _last_resolution(rig) == "不再有客户等级：规则“客户分级”已停用"
    (clock,) = (await _why(rig, "产线")).clocks
    assert (clock.is_active, clock.switched_off) == (False, ("grade",))


async def test_a_decision_that_is_switched_on_again_decides_anew(databases: dict[str, Database]) -> None:
    rig, before = await _started(databases, GRADED)
    await _publish(rig, GRADE_OFF)

    await _publish(rig, GRADED)

    (after,) = await rig.open_tasks()
    assert (after.task_id, after.grade) == (before.task_id, "B")
    grades = [event for event in await rig.said(GradeDecided) if isinstance(event, GradeDecided)]
    assert [(grade.previous, grade.grade) for grade in grades] == [(None, "B"), (None, "B")]
