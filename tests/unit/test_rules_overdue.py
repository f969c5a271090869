"""From when a task is overdue: its deadline, or earlier a rung that states that it is late."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.identity import new_id, task_id
from contracts.money import Money
from contracts.rules import Subject, TaskReassigned, TaskState
from contracts.text import Severity
from services.rules.domain.obligations import Case, Implied, reconcile
from services.rules.domain.recipients import Recipients
from services.rules.domain.templates import Names
from services.rules.ruleset.definition import (
    Clock,
    ClockState,
    Offset,
    Position,
    Roles,
    Rung,
    RungInstant,
    StartMode,
    StartsAt,
    TaskAction,
)
from services.shared.business_time import Calendar, Duration
from tests.builders import NOW

DAY = timedelta(days=1)
HERE = Position("cadence.yaml", 1, 1)
SUBJECT = new_id()


def a_task(
    *rungs: tuple[int, Severity, str | None], now: datetime = NOW, amount: Money | None = None
) -> TaskState:
    """The task of a ladder that began at NOW - 30 days: rungs by days, severity and the time they give."""
    (change,) = reconcile(a_case(now, amount), [implied(*rungs, now=now)], {}, reasons={})
    return change


def implied(*rungs: tuple[int, Severity, str | None], now: datetime = NOW) -> Implied:
    """What the ladder implies."""
    anchor = NOW - 30 * DAY
    ladder = tuple(
        Rung(
            f"rung-{number}",
            Offset(Duration.parse(f"{days}d")),
            HERE,
            task=TaskAction("owner", severity=severity, due=Duration.parse(due) if due else None),
        )
        for number, (days, severity, due) in enumerate(rungs)
    )
    clock = Clock("c", "customer", StartsAt(StartMode.FIELD, ("x",)), {}, ladder, HERE)
    instants = tuple(
        RungInstant(rung.id, anchor + days * DAY) for rung, (days, _, _) in zip(ladder, rungs, strict=True)
    )
    reached = sum(rung.at <= now for rung in instants)
    key = task_id(rule=clock.identity, subject=SUBJECT, anchor=anchor)
    return Implied(clock, ClockState(anchor, instants, reached), (), key)


def a_case(now: datetime, amount: Money | None = None) -> Case:
    """A customer whom nobody owns."""
    return Case(
        subject=Subject(kind="customer", id=SUBJECT),
        customer_id=SUBJECT,
        owner_id=None,
        grade=None,
        names=Names(customer="华东精密", subject="华东精密"),
        ruleset_version=1,
        now=now,
        touched_at=None,
        calendar=Calendar.default(),
        recipients=Recipients(Roles({}), {}),
        amount=amount,
    )


def days_ago(days: int) -> datetime:
    """An instant so many days before now."""
    return NOW - days * DAY


@pytest.mark.parametrize(
    ("rungs", "overdue_at"),
    [
        pytest.param([(20, Severity.NORMAL, "5d")], NOW + 5 * DAY, id="its deadline"),
        pytest.param([(20, Severity.NORMAL, None)], None, id="without a deadline never"),
        pytest.param(
            [(20, Severity.NORMAL, "5d"), (23, Severity.WARNING, None)],
            days_ago(7),
            id="a warning that gives no time",
        ),
        pytest.param([(20, Severity.WARNING, "5d")], NOW + 5 * DAY, id="a warning that gives time"),
        pytest.param([(20, Severity.BREACH, "5d")], days_ago(10), id="a breach, whatever time it gives"),
        pytest.param(
            [(20, Severity.NORMAL, "5d"), (22, Severity.NORMAL, None), (24, Severity.BREACH, None)],
            days_ago(6),
            id="the first rung that states it",
        ),
        pytest.param(
            [(20, Severity.NORMAL, "5d"), (40, Severity.BREACH, None)],
            NOW + 5 * DAY,
            id="no rung that is still to come",
        ),
    ],
)
def test_a_task_is_overdue_from(
    rungs: list[tuple[int, Severity, str | None]], overdue_at: datetime | None
) -> None:
    """A task raised late is titled "overdue" while its deadline lies ahead: it counts as overdue."""
    assert a_task(*rungs).overdue_at == overdue_at


_RUNGS = st.lists(
    st.tuples(st.sampled_from(Severity), st.none() | st.just("3d")), min_size=1, max_size=4
).map(lambda steps: [(10 + 6 * number, *step) for number, step in enumerate(steps)])


@given(rungs=_RUNGS, days=st.integers(0, 20))
def test_a_task_is_never_overdue_later_than_its_deadline_nor_before_its_first_rung(
    rungs: list[tuple[int, Severity, str | None]], days: int
) -> None:
    task = a_task(*rungs, now=NOW + days * DAY)

    assert task.overdue_at is None or task.overdue_at >= NOW - 20 * DAY
    if task.due_at:
        assert task.overdue_at is not None
        assert task.overdue_at <= task.due_at


def test_a_task_carries_what_its_subject_is_worth_and_says_when_that_changes() -> None:
    """R204: lists are ordered by it."""
    rung = (20, Severity.NORMAL, "5d")
    worth, more = Money(amount=Decimal("120000.00")), Money(amount=Decimal("150000.00"))
    task = a_task(rung, amount=worth)
    assert task.amount == worth

    (change,) = reconcile(a_case(NOW, more), [implied(rung)], {task.task_id: task}, reasons={})
    assert isinstance(change, TaskReassigned)
    assert change.amount == more
