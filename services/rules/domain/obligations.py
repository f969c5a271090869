"""Keeps the tasks of a subject equal to what its active clocks imply (A1; rule-language.md, Obligations).

Pure: what is implied, what is in the ledger, and now go in; what changed comes out.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from contracts.money import Money
from contracts.rules import (
    RungReached,
    Subject,
    TaskEscalated,
    TaskRaised,
    TaskReassigned,
    TaskResolved,
    TaskState,
    TaskStatus,
)
from contracts.text import Severity, TaskKind, Text
from contracts.vocabulary import CustomerGrade
from services.rules.domain.naming import under_present_names
from services.rules.domain.recipients import Asked, Recipients
from services.rules.domain.templates import Names, channel_of, fill
from services.rules.ruleset.definition import Clock, ClockState, Rung, TaskAction
from services.shared.business_time import Calendar


@dataclass(frozen=True)
class Case:
    """The subject whose obligations are reconciled.

    `touched_at` is the instant of the event that caused the evaluation, None when time alone did. `clocks`
    has every clock under its id and its former ids, `amount` is what the subject is worth.
    """

    subject: Subject
    customer_id: UUID
    owner_id: UUID | None
    grade: CustomerGrade | None
    names: Names
    ruleset_version: int
    now: datetime
    touched_at: datetime | None
    calendar: Calendar
    recipients: Recipients
    clocks: Mapping[str, Clock] = field(default_factory=dict)
    amount: Money | None = None


@dataclass(frozen=True)
class Implied:
    """An active clock with a reached task rung, and its task; `cures` names the facts that would end it."""

    clock: Clock
    state: ClockState
    cures: tuple[str, ...]
    task_id: UUID

    @property
    def reached(self) -> tuple[Rung, ...]:
        """The rungs that are reached, lowest first."""
        return self.clock.ladder[: self.state.reached]

    @property
    def task_rungs(self) -> tuple[Rung, ...]:
        """The reached rungs that make or raise the task."""
        return tuple(rung for rung in self.reached if rung.task or rung.escalate)

    def at(self, rung: Rung) -> datetime:
        """The instant of a rung."""
        return next(entry.at for entry in self.state.rungs if entry.rung == rung.id)


StateT = TypeVar("StateT", bound=TaskState)
Change = TaskRaised | TaskEscalated | TaskReassigned | TaskResolved

_FINAL = (TaskStatus.COMPLETED, TaskStatus.DISMISSED)
_SEVERE = (Severity.WARNING, Severity.BREACH)


def is_implied(clock: Clock, state: ClockState) -> bool:
    """Whether the first task rung of an active clock is reached."""
    return any(rung.task for rung in clock.ladder[: state.reached])


def lateness(case: Case, rung_at: datetime) -> timedelta:
    """How long after the later of the rung and its cause a rung is acted on; never negative."""
    since = max(rung_at, case.touched_at) if case.touched_at else rung_at
    return max(timedelta(0), case.now - since)


def _first_task(implied: Implied) -> tuple[Rung, TaskAction]:
    for rung in implied.reached:
        if rung.task:
            return rung, rung.task
    message = f"{implied.clock.id}: no task rung is reached"
    raise AssertionError(message)


def _title(case: Case, implied: Implied) -> Text:
    """The title that the highest rung gives its task, if any rung does; else the clock's, else its id."""
    for rung in reversed(implied.task_rungs):
        titles = (rung.task and rung.task.title, rung.escalate and rung.escalate.title)
        title = next((title for title in titles if title), None)
        if title:
            return fill(title, case.names)
    fallback = implied.clock.title or Text(zh=implied.clock.id, en=implied.clock.id)
    return fill(fallback, case.names)


def _asked(case: Case, implied: Implied) -> Asked:
    """Who has the task, and who watches it because of the higher rungs: the assignee stays."""
    first, task = _first_task(implied)
    higher = [
        action.to
        for rung in implied.reached
        for action in (rung.task if rung is not first else None, rung.escalate)
        if action
    ]
    return case.recipients.ask(case.owner_id, task.to, higher)


def _severity(implied: Implied) -> Severity:
    order = list(Severity)
    return max((rung.task.severity for rung in implied.reached if rung.task), key=order.index)


def _kind(implied: Implied, severity: Severity) -> TaskKind:
    declared = [rung.task.kind for rung in implied.reached if rung.task and rung.task.kind]
    if declared:
        return declared[-1]
    return TaskKind.WARNING if severity in _SEVERE else TaskKind.REMINDER


def _channels(case: Case, implied: Implied) -> tuple[str, ...]:
    declared = [rung.task.channel for rung in implied.reached if rung.task and rung.task.channel]
    channels = (channel_of(channel, case.names) for channel in declared)
    return tuple(dict.fromkeys(channel for channel in channels if channel))


def _due(case: Case, implied: Implied) -> datetime | None:
    """The later of the first task rung and now, plus what that rung allows."""
    rung, task = _first_task(implied)
    return case.calendar.add(max(implied.at(rung), case.now), task.due) if task.due else None


def _overdue_at(implied: Implied, due_at: datetime | None) -> datetime | None:
    """From when the task is overdue: its deadline, or earlier a reached rung that states lateness."""
    late = [implied.at(rung) for rung in implied.reached if rung.task and rung.task.states_lateness]
    return min((*late, *((due_at,) if due_at else ())), default=None)


def _history(case: Case, implied: Implied, before: TaskState | None) -> tuple[RungReached, ...]:
    """The rungs that were reached once, though a calendar may have moved some back, and those reached now."""
    known = {entry.rung: entry for entry in before.history} if before else {}
    for rung in implied.task_rungs:
        reached = RungReached(rung=rung.id, rung_at=implied.at(rung), raised_at=case.now)
        known.setdefault(rung.id, reached)
    order = [rung.id for rung in implied.clock.ladder]
    return tuple(sorted(known.values(), key=lambda entry: _rank(entry.rung, order)))


def _state(case: Case, implied: Implied, before: TaskState | None) -> TaskRaised:
    """The task as it must be now; what an episode keeps for ever comes from `before`."""
    asked = _asked(case, implied)
    top = implied.task_rungs[-1]
    severity = _severity(implied)
    same_rung = before is not None and before.rung == top.id
    due_at = before.due_at if before else _due(case, implied)
    return TaskRaised(
        task_id=implied.task_id,
        status=TaskStatus.OPEN,
        kind=_kind(implied, severity),
        severity=severity,
        rule=implied.clock.id,
        rung=top.id,
        ruleset_version=case.ruleset_version,
        subject=case.subject,
        subject_name=case.names.subject,
        customer_id=case.customer_id,
        customer_name=case.names.customer,
        grade=case.grade,
        title=_title(case, implied),
        assignee=asked.assignee,
        watchers=asked.watchers,
        missing_roles=asked.missing,
        channels=_channels(case, implied),
        anchor=implied.state.anchor,
        rung_at=implied.at(top),
        raised_at=before.raised_at if before else case.now,
        due_at=due_at,
        overdue_at=_overdue_at(implied, due_at),
        amount=case.amount,
        lateness_seconds=before.lateness_seconds
        if before and same_rung
        else int(lateness(case, implied.at(top)).total_seconds()),
        because=before.because if before else (),
        history=_history(case, implied, before),
        completes=implied.clock.completes,
        cures=implied.cures if implied.clock.completes == "fact" else (),
        asks=implied.clock.asks,
    )


def _as(model: type[StateT], state: TaskState, **changes: object) -> StateT:
    return model.model_validate({**dict(state), **changes})


_VISIBLE = (
    *("assignee", "watchers", "missing_roles", "rule", "rung", "rung_at", "severity", "kind", "title"),
    *("channels", "completes", "cures", "asks", "customer_name", "subject_name", "grade", "amount"),
    "overdue_at",
)


def _rank(rung: str, ladder: Sequence[str]) -> int:
    return ladder.index(rung) if rung in ladder else -1


def _update(before: TaskState, known: TaskState, wanted: TaskRaised, clock: Clock) -> Change | None:
    """What changed of a task that is open and stays open; None when nothing that a person sees did.

    `known` is the task as it was before, under the present names. What a rung escalated once it does not
    escalate again in the same episode.
    """
    ladder = [rung.id for rung in clock.ladder]
    is_new = wanted.rung not in {entry.rung for entry in known.history}
    if is_new and _rank(wanted.rung, ladder) > _rank(known.rung, ladder):
        return _as(TaskEscalated, wanted)
    is_changed = any(getattr(before, name) != getattr(wanted, name) for name in _VISIBLE)
    return _as(TaskReassigned, wanted) if is_changed else None


def _reconcile_one(case: Case, implied: Implied, before: TaskState | None) -> Change | None:
    if before is None:
        return _state(case, implied, None)
    if before.status in _FINAL:
        return None
    known = under_present_names(before, implied.clock)
    wanted = _state(case, implied, known)
    return wanted if before.status is TaskStatus.RESOLVED else _update(before, known, wanted, implied.clock)


def _resolved(case: Case, state: TaskState, reason: Text) -> TaskResolved:
    return _as(
        TaskResolved,
        under_present_names(state, case.clocks.get(state.rule)),
        status=TaskStatus.RESOLVED,
        resolved_at=case.now,
        resolution=reason,
    )


def reconcile(
    case: Case,
    implied: Iterable[Implied],
    ledger: Mapping[UUID, TaskState],
    *,
    reasons: Mapping[UUID, Text],
) -> list[Change]:
    """The changes that make the open tasks of the subject equal to what its clocks imply.

    The reasons of raised tasks are left empty: most evaluations change nothing. `ledger` holds the subject's
    open tasks and those of the implied episodes; `reasons` has for each task that ends why it does.
    """
    wanted = {entry.task_id: entry for entry in implied}
    changes = [_reconcile_one(case, entry, ledger.get(key)) for key, entry in wanted.items()]
    resolved = [
        _resolved(case, state, reasons.get(key, RULE_REMOVED))
        for key, state in ledger.items()
        if key not in wanted and state.status is TaskStatus.OPEN
    ]
    return [change for change in changes if change is not None] + resolved


RULE_REMOVED = Text(zh="规则已不存在", en="the rule no longer exists")
