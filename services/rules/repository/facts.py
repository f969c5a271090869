"""Records of the other services, merged by sequence (A4)."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.events import EventData
from contracts.followups import FollowUpRecorded, PersonChanged
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


@dataclass(frozen=True)
class Place:
    """Where a record is stored: its customer, and the opportunity it is about."""

    customer_id: UUID
    subject_ids: frozenset[UUID]


def newest(arrived: Iterable[Arrived]) -> list[Arrived]:
    """The newest state of each record, in an order in which parallel writers never deadlock."""
    best: dict[tuple[str, UUID], Arrived] = {}
    for record in arrived:
        key = (record.kind, record.record_id)
        if key not in best or best[key].sequence < record.sequence:
            best[key] = record
    return [best[key] for key in sorted(best)]


async def merge(session: AsyncSession, arrived: Sequence[Arrived]) -> list[Arrived]:
    """Keep each record whose sequence is higher than the stored one; return those that were kept."""
    records = newest(arrived)
    if not records:
        return []
    statement = insert(fact_records)
    statement = statement.on_conflict_do_update(
        index_elements=["kind", "record_id"],
        set_={name: statement.excluded[name] for name in ("customer_id", "sequence", "type", "state")},
        where=fact_records.c.sequence < statement.excluded.sequence,
    )
    rows = [
        {
            "kind": r.kind,
            "record_id": r.record_id,
            "customer_id": r.customer_id,
            "sequence": r.sequence,
            "type": r.type,
            "state": r.state,
        }
        for r in records
    ]
    kept = await session.execute(statement.returning(fact_records.c.kind, fact_records.c.record_id), rows)
    keys = {(kind, record_id) for kind, record_id in kept}
    return [record for record in records if (record.kind, record.record_id) in keys]


async def places(session: AsyncSession, arrived: Iterable[Arrived]) -> dict[tuple[str, UUID], Place]:
    """Where these records are stored, by kind and id; records of customers alone."""
    columns = fact_records.c
    query = select(
        columns.kind, columns.record_id, columns.customer_id, columns.state["opportunity_id"].astext
    ).where(columns.record_id.in_({record.record_id for record in arrived}), columns.customer_id.is_not(None))
    return {
        (kind, record_id): Place(customer_id, frozenset([UUID(opportunity_id)] if opportunity_id else []))
        for kind, record_id, customer_id, opportunity_id in await session.execute(query)
    }


async def read(
    session: AsyncSession, *, of_customers: Collection[UUID], about: Collection[UUID] = ()
) -> dict[UUID, list[EventData]]:
    """Decode records, by customer: all of some customers, and of others what concerns some subjects.

    What concerns an opportunity is its customer, itself, and the follow-up records about it.
    """
    columns = fact_records.c
    opportunity_id = columns.state["opportunity_id"].astext
    concerns = columns.record_id.in_(about) | (
        (columns.kind == FollowUpRecorded.record_kind) & opportunity_id.in_([str(i) for i in about])
    )
    query = select(columns.customer_id, columns.type, columns.state).where(
        columns.customer_id.in_(of_customers) | concerns
    )
    found: dict[UUID, list[EventData]] = {}
    for customer_id, event_type, state in await session.execute(query):
        record = EVENTS[event_type].model_validate(state, extra="ignore")
        found.setdefault(customer_id, []).append(record)
    return found


async def people(session: AsyncSession) -> dict[UUID, PersonChanged]:
    """Our own people, by id: the sales organisation, small beside its customers."""
    query = select(fact_records.c.record_id, fact_records.c.state).where(fact_records.c.kind == PERSON)
    return {
        person_id: PersonChanged.model_validate(state, extra="ignore")
        for person_id, state in await session.execute(query)
    }


_REPORTS = text(
    """
    with recursive below(record_id, depth) as (
      select record_id, 0 from unnest(cast(:people as uuid[])) as changed(record_id)
      union
      select f.record_id, b.depth + 1
        from fact_records f join below b on b.depth < :steps
         and (f.state->>'manager_id' = b.record_id::text or f.state->>'lead_id' = b.record_id::text
              or f.state->>'deputy_id' = b.record_id::text)
       where f.kind = 'person')
    select distinct record_id from below
    """
)


async def reporting_to(session: AsyncSession, person_ids: Collection[UUID], *, steps: int) -> set[UUID]:
    """These people and everyone from whom they are reached in so many steps upwards."""
    rows = await session.execute(_REPORTS, {"people": list(person_ids), "steps": steps})
    return set(rows.scalars())
