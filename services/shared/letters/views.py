"""What is answered about dead letters, and what can be asked of them."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from contracts.envelope import Envelope
from services.shared.paging import Paging
from services.shared.retrying import Outcome, Result

MOST_AT_ONCE = 100
"""How many letters one request tries: as many as are answered for within seconds."""

Name = Annotated[str, StringConstraints(min_length=1, max_length=500)]


class LetterState(StrEnum):
    """Where a letter stands: it waits for its next try, or for an operator, or was given up."""

    WAITING = "waiting"
    DEAD = "dead"
    DISCARDED = "discarded"


class Chosen(BaseModel):
    """Which letters are meant; what is not given narrows nothing."""

    model_config = ConfigDict(extra="forbid")

    service: Name | None = None
    consumer: Name | None = None
    type: Name | None = Field(default=None, description="The type of the message.")
    error_class: Name | None = None
    fingerprint: Name | None = Field(default=None, description="Of a group, as the groups say it.")


class LetterFilter(Chosen, Paging):
    """A page of the letters that are meant."""

    state: LetterState | None = None


class LetterView(BaseModel):
    """One message that could not be handled."""

    id: UUID
    service: str
    consumer: str
    state: LetterState
    type: str | None
    event_id: UUID | None
    source: str | None = Field(description="Whose log it stands in, at `shard` and `position`, if in any.")
    shard: int | None
    position: int | None
    error_class: str
    reason: str
    fingerprint: str = Field(description="What failed, where in the code, on which type of message.")
    attempts: int
    next_try_at: datetime | None = Field(description="Null when only an operator will try it.")
    created_at: datetime
    failed_at: datetime = Field(description="When it was tried last.")
    discarded_at: datetime | None
    discarded_because: str | None


class LetterDetail(LetterView):
    """All of a message that could not be handled."""

    headers: dict[str, Any] | None
    body: Any = Field(description="JSON, or a string with what is not readable escaped.")
    body_format: Literal["json", "text", "withheld"] = Field(
        description="`withheld`: it may hold contact data; only the sender's id for the record is shown."
    )


class GroupView(BaseModel):
    """The letters of one consumer that failed for the same cause, without those that were given up."""

    service: str
    consumer: str
    fingerprint: str
    error_class: str
    where: str = Field(description="The function that failed.")
    type: str | None
    count: int
    waiting: int = Field(description="How many of them will be tried again without an operator.")
    first: datetime = Field(description="When the first of them came.")
    last: datetime = Field(description="When one of them was tried last.")
    example: UUID
    reason: str = Field(description="The example's.")


class Groups(BaseModel):
    """The largest groups first."""

    items: list[GroupView]


class Selection(BaseModel):
    """Some letters by their ids, or all of a group, or all; in pages where there are many."""

    model_config = ConfigDict(extra="forbid")

    ids: Annotated[list[UUID], Field(min_length=1, max_length=MOST_AT_ONCE)] | None = None
    fingerprint: Name | None = None
    all: Literal[True] | None = None
    limit: Annotated[int, Field(ge=1, le=MOST_AT_ONCE)] = MOST_AT_ONCE
    after: UUID | None = Field(default=None, description="The `next` of the answer before.")

    @model_validator(mode="after")
    def _says_one(self) -> "Selection":
        if sum(given is not None for given in (self.ids, self.fingerprint, self.all)) != 1:
            message = "give one of ids, fingerprint and all"
            raise ValueError(message)
        return self


class Reason(BaseModel):
    """Why letters are given up; it is kept with them."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


class SelectionWithReason(Selection, Reason):
    """Some letters that are given up, and why."""


class SaidView(BaseModel):
    """An event that was or would be said."""

    type: str
    subject: str
    record: str
    sequence: int
    data: dict[str, Any]

    @classmethod
    def of(cls, envelope: Envelope) -> "SaidView":
        """Show an event."""
        return cls.model_validate(envelope.model_dump(include=set(cls.model_fields)))


class OutcomeView(BaseModel):
    """What became of a letter, or in a dry run what would: `busy` means that somebody is trying it."""

    id: UUID
    service: str | None = Field(description="Null for a letter that no service has.")
    result: Result
    error_class: str | None = None
    reason: str | None = Field(default=None, description="Why it failed.")
    said: list[SaidView] = Field(default_factory=list, description="The events that follow from it.")

    @classmethod
    def of(cls, key: UUID, service: str | None, outcome: Outcome) -> "OutcomeView":
        """Show an outcome."""
        failure = outcome.failure
        return cls(
            id=key,
            service=service,
            result=outcome.result,
            error_class=failure.error_class if failure else None,
            reason=failure.reason if failure else None,
            said=[SaidView.of(envelope) for envelope in outcome.said],
        )


class Outcomes(BaseModel):
    """What became of each letter; `next` is the `after` of the request for the rest, null at the end."""

    items: Sequence[OutcomeView]
    next: UUID | None = None
