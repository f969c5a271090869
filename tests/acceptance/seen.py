"""A result as people see it, so that two runs can be compared whose ids differ."""

from typing import Any

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
