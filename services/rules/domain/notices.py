"""What is told, at most once for each episode and rung."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from contracts.identity import notice_id, task_id
from contracts.rules import NoticeGiven
from services.rules.domain.obligations import Case, lateness
from services.rules.domain.templates import channel_of, fill
from services.rules.ruleset.definition import Clock, ClockState, NotifyAction, Rung


@dataclass(frozen=True)
class Notice:
    """A reached rung that tells somebody something; `task_id` is the task of its episode, if there is one."""

    id: UUID
    task_id: UUID
    clock: Clock
    rung: Rung
    state: ClockState
    action: NotifyAction


def reached_notices(subject_id: UUID, clock: Clock, state: ClockState) -> list[Notice]:
    """The notices of the reached rungs, lowest first."""
    return [
        Notice(
            notice_id(rule=clock.identity, subject=subject_id, anchor=state.anchor, rung=rung.identity),
            task_id(rule=clock.identity, subject=subject_id, anchor=state.anchor),
            clock,
            rung,
            state,
            rung.notify,
        )
        for rung in clock.ladder[: state.reached]
        if rung.notify
    ]


def to_give(reached: Iterable[Notice], noted: Collection[UUID]) -> tuple[list[Notice], list[Notice]]:
    """The notices to give, and those to pass over because a higher rung is reached."""
    by_clock: dict[str, list[Notice]] = {}
    for notice in reached:
        by_clock.setdefault(notice.clock.id, []).append(notice)
    given: list[Notice] = []
    passed_over: list[Notice] = []
    for notices in by_clock.values():
        for notice in notices:
            if notice.id not in noted:
                is_told = notice is notices[-1] or notice.clock.catch_up == "all"
                (given if is_told else passed_over).append(notice)
    return given, passed_over


def say(case: Case, notice: Notice) -> NoticeGiven:
    """The event that tells of a notice."""
    rung_at = next(entry.at for entry in notice.state.rungs if entry.rung == notice.rung.id)
    return NoticeGiven(
        notice_id=notice.id,
        rule=notice.clock.id,
        rung=notice.rung.id,
        ruleset_version=case.ruleset_version,
        subject=case.subject,
        customer_id=case.customer_id,
        customer_name=case.names.customer,
        title=fill(notice.action.title, case.names),
        channel=channel_of(notice.action.channel, case.names) if notice.action.channel else None,
        recipient=case.recipients.resolve(notice.action.to, case.owner_id, case.assignee_id),
        rung_at=rung_at,
        given_at=case.now,
        lateness_seconds=int(lateness(case, rung_at).total_seconds()),
    )
