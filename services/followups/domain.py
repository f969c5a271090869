"""Our people, what they plan, what they wrote down, and the tasks they are asked to do.

Every method that changes something counts `sequence` up by one and returns what changed; `now` is the
business instant.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from contracts.vocabulary import Channel, Intent, Objection, PlanStatus
from services.shared.changes import Tracked
from services.shared.errors import Locale, NotFoundError, RefusedError


class AmbiguousPersonError(RefusedError):
    """{count} people are named {name!r}; it cannot be told which one is meant."""

    slug = "ambiguous-person"
    zh = "有 {count} 个人名为“{name}”,无法确定是哪一个。"
    name: str
    count: int


class UnknownTaskError(NotFoundError):
    """There is no task {task_id}."""

    slug = "unknown-task"
    zh = "没有编号为 {task_id} 的任务。"
    task_id: UUID


class UnknownPersonError(RefusedError):
    """There is no person {person_id}."""

    slug = "unknown-person"
    zh = "没有编号为 {person_id} 的人员。"
    person_id: UUID


CURES: Mapping[str, Mapping[Locale, str]] = {
    "last_contact_at": {"zh": "与客户的一次跟进记录", "en": "a recorded contact with the customer"},
    "last_response_at": {"zh": "客户的一次回应", "en": "a recorded response of the customer"},
    "lifecycle": {"zh": "客户状态的变化", "en": "another lifecycle of the customer"},
    "stage": {"zh": "商机进入下一阶段", "en": "another stage of the opportunity"},
    "status": {"zh": "商机赢单或输单", "en": "the opportunity won or lost"},
    "progressed_at": {"zh": "商机的新进展", "en": "progress of the opportunity"},
    "held_until": {"zh": "搁置商机并注明原因", "en": "the opportunity put on hold"},
}
"""What a person can do so that a fact ends a task; a fact that is not here is named as it is."""


class TaskNeedsFactsError(RefusedError):
    """This task ends by itself as soon as the records show what it asks for: {cures}."""

    slug = "task-needs-facts"
    zh = "该任务在系统中出现以下记录后会自动关闭:{cures}。"
    http_status = 409
    cures: Sequence[str]

    def message(self, locale: Locale) -> str:
        """Say which records would end the task, in words where the fact is a well-known one."""
        words = (CURES.get(cure, {}).get(locale, cure) for cure in self.cures)
        return self.template(locale).format(cures="; ".join(words))


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


@dataclass(slots=True)
class Person(Tracked):
    """One of our own people, with the manager, the lead of the area and the deputy."""

    person_id: UUID
    name: str
    natural_key: str
    created_at: datetime
    updated_at: datetime
    source_system: str | None = None
    external_id: str | None = None
    sequence: int = 1
    title: str | None = None
    department: str | None = None
    manager_id: UUID | None = None
    lead_id: UUID | None = None
    deputy_id: UUID | None = None
    email: str | None = None


@dataclass(slots=True)
class FollowUpPlan(Tracked):
    """What is to be done for a customer, by whom, until when (R094, R095); one milestone at most so far."""

    plan_id: UUID
    customer_id: UUID
    created_at: datetime
    updated_at: datetime
    source_system: str | None = None
    external_id: str | None = None
    sequence: int = 1
    owner_id: UUID | None = None
    status: PlanStatus = PlanStatus.OPEN
    stage: str | None = None
    milestone_at: datetime | None = None
    channel: Channel | None = None
    action: str | None = None
    expected_outcome: str | None = None
    due_at: datetime | None = None


@dataclass(slots=True)
class FollowUpRecord(Tracked):
    """A contact that took place and was written down (R112 to R115); its free text stays in this service."""

    follow_up_id: UUID
    customer_id: UUID
    occurred_at: datetime
    recorded_at: datetime
    updated_at: datetime
    source_system: str | None = None
    external_id: str | None = None
    sequence: int = 1
    opportunity_id: UUID | None = None
    person_id: UUID | None = None
    channel: Channel | None = None
    participants: str | None = None
    summary: str | None = None
    feedback: str | None = None
    objection: str | None = None
    next_step: str | None = None
    next_step_due: datetime | None = None
    responded: bool = False
    need_raised: bool = False
    materials_sent: bool = False
    proposal_sent: bool = False
    demo_booked: bool = False
    intent: Intent | None = None

    @property
    def has_response(self) -> bool:
        """Whether the customer answered: said so, gave feedback or named a need."""
        return self.responded or self.need_raised or not says_nothing(self.feedback)

    @property
    def objection_kind(self) -> Objection | None:
        """What kind of objection the words are about; None when there are none."""
        return classify_objection(self.objection)


NOTHING = frozenset(
    {"", "无", "没有", "暂无", "无异议", "无反馈", "未反馈", "未回复", "none", "no", "-", "—", "/"}
)
"""Words for the objection or the feedback that say there was none."""


def says_nothing(words: str | None) -> bool:
    """Whether there are no words, or words that only say so."""
    return (words or "").strip().casefold() in NOTHING


def classify_objection(words: str | None) -> Objection | None:
    """Find the kind of objection that words are about: price, competitor, other."""
    if words is None or says_nothing(words):
        return None
    aliases = Objection.by_alias().items()
    return next((kind for alias, kind in aliases if alias in words.casefold()), Objection.OTHER)


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


@dataclass(slots=True)
class FollowUpTask:
    """The work item for an obligation that the rules own; a person's ending is final for the episode.

    `obligation` is the status that the rules gave last; `ending` the person's, which outranks it, because
    what the rules said before they heard of it must not open the task again.
    """

    OPEN: ClassVar[str] = "open"

    task_id: UUID
    obligation: str
    completes: str
    cures: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    ending: Ending | None = None
    own_sequence: int = 0

    @property
    def status(self) -> str:
        """`open`, `resolved`, `completed` or `dismissed`."""
        return self.ending.ended_as if self.ending else self.obligation

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
            raise TaskNeedsFactsError(cures=self.cures)
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
