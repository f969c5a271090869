"""Ids: UUIDv7 for what is made once, uuid5 for what must be the same wherever it is made."""

from datetime import UTC, datetime
from uuid import UUID, uuid5

from uuid_utils.compat import uuid7

TASK_NAMESPACE = UUID("6f2d5e1c-6f0b-5c0e-9a53-0b6c8f7d2a41")
"""Fixed for ever: a task keeps its id in every replica, replay and version."""


def new_id() -> UUID:
    """A new id that sorts by the time it was made."""
    return uuid7()


def task_id(*, rule: str, subject: UUID, anchor: datetime) -> UUID:
    """The id of the task that a rule raises for a subject in the episode that starts at an anchor.

    The text form is `rule|subject|anchor`, the anchor in UTC with microseconds.
    """
    moment = anchor.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return uuid5(TASK_NAMESPACE, f"{rule}|{subject}|{moment}")


def notice_id(*, rule: str, subject: UUID, anchor: datetime, rung: str) -> UUID:
    """The id of what is told once when a rung of an episode is reached."""
    return uuid5(task_id(rule=rule, subject=subject, anchor=anchor), rung)
