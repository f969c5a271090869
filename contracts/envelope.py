"""The CloudEvents 1.0 envelope that every message travels in."""

from datetime import datetime
from hashlib import blake2b
from typing import Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict

SLOTS = 64
SHARDS = 8


def slot_of(key: str) -> int:
    """The slot (0 to 63) of an id's text form: the same in every process and every version."""
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "big") % SLOTS


def shard_of(slot: int) -> int:
    """The shard (0 to 7) of the event log that a slot belongs to."""
    return slot % SHARDS


def routing_key(slot: int, event_type: str) -> str:
    """The key under which an event is published on the topic exchange."""
    return f"s{slot:02d}.{event_type}"


class Envelope(BaseModel):
    """One message: what happened, to which record, in which version of it, and because of what.

    `sequence` is the owner's version of the record named in `record` (`kind/id`); `time` is the
    business instant, in UTC.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    specversion: Literal["1.0"] = "1.0"
    id: UUID
    source: str
    type: str
    subject: str
    time: AwareDatetime
    datacontenttype: Literal["application/json"] = "application/json"
    customerid: UUID | None = None
    record: str
    sequence: int
    correlationid: UUID | None = None
    causationid: UUID | None = None
    traceparent: str | None = None
    data: dict[str, Any]

    @property
    def slot(self) -> int:
        """The slot of the customer, or of the subject when no customer is concerned."""
        return slot_of(str(self.customerid) if self.customerid else self.subject)

    @property
    def shard(self) -> int:
        """The shard of the event log that this message belongs to."""
        return shard_of(self.slot)

    @property
    def routing_key(self) -> str:
        """The key under which the message is published on the topic exchange."""
        return routing_key(self.slot, self.type)

    @property
    def service(self) -> str:
        """The service that owns the record: the first part of the type."""
        return self.type.partition(".")[0]

    @property
    def occurred_at(self) -> datetime:
        """The business instant at which it happened, in UTC."""
        return self.time
