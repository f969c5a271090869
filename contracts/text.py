"""Words in both languages, what is wrong with rules, and what tasks are: parts that checks of rules need."""

from enum import StrEnum

from contracts.events import Model


class Text(Model):
    """The same words in Chinese and English."""

    zh: str
    en: str


class TaskKind(StrEnum):
    """What a task asks for."""

    REMINDER = "reminder"
    WARNING = "warning"
    CARE = "care"
    REVIEW = "review"


class Severity(StrEnum):
    """How bad it is that a task is open."""

    NORMAL = "normal"
    WARNING = "warning"
    BREACH = "breach"


class Problem(Model):
    """One thing that is wrong in a rule file, and where.

    `finding` is the name under which the rule can accept it; None for what cannot be accepted.
    """

    file: str
    line: int
    column: int
    rule: str | None = None
    message: Text
    finding: str | None = None
