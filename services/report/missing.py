"""The roles of a task that led to no person, in words."""

from collections.abc import Iterable

from contracts.rules import TaskState
from services.report.words import Words


def missing_roles(task: TaskState, words: Words) -> Iterable[str]:
    """Return one line for each role of which somebody else was asked, with the reason."""
    for missing in task.missing_roles:
        role = words.text(missing.title) if missing.title else missing.role
        reason = words.text(missing.reason)
        yield words.pick(zh=f"未找到{role}：{reason}", en=f"{role} not found: {reason}")
