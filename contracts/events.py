"""What every event is: a fact in the past tense that carries the whole state of its record."""

from typing import ClassVar

from pydantic import AwareDatetime, BaseModel, ConfigDict


class Model(BaseModel):
    """A part of a message: frozen, and closed where it is produced."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class EventData(Model):
    """The data of one type of event.

    `type` is `<owner>.<fact>.v<N>`, `record_kind` the kind of record whose state it carries.
    """

    type: ClassVar[str]
    record_kind: ClassVar[str]


class SourceRef(Model):
    """The id that another system gave to a record.

    A record may have several: `source_refs` has all of them in the order in which it got them, `source_ref`
    the first. They are never taken away.
    """

    source_system: str
    external_id: str


Instant = AwareDatetime
