"""The open tasks of a subject are what its clocks imply; there is one for each episode (A1)."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from contracts.identity import new_id, task_id
from contracts.rules import (
    Subject,
    TaskEscalated,
    TaskRaised,
    TaskReassigned,
    TaskResolved,
    TaskState,
    TaskStatus,
)
from contracts.text import Severity, TaskKind, Text
from services.rules.domain.obligations import Case, Change, Implied, reconcile
from services.rules.domain.recipients import Recipients
from services.rules.domain.templates import Names
from services.rules.ruleset.definition import (
    Clock,
    ClockState,
    EscalateAction,
    Offset,
    Position,
    Role,
    Roles,
    Rung,
    RungInstant,
    StartMode,
    StartsAt,
    TaskAction,
)
from services.shared.business_time import Calendar, Duration
from tests import builders
from tests.builders import NOW

DAY = timedelta(days=1)
HERE = Position("stall.yaml", 1, 1)
DIRECTOR = builders.person("赵总")
MANAGER = builders.person("钱经理", manager_id=DIRECTOR.person_id)
OWNER = builders.person("孙销售", manager_id=MANAGER.person_id)
COLLEAGUE = builders.person("吴销售", manager_id=MANAGER.person_id)
PEOPLE = {person.person_id: person for person in (DIRECTOR, MANAGER, OWNER, COLLEAGUE)}
ROLES = Roles(
    {"manager": Role("manager", ("manager",)), "director": Role("director", ("manager", "manager"))}
)

STALL = Clock(
    id="opportunity_stalled",
    subject="opportunity",
    starts_at=StartsAt(StartMode.FIELD, ("progressed_at",)),
    condition={},
    ladder=(
        Rung(
            "warn",
            Offset(Duration.parse("14d")),
            HERE,
            task=TaskAction(
                "owner",
                Text(zh="{customer.name}停滞", en="{customer.name} stalled"),
                Severity.WARNING,
                due=Duration.parse("3wd"),
            ),
        ),
        Rung("manager", Offset(Duration.parse("16d")), HERE, escalate=EscalateAction("manager")),
        Rung(
            "director",
            Offset(Duration.parse("20d")),
            HERE,
            escalate=EscalateAction("director", Text(zh="请总监处理", en="director to act")),
        ),
    ),
    where=HERE,
    completes="person",
    asks=("cause", "remedy"),
)
OFFSETS = (14, 16, 20)


def _case(now: datetime = NOW, subject: UUID | None = None, **fields: object) -> Case:
    case = Case(
        subject=Subject(kind="opportunity", id=subject or SUBJECT),
        customer_id=new_id(),
        owner_id=OWNER.person_id,
        grade=None,
        names=Names(customer="华东精密", subject="产线改造"),
        ruleset_version=1,
        now=now,
        touched_at=None,
        calendar=Calendar.default(),
        recipients=Recipients(ROLES, PEOPLE),
    )
    return replace(case, **fields)  # type: ignore[arg-type]  # the fields a test speaks of


SUBJECT = new_id()


def _implied(anchor: datetime, now: datetime = NOW, *, clock: Clock = STALL, later: int = 0) -> list[Implied]:
    """What the clock implies by a calendar that makes every rung so many days later."""
    rungs = tuple(
        RungInstant(rung.id, anchor + (days + later) * DAY)
        for rung, days in zip(clock.ladder, OFFSETS, strict=True)
    )
    reached = sum(rung.at <= now for rung in rungs)
    task = task_id(rule=clock.identity, subject=SUBJECT, anchor=anchor)
    return [Implied(clock, ClockState(anchor, rungs, reached), ("progressed_at",), task)] if reached else []


def _ledger(changes: Iterable[TaskState]) -> dict[UUID, TaskState]:
    return {change.task_id: change for change in changes}


def _raise(anchor: datetime, now: datetime = NOW) -> TaskRaised:
    (change,) = reconcile(_case(now), _implied(anchor, now), {}, reasons={})
    assert isinstance(change, TaskRaised)
    return change


def test_a_reached_task_rung_raises_one_task_for_the_owner() -> None:
    task = _raise(NOW - 15 * DAY)

    assert task.task_id == task_id(rule=STALL.id, subject=SUBJECT, anchor=NOW - 15 * DAY)
    assert (task.rung, task.kind, task.assignee.name) == ("warn", TaskKind.WARNING, "孙销售")
    assert task.title.zh == "华东精密停滞"
    assert task.lateness_seconds == DAY.total_seconds()


def test_after_downtime_the_task_is_raised_once_at_its_highest_rung_with_its_watchers() -> None:
    task = _raise(NOW - 30 * DAY)

    assert task.rung == "director"
    assert [watcher.name for watcher in task.watchers] == ["钱经理", "赵总"]
    assert [entry.rung for entry in task.history] == ["warn", "manager", "director"]
    assert task.title.zh == "请总监处理"


def test_what_is_open_and_still_implied_is_not_said_again() -> None:
    task = _raise(NOW - 15 * DAY)

    assert reconcile(_case(), _implied(NOW - 15 * DAY), _ledger([task]), reasons={}) == []


def test_a_higher_rung_escalates_the_same_task_and_keeps_assignee_raised_at_and_due_at() -> None:
    anchor = NOW - 15 * DAY
    before = _raise(anchor)
    later = NOW + 2 * DAY

    (after,) = reconcile(_case(later), _implied(anchor, later), _ledger([before]), reasons={})

    assert isinstance(after, TaskEscalated)
    assert after.rung == "manager"
    assert (after.task_id, after.assignee, after.raised_at, after.due_at) == (
        before.task_id,
        before.assignee,
        before.raised_at,
        before.due_at,
    )
    assert [watcher.name for watcher in after.watchers] == ["钱经理"]


def test_a_changed_owner_hands_the_same_task_over() -> None:
    anchor = NOW - 15 * DAY
    before = _raise(anchor)

    (after,) = reconcile(_case(owner_id=COLLEAGUE.person_id), _implied(anchor), _ledger([before]), reasons={})

    assert isinstance(after, TaskReassigned)
    assert (after.task_id, after.assignee.name) == (before.task_id, "吴销售")


def test_what_is_no_longer_implied_is_resolved_with_the_reason() -> None:
    before = _raise(NOW - 15 * DAY)
    why = Text(zh="阶段已是 signing", en="stage is now signing")

    (after,) = reconcile(_case(), [], _ledger([before]), reasons={before.task_id: why})

    assert isinstance(after, TaskResolved)
    assert (after.status, after.resolution, after.resolved_at) == (TaskStatus.RESOLVED, why, NOW)


def test_a_resolved_task_is_reopened_under_the_same_id_when_it_is_implied_again() -> None:
    before = _raise(NOW - 15 * DAY)
    (resolved,) = reconcile(_case(), [], _ledger([before]), reasons={})

    (again,) = reconcile(_case(), _implied(NOW - 15 * DAY), _ledger([resolved]), reasons={})

    assert isinstance(again, TaskRaised)
    assert (again.task_id, again.raised_at, again.due_at) == (
        before.task_id,
        before.raised_at,
        before.due_at,
    )
    assert (again.status, again.resolved_at) == (TaskStatus.OPEN, None)


def test_what_a_person_ended_stays_so_until_the_anchor_moves() -> None:
    ended = _raise(NOW - 15 * DAY).model_copy(update={"status": TaskStatus.DISMISSED})
    later = NOW + 30 * DAY

    same = reconcile(_case(later), _implied(NOW - 15 * DAY, later), _ledger([ended]), reasons={})
    (fresh,) = reconcile(_case(later), _implied(NOW - DAY, later), _ledger([ended]), reasons={})

    assert same == []
    assert isinstance(fresh, TaskRaised)
    assert fresh.task_id != ended.task_id


def test_lateness_counts_from_the_event_when_the_event_came_after_the_rung() -> None:
    case = _case(touched_at=NOW - timedelta(minutes=1))

    (task,) = reconcile(case, _implied(NOW - 15 * DAY), {}, reasons={})

    assert task.lateness_seconds == 60


RENAMED = replace(
    STALL,
    id="stall_warning",
    was=("opportunity_stalled",),
    ladder=(replace(STALL.ladder[0], id="first_warning", was=("warn",)), *STALL.ladder[1:]),
)


def test_a_renamed_rule_takes_its_open_task_over_without_raising_or_escalating_it() -> None:
    anchor = NOW - 15 * DAY
    before = _raise(anchor)

    (after,) = reconcile(_case(), _implied(anchor, clock=RENAMED), _ledger([before]), reasons={})

    assert isinstance(after, TaskReassigned)
    assert (after.task_id, after.rule, after.rung) == (before.task_id, "stall_warning", "first_warning")
    assert after.history == (before.history[0].model_copy(update={"rung": "first_warning"}),)
    assert (after.raised_at, after.due_at, after.lateness_seconds) == (
        before.raised_at,
        before.due_at,
        before.lateness_seconds,
    )


def test_a_task_of_a_renamed_rule_ends_under_the_new_name() -> None:
    before = _raise(NOW - 15 * DAY)
    case = _case(clocks=dict.fromkeys(RENAMED.names, RENAMED))

    (after,) = reconcile(case, [], _ledger([before]), reasons={})

    assert (after.task_id, after.rule, after.rung) == (before.task_id, "stall_warning", "first_warning")


def test_a_rung_that_a_calendar_moves_back_stays_in_the_history_and_the_task_falls_to_the_lower_one() -> None:
    anchor = NOW - 17 * DAY
    before = _raise(anchor)

    (after,) = reconcile(_case(), _implied(anchor, later=2), _ledger([before]), reasons={})

    assert isinstance(after, TaskReassigned)
    assert (before.rung, after.rung, after.watchers) == ("manager", "warn", ())
    assert [entry.rung for entry in after.history] == ["warn", "manager"]


def test_a_rung_that_is_reached_again_is_no_new_escalation() -> None:
    anchor = NOW - 17 * DAY
    before = _raise(anchor)
    (lower,) = reconcile(_case(), _implied(anchor, later=2), _ledger([before]), reasons={})
    later = NOW + 2 * DAY

    (again,) = reconcile(_case(later), _implied(anchor, later, later=2), _ledger([lower]), reasons={})

    assert isinstance(again, TaskReassigned)
    assert (again.rung, [watcher.name for watcher in again.watchers]) == ("manager", ["钱经理"])
    assert again.history == before.history


_ANCHORS = st.integers(min_value=0, max_value=25).map(lambda days: NOW - days * DAY)


@given(anchors=st.lists(st.none() | _ANCHORS, min_size=1, max_size=8))
def test_however_it_came_about_the_open_tasks_are_what_is_implied_last(
    anchors: list[datetime | None],
) -> None:
    ledger: dict[UUID, TaskState] = {}
    for anchor in anchors:
        changes: list[Change] = reconcile(_case(), _implied(anchor) if anchor else [], ledger, reasons={})
        ledger |= _ledger(changes)

    open_tasks = {key for key, task in ledger.items() if task.status is TaskStatus.OPEN}
    last = anchors[-1]
    assert open_tasks == {entry.task_id for entry in (_implied(last) if last else [])}
    assert len(ledger) <= len({anchor for anchor in anchors if anchor})


OF_ITS_HISTORY = {"lateness_seconds", "raised_at", "due_at", "overdue_at", "history"}
_EDITS = st.tuples(st.integers(min_value=-3, max_value=12), st.integers(min_value=0, max_value=3))
"""A calendar, by how many days later it makes every rung, and the days until the next edit."""


@given(edits=st.lists(_EDITS, min_size=1, max_size=10))
def test_whatever_edits_of_calendars_a_rung_escalates_once_and_the_last_calendar_decides(
    edits: list[tuple[int, int]],
) -> None:
    anchor, now = NOW - 15 * DAY, NOW
    ledger: dict[UUID, TaskState] = {}
    escalated: list[str] = []
    for later, days in edits:
        now += days * DAY
        changes = reconcile(_case(now), _implied(anchor, now, later=later), ledger, reasons={})
        escalated += [change.rung for change in changes if isinstance(change, TaskEscalated)]
        ledger |= _ledger(changes)

    assert len(escalated) == len(set(escalated))
    at_once = reconcile(_case(now), _implied(anchor, now, later=edits[-1][0]), {}, reasons={})
    assert _open(ledger.values()) == _open(at_once)


def _open(tasks: Iterable[TaskState]) -> list[dict[str, object]]:
    """The open tasks without what depends on how they came about."""
    return [
        task.model_dump(exclude={*OF_ITS_HISTORY, "customer_id"})
        for task in tasks
        if task.status is TaskStatus.OPEN
    ]
