"""The result of everything settled: read over the routes of the API, so a running instance gives the same.

What is shown is read, with how much there is of the rest; nothing reads all customers or all tasks at once.
"""

from collections import ChainMap
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import ConfigDict

from contracts.rules import Recipient, TaskState
from services.client import Client

COUNTED = ("customers", "contacts", "people", "purchases", "follow_ups", "opportunities")
"""What is counted, in the order in which it is shown."""


class Task(TaskState):
    """A task as the followups service shows it; overdue is seen from the business instant."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    is_overdue: bool = False
    overdue_since: datetime | None = None


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
    rejected: Sequence[Rejected] = ()
    rejected_files: Sequence[str] = field(default_factory=tuple)


@dataclass(frozen=True)
class Assignee:
    """A person or queue: how many open tasks it has, how many are overdue, and the most urgent ones."""

    name: str
    total: int
    overdue: int
    tasks: Sequence[Task] = ()


@dataclass(frozen=True)
class Stalled:
    """The warnings about opportunities: how many there are, and the first: those most people were told of."""

    total: int
    first: Sequence[Task] = ()


async def read(client: Client, *, rejected: Sequence[Rejected] = (), files: Sequence[str] = ()) -> Result:
    """Read the result; `rejected` and the `files` that list all of them come from the imports just done."""
    ruleset = await client.get("/v1/rulesets/active")
    return Result(
        as_of=await client.business_now(),
        ruleset_version=ruleset["version"],
        counts=dict(ChainMap(*await client.everywhere("/v1/counts"))),
        customers_by_grade=await client.get("/v1/customers/grades"),
        rejected=rejected,
        rejected_files=files,
    )


async def open_tasks(
    client: Client, *, assignee: str | None = None, overdue: bool | None = None
) -> AsyncIterator[Task]:
    """Read the open tasks that are meant, page by page, in the order in which they are to be done."""
    wanted = {"status": "open", "assignee": assignee, "overdue": overdue, "order": "urgency"}
    async for item in client.items("/v1/tasks", **wanted):
        yield Task.model_validate(item)


async def assignees(client: Client, *, most: int, **filters: Any) -> list[Assignee]:  # noqa: ANN401 -- as get
    """Read who has open tasks, most overdue first, each with its most urgent ones."""
    answer = await client.get("/v1/tasks/by-assignee", status="open", most=most, **filters)
    return [
        Assignee(
            each["assignee"],
            each["total"],
            each["overdue"],
            [Task.model_validate(task) for task in each["tasks"]],
        )
        for each in answer["assignees"]
    ]


async def stalled(client: Client, *, most: int) -> Stalled:
    """Read the warnings about opportunities: the highest rung first, then the longest without progress."""
    warnings = {"kind": "warning", "subject": "opportunity"}
    total = sum(each.total for each in await assignees(client, most=0, **warnings))
    page = await client.get("/v1/tasks", status="open", order="watchers", limit=most, **warnings)
    return Stalled(total, [Task.model_validate(task) for task in page["items"]])


def assignee_of(task: Task) -> str:
    """The person or the queue that has a task."""
    return name_of(task.assignee)


def name_of(recipient: Recipient) -> str:
    """The person's name, else the queue's, else the role."""
    return recipient.name or recipient.queue or recipient.role


def as_json(result: Result, tasks: AsyncIterator[Task]) -> dict[str, Any]:
    """The object that `--json` prints; instants in UTC, titles and reasons in both languages."""
    return {
        "as_of": result.as_of.isoformat(),
        "ruleset_version": result.ruleset_version,
        "counts": {name: result.counts[name] for name in COUNTED},
        "customers_by_grade": dict(result.customers_by_grade),
        "tasks": (task_as_json(task) async for task in tasks),
        "rejected": [vars(row) for row in result.rejected],
    }


def task_as_json(task: Task) -> dict[str, Any]:
    """A task for programs: `assignee` is the name of the person or queue, `subject` an id."""
    plain = task.model_dump(mode="json")
    kept = ("rule", "rung", "kind", "severity", "customer_id", "customer_name", "grade", "title")
    later = ("amount", "anchor", "raised_at", "due_at", "is_overdue", "overdue_since", "because")
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
