"""What other services say: the tasks of the rules, and whom references may name."""

from collections.abc import Hashable, Iterable
from typing import cast

from contracts.envelope import Envelope
from contracts.events import EventData
from contracts.rules import TaskState
from contracts.text import Severity
from contracts.vocabulary import CustomerGrade
from services.followups.tables import tasks
from services.shared.directory import merge_directory
from services.shared.records import Heard, merge_heard
from services.shared.unit_of_work import UnitOfWork


async def hear_task(data: EventData, envelope: Envelope, _unit: UnitOfWork) -> Iterable[Hashable]:
    """Keep a task as the rules tell it; how a person ended it is kept apart and outranks it."""
    return [_task_row(cast("TaskState", data), envelope.sequence)]


async def finish(touched: frozenset[Hashable], unit: UnitOfWork) -> None:
    """Merge all that was heard."""
    await merge_directory(unit.session, touched)
    await merge_heard(unit.session, (each for each in touched if isinstance(each, Heard)))


_SEVERITIES = (Severity.BREACH, Severity.WARNING, Severity.NORMAL)
_GRADES = (*CustomerGrade, None)


def _task_row(state: TaskState, sequence: int) -> Heard:
    overdue_at = state.overdue_at or state.due_at  # older events have only the deadline
    row = {
        "task_id": state.task_id,
        "customer_id": state.customer_id,
        "sequence": sequence,
        "obligation": state.status.value,
        "kind": state.kind.value,
        "assignee_id": state.assignee.person_id,
        "assignee_name": state.assignee.name or state.assignee.queue or state.assignee.role,
        "due_at": state.due_at,
        "overdue_at": overdue_at,
        "severity_rank": _SEVERITIES.index(state.severity),
        "urgent_at": overdue_at or state.rung_at,
        "grade_rank": _GRADES.index(state.grade),
        "amount_rank": -state.amount.amount if state.amount else 0,
        "anchor": state.anchor,
        "customer_name": state.customer_name,
        "state": state.model_dump(mode="json"),
    }
    return Heard(tasks, row)
