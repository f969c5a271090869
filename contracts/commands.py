"""What every command is: an order from another system to put a record into a state.

A command carries the sender's own id for the record, so that sending it twice does the same as sending it
once.
"""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from contracts.events import Model, SourceRef

ForeignId = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
"""The name of another system, or the id it gave to a record."""


class CommandData(Model):
    """The data of one type of command; `type` is also its routing key on the exchange `genjin.commands`."""

    type: ClassVar[str]

    source_system: ForeignId
    external_id: ForeignId

    @property
    def source_ref(self) -> SourceRef:
        """The sender's id for the record."""
        return SourceRef(source_system=self.source_system, external_id=self.external_id)


class RecordRef(Model):
    """A record that a command speaks of: by our `id`, or by the sender's `external_id` for it.

    Without `source_system` the external id is one of the system that sent the command.
    """

    id: UUID | None = None
    external_id: ForeignId | None = None
    source_system: ForeignId | None = None

    @model_validator(mode="after")
    def _names_one(self) -> "RecordRef":
        if (self.id is None) == (self.external_id is None):
            message = "give either id or external_id"
            raise ValueError(message)
        return self


class CommandDone(Model):
    """The answer to a command that was carried out: the id of its record."""

    id: Annotated[UUID, Field(description="The record's id in Genjin.")]
