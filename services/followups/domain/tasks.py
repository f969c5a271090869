"""Tasks: what the rules ask people to do, and how people took them on and ended them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from services.shared.errors import Locale, NotFoundError, RefusedError


class UnknownTaskError(NotFoundError):
    """There is no task {task_id}."""

    slug = "unknown-task"
    zh = "没有编号为 {task_id} 的任务。"
    task_id: UUID


CURES: Mapping[str, Mapping[Locale, str]] = {
    "last_contact_at": {"zh": "与客户的一次跟进记录", "en": "a recorded contact with the customer"},
    "last_response_at": {"zh": "客户的一次回应", "en": "a recorded response of the customer"},
    "assigned_at": {"zh": "客户更晚的首次分配时间", "en": "a later first assignment of the customer"},
    "unrecorded_since": {"zh": "该次联系的跟进记录", "en": "the record of that contact"},
    "next_step_due_at": {
        "zh": "约定当天或之后与客户的一次跟进记录，或状态为“已完成”的跟进记录",
        "en": "a recorded contact on the day of the next step or later, or a record whose status is done",
    },
    "lifecycle": {"zh": "客户状态的变化", "en": "another lifecycle of the customer"},
    "dormant": {"zh": "客户转为沉睡客户，或不再是沉睡客户", "en": "the customer dormant, or no longer so"},
    "stage": {"zh": "商机进入下一阶段", "en": "another stage of the opportunity"},
    "status": {"zh": "商机赢单或输单", "en": "the opportunity won or lost"},
    "progressed_at": {"zh": "商机的新进展", "en": "progress of the opportunity"},
    "held_until": {"zh": "搁置商机并注明原因", "en": "the opportunity put on hold"},
    "plan/status": {"zh": "跟进计划改为已完成", "en": "the plan marked as done"},
    "plan/due_at": {"zh": "跟进计划改期", "en": "another deadline of the plan"},
}
"""What ends a task, by the fact that it changes, or by the kind of subject and the fact where it matters.

A fact that is not here is named by its label.
"""
_BETWEEN: Mapping[Locale, str] = {"zh": "；", "en": "; "}


class TaskNeedsFactsError(RefusedError):
    """This task ends by itself as soon as the records show what it asks for: {cures}.

    `labels` are the words of the rules for facts that have none in CURES; `kind` is what the task is about.
    """

    slug = "task-needs-facts"
    zh = "该任务在系统中出现以下记录后会自动关闭：{cures}。"
    http_status = 409
    kind: str
    cures: Sequence[str]
    labels: Mapping[str, Mapping[Locale, str]]

    def message(self, locale: Locale) -> str:
        """Say which records would end the task, in words where the fact has some."""
        words = (self._words(cure).get(locale, cure) for cure in self.cures)
        return self.template(locale).format(cures=_BETWEEN[locale].join(words))

    def _words(self, cure: str) -> Mapping[Locale, str]:
        return CURES.get(f"{self.kind}/{cure}") or CURES.get(cure) or self.labels.get(cure, {})


class AnswersMissingError(RefusedError):
    """The form of this task is not filled in: {missing}."""

    slug = "answers-missing"
    zh = "该任务的表单尚未填写:{missing}。"
    missing: str


class DismissReasonMissingError(RefusedError):
    """A task can only be dismissed for a reason."""

    slug = "reason-missing"
    zh = "关闭任务需要填写理由。"


class TaskEndedOtherwiseError(RefusedError):
    """This task has already been {status}."""

    slug = "task-ended-otherwise"
    zh = "该任务已经结束({status})。"
    http_status = 409
    status: str


class TaskTakenError(RefusedError):
    """Person {person_id} has taken this task on already."""

    slug = "task-taken"
    zh = "该任务已由人员 {person_id} 接受。"
    http_status = 409
    members = ("person_id",)
    person_id: UUID


class EndedAs(StrEnum):
    """How a person ended a task."""

    COMPLETED = "completed"
    DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True)
class Ending:
    """A person's last word on a task; `answers` and `reason` are free text and stay here."""

    ended_as: EndedAs
    ended_at: datetime
    person_id: UUID | None = None
    answers: Mapping[str, str] | None = None
    reason: str | None = None

    @property
    def answered(self) -> tuple[str, ...]:
        """The names of the fields that were filled in."""
        return tuple(self.answers or ())


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Who took a task on, and when."""

    person_id: UUID
    accepted_at: datetime


@dataclass(slots=True)
class FollowUpTask:
    """The work item for an obligation that the rules own; a person's ending is final for the episode.

    `obligation` is the status that the rules gave last; `ending` the person's, which outranks it, because
    what the rules said before they heard of it must not open the task again. `told_sequence` counts what the
    rules told, `own_sequence` what people did. `kind` is that of its subject, `labels` has the rules' words
    for facts of `cures`.
    """

    OPEN: ClassVar[str] = "open"

    task_id: UUID
    obligation: str
    completes: str
    kind: str = "customer"
    cures: tuple[str, ...] = ()
    labels: Mapping[str, Mapping[Locale, str]] = field(default_factory=dict)
    asks: tuple[str, ...] = ()
    acceptance: Acceptance | None = None
    ending: Ending | None = None
    told_sequence: int = 0
    own_sequence: int = 0

    @property
    def version(self) -> int:
        """A number that grows with whatever the rules tell of the task, and with whatever people do to it."""
        return self.told_sequence + self.own_sequence

    @property
    def status(self) -> str:
        """`open`, `resolved`, `completed` or `dismissed`."""
        return self.ending.ended_as if self.ending else self.obligation

    def accept(self, *, person_id: UUID, assignee_id: UUID | None, now: datetime) -> Acceptance | None:
        """Let a person take the task on; None when this person has it already.

        Whose task it is by the rules takes it over from whoever has it.

        Raises:
            TaskEndedOtherwiseError: it has ended.
            TaskTakenError: another person has it.
        """
        if self.status != self.OPEN:
            raise TaskEndedOtherwiseError(status=self.status)
        if self.acceptance and self.acceptance.person_id == person_id:
            return None
        if self.acceptance and person_id != assignee_id:
            raise TaskTakenError(person_id=self.acceptance.person_id)
        self.acceptance = Acceptance(person_id, now)
        self.own_sequence += 1
        return self.acceptance

    def complete(self, *, person_id: UUID | None, answers: Mapping[str, str], now: datetime) -> Ending | None:
        """Take a person's "done"; return the ending, or None when the task has ended and nothing changes.

        Raises:
            TaskNeedsFactsError: only facts end this task; the error names those that would.
            AnswersMissingError: a field of the form is empty.
            TaskEndedOtherwiseError: it was dismissed.
        """
        if self._has_ended(EndedAs.COMPLETED):
            return None
        if self.completes == "fact":
            raise TaskNeedsFactsError(kind=self.kind, cures=self.cures, labels=self.labels)
        given = {name: answers.get(name, "").strip() for name in self.asks}
        if missing := [name for name, answer in given.items() if not answer]:
            raise AnswersMissingError(missing=", ".join(missing))
        return self._end(Ending(EndedAs.COMPLETED, now, person_id, answers=given))

    def dismiss(self, *, person_id: UUID | None, reason: str, now: datetime) -> Ending | None:
        """Put the task aside for this episode; return the ending, or None when it has ended already.

        Raises:
            DismissReasonMissingError: no reason is given.
            TaskEndedOtherwiseError: it was completed.
        """
        if not reason.strip():
            raise DismissReasonMissingError
        if self._has_ended(EndedAs.DISMISSED):
            return None
        return self._end(Ending(EndedAs.DISMISSED, now, person_id, reason=reason.strip()))

    def _has_ended(self, wanted: EndedAs) -> bool:
        if self.status not in {self.OPEN, "resolved", wanted}:
            raise TaskEndedOtherwiseError(status=self.status)
        return self.status != self.OPEN

    def _end(self, ending: Ending) -> Ending:
        self.ending = ending
        self.own_sequence += 1
        return ending
