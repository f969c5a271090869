"""Records of the other services, merged by sequence (A4)."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic_core import to_json
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.customers import CustomerState
from contracts.events import EventData
from contracts.followups import PersonChanged
from contracts.opportunities import OpportunityState
from contracts.registry import EVENTS
from services.rules.tables import fact_records

PERSON = PersonChanged.record_kind


@dataclass(frozen=True, eq=False)
class Arrived:
    """The state of a record as a message brought it; `customer_id` is None for people.

    `at` is the business instant of the message, in UTC.
    """

    kind: str
    record_id: UUID
    customer_id: UUID | None
    sequence: int
    type: str
    state: dict[str, Any]
    data: EventData
    at: datetime

    @property
    def opportunity_id(self) -> UUID | None:
        """The opportunity that the record is about, when it is not one itself."""
        if isinstance(self.data, OpportunityState):
            return None
        opportunity_id: UUID | None = getattr(self.data, "opportunity_id", None)
        return opportunity_id

    @property
    def names(self) -> tuple[str | None, str | None]:
        """The number and the name by which people ask for the record."""
        if isinstance(self.data, CustomerState):
            return self.data.customer_number, self.data.name
        return None, self.data.name if isinstance(self.data, OpportunityState) else None


@dataclass(frozen=True)
class Kept:
    """A record that was newer than the stored one, and where that stood: its customer and opportunity."""

    record: Arrived
    was_of_customer: UUID | None
    was_about: UUID | None


def newest(arrived: Iterable[Arrived]) -> list[Arrived]:
    """The newest state of each record, in an order in which parallel writers never deadlock."""
    best: dict[tuple[str, UUID], Arrived] = {}
    for record in arrived:
        key = (record.kind, record.record_id)
        if key not in best or best[key].sequence < record.sequence:
            best[key] = record
    return [best[key] for key in sorted(best)]


_MERGE = text(
    """
    insert into fact_records
           (kind, record_id, customer_id, opportunity_id, number, name, sequence, type, state)
    select kind, record_id, customer_id, opportunity_id, number, name, sequence, type, cast(state as jsonb)
      from unnest(cast(:kinds as text[]), cast(:record_ids as uuid[]), cast(:customer_ids as uuid[]),
                  cast(:opportunity_ids as uuid[]), cast(:numbers as text[]), cast(:names as text[]),
                  cast(:sequences as bigint[]), cast(:types as text[]), cast(:states as text[]))
           with ordinality as r (kind, record_id, customer_id, opportunity_id, number, name, sequence, type,
                                 state, place)
     order by place
        on conflict (kind, record_id) do update
       set customer_id = excluded.customer_id, opportunity_id = excluded.opportunity_id,
           number = excluded.number, name = excluded.name, sequence = excluded.sequence,
           type = excluded.type, state = excluded.state
     where fact_records.sequence < excluded.sequence
    returning new.kind, new.record_id, old.customer_id, old.opportunity_id
    """
)


async def merge(session: AsyncSession, arrived: Sequence[Arrived]) -> list[Kept]:
    """Keep each record whose sequence is higher than the stored one; return those that were kept.

    Until the end of the transaction nobody else changes or moves these records.
    """
    records = {(record.kind, record.record_id): record for record in newest(arrived)}
    if not records:
        return []
    columns = {
        "kinds": [r.kind for r in records.values()],
        "record_ids": [r.record_id for r in records.values()],
        "customer_ids": [r.customer_id for r in records.values()],
        "opportunity_ids": [r.opportunity_id for r in records.values()],
        "numbers": [r.names[0] for r in records.values()],
        "names": [r.names[1] for r in records.values()],
        "sequences": [r.sequence for r in records.values()],
        "types": [r.type for r in records.values()],
        "states": [to_json(r.state).decode() for r in records.values()],
    }
    kept = await session.execute(_MERGE, columns)
    return [Kept(records[kind, record_id], *before) for kind, record_id, *before in kept]


_OF_CUSTOMERS = """
    select customer_id, record_id, type, cast(state as text)
      from fact_records
     where customer_id = any(cast(:customers as uuid[]))
"""
_ABOUT = """
    select customer_id, record_id, type, cast(state as text)
      from fact_records
     where kind in ('customer', 'opportunity', 'plan') and record_id = any(cast(:about as uuid[]))
    union all
    select customer_id, record_id, type, cast(state as text)
      from fact_records
     where kind = 'follow_up' and opportunity_id = any(cast(:about as uuid[]))
"""
_READ = text(_OF_CUSTOMERS)
_READ_ABOUT = text(f"{_OF_CUSTOMERS} union all {_ABOUT}")


async def read(
    session: AsyncSession, *, of_customers: Collection[UUID], about: Collection[UUID] = ()
) -> dict[UUID, list[EventData]]:
    """Decode records, by customer: all of some customers, and of others what concerns some subjects.

    What concerns an opportunity is its customer, itself, and the follow-up records about it.
    """
    parameters: dict[str, object] = {"customers": list(of_customers)}
    if about:
        parameters["about"] = list(about)
    rows = await session.execute(_READ_ABOUT if about else _READ, parameters)
    found: dict[UUID, dict[UUID, EventData]] = {}
    for customer_id, record_id, event_type, state in rows:
        record = EVENTS[event_type].model_validate_json(state, extra="ignore")
        found.setdefault(customer_id, {})[record_id] = record
    return {customer_id: list(records.values()) for customer_id, records in found.items()}


async def people(session: AsyncSession) -> dict[UUID, PersonChanged]:
    """Our own people, by id: the sales organisation, small beside its customers."""
    query = select(fact_records.c.record_id, fact_records.c.state).where(fact_records.c.kind == PERSON)
    return {
        person_id: PersonChanged.model_validate(state, extra="ignore")
        for person_id, state in await session.execute(query)
    }
