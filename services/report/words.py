"""Reasons, deadlines and durations in the words of a sentence."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo

from contracts.rules import Because, TaskState
from contracts.text import Text
from services.shared.errors import Locale

_STEPS = re.compile(r" ([+-]) (.+?) →")
_COMPARED = re.compile(r">|<|[\[(]\s*-?\d")
"""Tests of a number or an amount: the limits are news beside the value."""

CATCH_ALL = "otherwise"
"""What stands in the place of a test where a row asks for nothing."""

GRADING = "grade_by_"
"""How the rules that grade a customer are called."""

UNASSIGNED = "unassigned"
"""The queue of tasks that nobody owns."""


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
        steps = _STEPS.search(self.text(entry.arithmetic)) if entry.arithmetic else None
        if entry.reached_at is None or steps is None:
            return self.pick(
                zh=f"{since}（{self.threshold(entry)}）", en=f"{since} ({self.threshold(entry)})"
            )
        reached, span = self.day(entry.reached_at), steps[2]
        if steps[1] == "-":
            return self.pick(zh=f"{since}，提前{span}为 {reached}", en=f"{since}; {span} before is {reached}")
        return self.pick(zh=f"{since}，满{span}为 {reached}", en=f"{since}; {span} later is {reached}")

    def reason(self, task: TaskState) -> str:
        """Why a task is open: its deadline and what made the grade; else all that its rule asks."""
        own = [entry for entry in task.because if entry.rule == task.rule]
        deadlines = [self.because(entry) for entry in own if entry.anchor is not None]
        parts = deadlines or [self.because(entry) for entry in own]
        return "\n".join([self.pick(zh="；", en="; ").join(parts), *self._grade(task)])

    def value(self, entry: Because) -> str:
        """What a fact is, as people call it."""
        if entry.value_text:
            return self.text(entry.value_text)
        return self.nothing if entry.value is None else entry.value

    def threshold(self, entry: Because) -> str:
        """What a test asks, as people read it."""
        return self.text(entry.threshold_text) if entry.threshold_text else entry.threshold

    @property
    def nothing(self) -> str:
        """What is shown where there is no value."""
        return self.pick(zh="无", en="none")

    def person(self, name: str) -> str:
        """The name of a person or a queue; the queue for what nobody owns has a word of its own."""
        return self.pick(zh="未分配", en="unassigned") if name == UNASSIGNED else name

    def _held(self, label: str, entry: Because) -> str:
        held = f"{label} {self.value(entry)}"
        if entry.value is None or not _COMPARED.match(entry.threshold):
            return held
        return self.pick(zh=f"{held}，{self.threshold(entry)}", en=f"{held}, {self.threshold(entry)}")

    def _grade(self, task: TaskState) -> Iterator[str]:
        """What decided the grade, where it decided how soon the task came."""
        held = [self.because(entry) for entry in task.because if _grades(entry)]
        if task.grade and held:
            grade = self.pick(zh=f"{task.grade.value}级：", en=f"grade {task.grade.value}: ")
            yield grade + self.pick(zh="；", en="; ").join(held)


def _grades(entry: Because) -> bool:
    """Whether a test is about the customer's grade and says something: a catch-all asks for nothing."""
    return entry.rule.startswith(GRADING) and entry.threshold != CATCH_ALL
