"""Reasons, deadlines and durations in the words of a sentence."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo

from contracts.rules import Because, TaskState, Text
from contracts.vocabulary import (
    CustomerGrade,
    Intent,
    Lifecycle,
    Objection,
    OpportunityStage,
    Potential,
    Urgency,
    Word,
)
from services.shared.errors import Locale

_DURATION = re.compile(r"(\d+)\s*(min|h|d|w|mo|q|wh|wd)\b")

_ADDED = re.compile(r"\+ (.+?) →")
_COMPARED = re.compile(r"(>=|<=|>|<|\[|\()\s*(-?\d[^,]*|-?\d.*[\])])$")
_COMPARISONS = {
    ">=": ("达到", "reaches"),
    ">": ("超过", "is above"),
    "<": ("不足", "is below"),
    "<=": ("不超过", "is at most"),
    "[": ("在", "is in"),
    "(": ("在", "is in"),
}
_TRUTH = {"true": ("是", "yes"), "false": ("否", "no")}

_VALUES: Mapping[str, type[Word]] = {
    "grade": CustomerGrade,
    "value_grade": CustomerGrade,
    "intent_grade": CustomerGrade,
    "matrix_grade": CustomerGrade,
    "intent": Intent,
    "lifecycle": Lifecycle,
    "objection": Objection,
    "potential": Potential,
    "urgency": Urgency,
    "stage": OpportunityStage,
}
"""The words for the values of facts that have a closed domain."""

CATCH_ALL = "otherwise"
"""What stands in the place of a test where a row asks for nothing."""

GRADING = "grade_by_"
"""How the rules that grade a customer are called."""

UNASSIGNED = "unassigned"
"""The queue of tasks that nobody owns."""

_UNITS = {
    "min": ("分钟", "minute"),
    "h": ("小时", "hour"),
    "d": ("天", "day"),
    "w": ("周", "week"),
    "mo": ("个月", "month"),
    "q": ("个季度", "quarter"),
    "wh": ("个工作小时", "working hour"),
    "wd": ("个工作日", "working day"),
}


@dataclass(frozen=True)
class Words:
    """Says things in one language, with times in one zone, seen from the business instant `now`."""

    locale: Locale
    zone: tzinfo
    now: datetime

    def pick(self, *, zh: str, en: str) -> str:
        """Return the words in the language."""
        return zh if self.locale == "zh" else en

    def text(self, text: Text) -> str:
        """Return a text that came in both languages."""
        return self.pick(zh=text.zh, en=text.en)

    def day(self, instant: datetime) -> str:
        """The local date."""
        return f"{instant.astimezone(self.zone):%Y-%m-%d}"

    def minute(self, instant: datetime) -> str:
        """The local date and time."""
        return f"{instant.astimezone(self.zone):%Y-%m-%d %H:%M}"

    def duration(self, text: str) -> str:
        """Say each duration in a threshold as people do: `14d + 2wd` is 14天 + 2个工作日."""
        return _DURATION.sub(lambda found: self._unit(int(found[1]), found[2]), text)

    def due(self, due_at: datetime) -> str:
        """How far away a deadline is, in local days."""
        days = (due_at.astimezone(self.zone).date() - self.now.astimezone(self.zone).date()).days
        if due_at <= self.now:
            return (
                self.pick(zh=f"逾期{-days}天", en=f"{-days} d late")
                if days
                else self.pick(zh="已到期", en="due")
            )
        if days == 0:
            return self.pick(zh="今天", en="today")
        return f"{due_at.astimezone(self.zone):%m-%d}"

    def age(self, instant: datetime) -> int:
        """How many whole local days ago an instant was."""
        return (self.now.astimezone(self.zone).date() - instant.astimezone(self.zone).date()).days

    def because(self, entry: Because) -> str:
        """One test that held, in words."""
        label = self.text(entry.label)
        if entry.anchor is None:
            return self._held(label, entry)
        since = f"{label} {self.day(entry.anchor)}"
        span = self._span(entry)
        if entry.reached_at is None:
            return f"{since} ({span})"
        reached = self.day(entry.reached_at)
        return self.pick(zh=f"{since},满{span}为 {reached}", en=f"{since}; {span} later is {reached}")

    def reason(self, task: TaskState) -> str:
        """Why a task is open: its deadline and what made the grade; else all that its rule asks."""
        own = [entry for entry in task.because if entry.rule == task.rule]
        deadlines = [self.because(entry) for entry in own if entry.anchor is not None]
        parts = deadlines or [self.because(entry) for entry in own]
        return "\n".join([self.pick(zh=";", en="; ").join(parts), *self._grade(task)])

    def value(self, fact: str, value: str | None) -> str:
        """A fact's value as people say it."""
        if value is None:
            return self.pick(zh="无", en="none")
        if value in _TRUTH:
            return self.pick(zh=_TRUTH[value][0], en=_TRUTH[value][1])
        words = _VALUES.get(fact)
        return (
            words.by_alias()[value.casefold()].label(self.locale) if words and value in set(words) else value
        )

    def person(self, name: str) -> str:
        """The name of a person or a queue; the queue for what nobody owns has a word of its own."""
        return self.pick(zh="未分配", en="unassigned") if name == UNASSIGNED else name

    def _held(self, label: str, entry: Because) -> str:
        value = self.value(entry.fact, entry.value)
        compared = _COMPARED.match(entry.threshold)
        if compared and entry.value is not None:
            zh, en = _COMPARISONS[compared[1]]
            limit = compared[0] if compared[1] in "[(" else compared[2]
            return self.pick(zh=f"{label}{value}{zh}{limit}", en=f"{label} {value} {en} {limit}")
        return f"{label} {value}"

    def _span(self, entry: Because) -> str:
        """The time from anchor to deadline; where a decision gave a part of it, the arithmetic names that."""
        added = _ADDED.search(entry.arithmetic.en) if entry.arithmetic else None
        return self.duration(added[1] if added else entry.threshold)

    def _grade(self, task: TaskState) -> Iterator[str]:
        """What decided the grade, where it decided how soon the task came."""
        held = [self.because(entry) for entry in task.because if _grades(entry)]
        if task.grade and held:
            grade = self.pick(zh=f"{task.grade.value}级:", en=f"grade {task.grade.value}: ")
            yield grade + self.pick(zh="、", en=", ").join(held)

    def _unit(self, number: int, unit: str) -> str:
        zh, en = _UNITS[unit]
        return self.pick(zh=f"{number}{zh}", en=f"{number} {en}{'' if number == 1 else 's'}")


def _grades(entry: Because) -> bool:
    """Whether a test is about the customer's grade and says something: a catch-all asks for nothing."""
    return entry.rule.startswith(GRADING) and entry.threshold != CATCH_ALL
