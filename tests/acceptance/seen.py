"""The result of a load, and as people see it, so that two runs can be compared whose ids differ."""

from collections.abc import Sequence
from typing import Any

from services.client import Client
from services.report.result import Rejected, as_json, open_tasks, read

_SHOWN = (
    "rung",
    "kind",
    "severity",
    "title",
    "assignee",
    "watchers",
    "anchor",
    "raised_at",
    "due_at",
    "grade",
)


def as_people_see_it(result: dict[str, Any]) -> dict[str, Any]:
    """The result without ids; a task that is there twice fails the test."""
    tasks = {
        (task["rule"], task["customer_name"], task["subject_name"], task["anchor"]): {
            name: task[name] for name in _SHOWN
        }
        for task in result["tasks"]
    }
    assert len(tasks) == len(result["tasks"]), "a task is doubled"
    return {
        "counts": result["counts"],
        "grades": result["customers_by_grade"],
        "rejected": result["rejected"],
        "tasks": tasks,
    }


async def whole_result(client: Client, rejected: Sequence[Rejected] = ()) -> dict[str, Any]:
    """The object that `genjin up --json` prints, with all its tasks."""
    document = as_json(await read(client, rejected=rejected), open_tasks(client))
    return {**document, "tasks": [task async for task in document["tasks"]]}
