"""A projection of other services' records, by which references to them are resolved.

Each service keeps its own: names and external ids of the customers, people and opportunities it heard of.
"""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import BigInteger, Column, Index, Table, Text, Uuid

from contracts.customers import CustomerState
from contracts.envelope import Envelope
from contracts.events import EventData
from contracts.followups import PersonChanged
from contracts.opportunities import OpportunityState
from services.shared.database import shared_metadata
from services.shared.records import Heard
from services.shared.unit_of_work import UnitOfWork

directory = Table(
    "directory",
    shared_metadata,
    Column("kind", Text, primary_key=True),
    Column("record_id", Uuid, primary_key=True),
    Column("customer_id", Uuid),
    Column("name", Text, nullable=False),
    Column("natural_key", Text, nullable=False),
    Column("source_system", Text),
    Column("external_id", Text),
    Column("sequence", BigInteger, nullable=False),
    Index(None, "kind", "natural_key"),
    Index(None, "kind", "source_system", "external_id"),
    comment="Records of other services, for resolving references to them.",
)


async def note_in_directory(data: EventData, envelope: Envelope, _unit: UnitOfWork) -> Iterable[Heard]:
    """Handle an event that carries the state of a customer, a person or an opportunity.

    Returns the row for the directory, which `services.shared.records.merge_heard` writes at the end of the
    batch. An event of any other kind is a mistake in the table of subscriptions and raises TypeError.
    """
    return [directory_row(data, envelope.sequence)]


def directory_row(data: EventData, sequence: int) -> Heard:
    """Make the directory's row for the state of a record, in the version `sequence`."""
    customer_id: UUID | None
    match data:
        case CustomerState():
            record_id, customer_id = data.customer_id, data.customer_id
        case PersonChanged():
            record_id, customer_id = data.person_id, None
        case OpportunityState():
            record_id, customer_id = data.opportunity_id, data.customer_id
        case _:
            reason = f"{type(data).__name__} is not the state of a record of the directory"
            raise TypeError(reason)
    row = {
        "kind": data.record_kind,
        "record_id": record_id,
        "customer_id": customer_id,
        "name": data.name,
        "natural_key": data.natural_key,
        "source_system": data.source_ref.source_system if data.source_ref else None,
        "external_id": data.source_ref.external_id if data.source_ref else None,
        "sequence": sequence,
    }
    return Heard(directory, row)
