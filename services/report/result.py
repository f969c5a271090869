"""The result of everything settled: read over the routes of the API, so a running instance gives the same."""

from collections import ChainMap, Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import ConfigDict

from contracts.rules import Recipient, TaskKind, TaskState
from contracts.vocabulary import CustomerGrade
from services.client import Client

COUNTED = ("customers", "contacts", "people", "purchases", "follow_ups", "opportunities")
"""What is counted, in the order in which it is shown."""


class Task(TaskState):
    """A task as the followups service shows it; `is_overdue` is seen from the business instant."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    is_overdue: bool = False


@dataclass(frozen=True)
class Rejected:
    """A row, or a cell of one, that was not imported, and why."""

    file: str
    row: int | None
    column: str | None
    value: str | None
    reason: str


@dataclass(frozen=True)
class Result:
    """What a load has come to, at the business instant `as_of`."""

    as_of: datetime
    ruleset_version: int
    counts: Mapping[str, int]
    customers_by_grade: Mapping[str, int]
    tasks: Sequence[Task]
    rejected: Sequence[Rejected] = ()
    rejected_files: Sequence[str] = field(default_factory=tuple)


async def read(client: Client, *, rejected: Sequence[Rejected] = (), files: Sequence[str] = ()) -> Result:
    """Read the result; `rejected` and the `files` that list all of them come from the imports just done."""
    ruleset = await client.get("/v1/rulesets/active")
    grades = Counter([customer["grade"] async for customer in client.items("/v1/customers")])
    return Result(
        as_of=await client.business_now(),
        ruleset_version=ruleset["version"],
        counts=dict(ChainMap(*await client.everywhere("/v1/counts"))),
        customers_by_grade={grade.value: grades[grade.value] for grade in CustomerGrade},
        tasks=await open_tasks(client),
        rejected=rejected,
        rejected_files=files,
    )


async def open_tasks(client: Client, **filters: object) -> list[Task]:
    """Read the open tasks that a filter leaves: overdue first, then by due time."""
    found = [Task.model_validate(item) async for item in client.items("/v1/tasks", status="open", **filters)]
    return sorted(found, key=urgency)


def urgency(task: Task) -> tuple[bool, datetime, datetime, str]:
    """The order in which tasks are to be done: overdue, then by deadline, then what waits longest."""
    return not task.is_overdue, task.due_at or task.rung_at, task.anchor, task.customer_name


def by_assignee(tasks: Sequence[Task]) -> dict[str, list[Task]]:
    """Group tasks by who has them: whoever has most overdue first."""
    groups: dict[str, list[Task]] = {}
    for task in tasks:
        groups.setdefault(assignee_of(task), []).append(task)
    return dict(sorted(groups.items(), key=lambda group: (-_overdue(group[1]), -len(group[1]), group[0])))


def assignee_of(task: Task) -> str:
    """The person or the queue that has a task."""
    return name_of(task.assignee)


def name_of(recipient: Recipient) -> str:
    """The person's name, else the queue's, else the role."""
    return recipient.name or recipient.queue or recipient.role


def stalled(tasks: Sequence[Task]) -> list[Task]:
    """The warnings about opportunities: the highest rung first, then the longest without progress."""
    warnings = [
        task for task in tasks if task.kind is TaskKind.WARNING and task.subject.kind == "opportunity"
    ]
    return sorted(warnings, key=lambda task: (-len(task.watchers), task.anchor, task.customer_name))


def as_json(result: Result) -> dict[str, Any]:
    """The object that `--json` prints; instants in UTC, titles and reasons in both languages."""
    return {
        "as_of": result.as_of.isoformat(),
        "ruleset_version": result.ruleset_version,
        "counts": {name: result.counts[name] for name in COUNTED},
        "customers_by_grade": dict(result.customers_by_grade),
        "tasks": [task_as_json(task) for task in result.tasks],
        "rejected": [vars(row) for row in result.rejected],
    }


def task_as_json(task: Task) -> dict[str, Any]:
    """A task for programs: `assignee` is the name of the person or queue, `subject` an id."""
    plain = task.model_dump(mode="json")
    kept = ("rule", "rung", "kind", "severity", "customer_id", "customer_name", "grade", "title")
    later = ("anchor", "raised_at", "due_at", "is_overdue", "because")
    return {
        "id": plain["task_id"],
        **{name: plain[name] for name in kept},
        "subject": plain["subject"]["id"],
        "subject_kind": plain["subject"]["kind"],
        "subject_name": task.subject_name,
        "assignee": assignee_of(task),
        "assignee_role": task.assignee.role,
        "watchers": [name_of(watcher) for watcher in task.watchers],
        "missing_roles": plain["missing_roles"],
        **{name: plain[name] for name in later},
    }


def _overdue(tasks: Sequence[Task]) -> int:
    return sum(task.is_overdue for task in tasks)
