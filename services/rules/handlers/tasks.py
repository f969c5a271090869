"""Keeps the ledger equal to what the clocks imply, and says what changed in it."""

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from contracts.identity import task_id
from contracts.rules import TaskEscalated, TaskRaised, TaskReassigned, TaskResolved, TaskState
from services.rules import metrics
from services.rules.domain.obligations import Change, Implied, is_implied, reconcile
from services.rules.domain.resolution import resolution
from services.rules.handlers.found import Found
from services.rules.repository import ledger
from services.rules.repository.ledger import Entry
from services.rules.ruleset import explain
from services.shared.unit_of_work import UnitOfWork

_MOVES = {
    TaskRaised: "raised",
    TaskEscalated: "escalated",
    TaskReassigned: "reassigned",
    TaskResolved: "resolved",
}


async def reconcile_tasks(unit: UnitOfWork, found: Sequence[Found]) -> Counter[str]:
    """Raise, raise higher, hand over and resolve tasks until they are what is implied.

    Returns how many tasks moved, by what happened to them, where a version of the rules is new to a subject.
    """
    implied = {entry.id: _implied(entry) for entry in found}
    asked = {entry.id: {task.task_id for task in implied[entry.id]} for entry in found}
    known = await ledger.entries(unit.session, asked.keys(), {i for ids in asked.values() for i in ids})
    by_subject: dict[UUID, dict[UUID, TaskState]] = {entry.id: {} for entry in found}
    for key, stored in known.items():
        by_subject[stored.state.subject.id][key] = stored.state
    said = []
    moves: Counter[str] = Counter()
    for entry in found:
        states = by_subject[entry.id]
        if not states and not implied[entry.id]:
            continue
        reasons = {
            key: resolution(entry.case, entry.evaluated, entry.rules.ruleset, state)
            for key, state in states.items()
            if key not in asked[entry.id]
        }
        for change in reconcile(entry.case, implied[entry.id], states, reasons=reasons):
            before = known.get(change.task_id)
            said.append(_say(unit, entry, change, (before.sequence if before else 0) + 1))
            if entry.row.evaluated_version not in (None, entry.rules.version):
                moves[_MOVES[type(change)]] += 1
    await ledger.save(unit.session, said)
    metrics.tasks_said(unit, [entry.state for entry in said])
    return moves


def _implied(entry: Found) -> list[Implied]:
    return [
        Implied(
            clock,
            state,
            explain.cures(clock),
            task_id(rule=clock.identity, subject=entry.id, anchor=state.anchor),
        )
        for clock, state in entry.active
        if is_implied(clock, state)
    ]


def _say(unit: UnitOfWork, entry: Found, change: Change, sequence: int) -> Entry:
    if not isinstance(change, TaskResolved):
        change = change.model_copy(update={"because": entry.because(change.rule)})
    entry.emit(unit, change, record_id=change.task_id, sequence=sequence)
    return Entry(change, sequence)
