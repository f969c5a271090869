"""What the routes of the rules service answer."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel

from contracts.rules import Because, Subject, TaskState
from contracts.text import Problem, Text


class ValueView(BaseModel):
    """A value that a decision returns, as people read it; `text` is null where there is no value."""

    name: str
    label: Text
    text: Text | None


class DecisionView(BaseModel):
    """What a decision says of a subject, since when (business time), by which row and version.

    `values` are as rules write them, `shown` the same as people read them.
    """

    rule: str
    title: Text | None
    row: str
    row_title: Text | None
    values: dict[str, Any]
    shown: tuple[ValueView, ...]
    since: datetime | None
    ruleset_version: int
    because: tuple[Because, ...]


class RungView(BaseModel):
    """A rung of an active clock."""

    rung: str
    title: Text | None
    at: datetime
    is_reached: bool


class ClockView(BaseModel):
    """A clock: active with its anchor and rungs, or not, and why (not).

    `switched_off` are the decisions that are switched off whose values it reads.
    """

    rule: str
    title: Text | None
    is_active: bool
    anchor: datetime | None
    rungs: tuple[RungView, ...]
    because: tuple[Because, ...]
    why_not: tuple[Because, ...]
    switched_off: tuple[str, ...] = ()


class SwitchedOffView(BaseModel):
    """A rule that is switched off (`enabled: false`): a decision or a clock."""

    rule: str
    title: Text | None
    kind: Literal["decision", "clock"]


class NoticeView(BaseModel):
    """A notice that was given; its title and the role `to` are those of its rung, null when that is gone."""

    rule: str
    rung: str
    given_at: datetime
    title: Text | None
    to: str | None
    to_title: Text | None


class WhyView(BaseModel):
    """All that holds for a subject at `as_of`, and when the answer could change without an event."""

    subject: Subject
    subject_name: str
    customer_id: UUID
    customer_name: str
    as_of: datetime
    ruleset_version: int
    next_check_at: datetime | None
    next_touch_at: datetime | None
    decisions: tuple[DecisionView, ...]
    clocks: tuple[ClockView, ...]
    tasks: tuple[TaskState, ...]
    notices: tuple[NoticeView, ...]
    switched_off: tuple[SwitchedOffView, ...] = ()


class ActiveView(BaseModel):
    """The version in force, and what is wrong with the newest edit when it was refused."""

    version: int
    digest: str
    published_at: datetime
    problems: tuple[Problem, ...]
    rules: tuple[str, ...]
