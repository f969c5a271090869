"""People, plans, contacts, records, tasks and notices in and out of PostgreSQL."""

from collections.abc import Collection, Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import ARRAY, Integer, exists, func, insert, literal, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.envelope import slot_of
from contracts.identity import new_id
from services.followups import tables
from services.followups.domain.contacts_held import ContactHeld
from services.followups.domain.follow_ups import FollowUpRecord
from services.followups.domain.notices import Notice
from services.followups.domain.people import Person
from services.followups.domain.plans import FollowUpPlan
from services.followups.domain.tasks import Acceptance, Ending, FollowUpTask
from services.followups.tables import (
    contacts_held,
    follow_up_versions,
    follow_ups,
    notices,
    people,
    task_acceptances,
    task_endings,
    tasks,
)
from services.shared.records import Records
from services.shared.statements import is_one_of

PEOPLE = Records(people, Person, kind="person")
PLANS = Records(tables.plans, FollowUpPlan, kind="plan")
CONTACTS_HELD = Records(contacts_held, ContactHeld, kind="contact_held")
FOLLOW_UPS = Records(follow_ups, FollowUpRecord, kind="follow_up")

RECORDED = exists().where(
    follow_ups.c.contact_held_id == contacts_held.c.contact_held_id, follow_ups.c.deleted_at.is_(None)
)
"""Whether a record that counts writes a contact down."""

_RECORD = TypeAdapter(FollowUpRecord)
_CHART, _CONTACTS = 1, 2


async def people_by_key(session: AsyncSession, natural_keys: Collection[str]) -> list[tuple[str, UUID]]:
    """Find people by their normalised name."""
    columns = people.c
    statement = select(columns.natural_key, columns.person_id).where(
        is_one_of(columns.natural_key, natural_keys)
    )
    return [(key, person_id) for key, person_id in await session.execute(statement)]


async def lock_chart(session: AsyncSession) -> tuple[dict[UUID, UUID | None], dict[UUID, UUID | None]]:
    """Read who has whom as manager and as lead; until the transaction ends nobody else changes it."""
    await session.execute(select(func.pg_advisory_xact_lock(_CHART, 0)))
    columns = people.c
    rows = (await session.execute(select(columns.person_id, columns.manager_id, columns.lead_id))).all()
    return {row.person_id: row.manager_id for row in rows}, {row.person_id: row.lead_id for row in rows}


async def lock_contacts(session: AsyncSession, customer_ids: Iterable[UUID]) -> None:
    """Let nobody else join contacts and records of these customers until the transaction ends."""
    slots = sorted({slot_of(str(customer_id)) for customer_id in customer_ids})
    slot = func.unnest(literal(slots, ARRAY(Integer))).column_valued("slot")
    await session.execute(select(func.pg_advisory_xact_lock(_CONTACTS, slot)))


async def unrecorded_contacts(
    session: AsyncSession, customer_ids: Collection[UUID], *, since: datetime, until: datetime
) -> list[ContactHeld]:
    """Read the contacts with these customers, held in a time, that no record writes down."""
    held_at = contacts_held.c.held_at
    statement = CONTACTS_HELD.select().where(
        is_one_of(contacts_held.c.customer_id, customer_ids), held_at.between(since, until), ~RECORDED
    )
    return [CONTACTS_HELD.read(row) for row in (await session.execute(statement)).mappings()]


async def lock_records_without_contact(
    session: AsyncSession, customer_id: UUID, *, since: datetime, until: datetime
) -> list[FollowUpRecord]:
    """Read and lock the records of a customer, of a time, that name no contact held."""
    columns = follow_ups.c
    statement = (
        select(columns.follow_up_id)
        .where(columns.customer_id == customer_id, columns.occurred_at.between(since, until))
        .where(columns.contact_held_id.is_(None), columns.deleted_at.is_(None))
    )
    return list((await FOLLOW_UPS.lock(session, (await session.scalars(statement)).all())).values())


async def keep_versions(session: AsyncSession, records: Iterable[FollowUpRecord], *, now: datetime) -> None:
    """Keep records as they were until now."""
    rows = [
        {
            "version_id": new_id(),
            "follow_up_id": record.follow_up_id,
            "sequence": record.sequence,
            "replaced_at": now,
            "state": _RECORD.dump_python(record, mode="json"),
        }
        for record in records
    ]
    if rows:
        await session.execute(insert(follow_up_versions), rows)


async def lock_task(session: AsyncSession, task_id: UUID) -> tuple[FollowUpTask, dict[str, Any]] | None:
    """Read a task and the state that the rules told, and lock it until the transaction ends."""
    row = (await session.execute(select(tasks).where(tasks.c.task_id == task_id).with_for_update())).first()
    if row is None:
        return None
    # Read after the lock, so that of two people the second one sees what the first one did.
    ended = (await session.execute(select(task_endings).where(task_endings.c.task_id == task_id))).first()
    taken = select(task_acceptances).where(task_acceptances.c.task_id == task_id)
    accepted = (await session.execute(taken)).first()
    ending = None
    if ended:
        ending = Ending(ended.ended_as, ended.ended_at, ended.person_id, ended.answers, ended.reason)
    task = FollowUpTask(
        task_id=task_id,
        obligation=row.obligation,
        completes=row.state["completes"],
        kind=row.state["subject"]["kind"],
        cures=tuple(row.state["cures"]),
        labels={each["fact"]: each["label"] for each in row.state["because"]},
        asks=tuple(row.state["asks"]),
        acceptance=Acceptance(accepted.person_id, accepted.accepted_at) if accepted else None,
        ending=ending,
        told_sequence=row.sequence,
        own_sequence=max((each.sequence for each in (ended, accepted) if each), default=0),
    )
    return task, row.state


async def put_acceptance(session: AsyncSession, task: FollowUpTask, acceptance: Acceptance) -> None:
    """Keep who has taken a task on."""
    row = {**asdict(acceptance), "task_id": task.task_id, "sequence": task.own_sequence}
    statement = upsert(task_acceptances).values(row)
    statement = statement.on_conflict_do_update(index_elements=[task_acceptances.c.task_id], set_=row)
    await session.execute(statement)


async def add_ending(session: AsyncSession, task: FollowUpTask, ending: Ending) -> None:
    """Keep a person's last word on a task."""
    row = {**asdict(ending), "task_id": task.task_id, "sequence": task.own_sequence}
    await session.execute(insert(task_endings).values(row))


async def lock_notice(session: AsyncSession, notice_id: UUID) -> Notice | None:
    """Read a notice and lock it until the transaction ends."""
    columns = notices.c
    statement = select(columns.notice_id, columns.sequence, columns.read_at, columns.read_by)
    statement = statement.where(columns.notice_id == notice_id).with_for_update()
    row = (await session.execute(statement)).first()
    return Notice(*row) if row else None


async def save_reading(session: AsyncSession, notice: Notice) -> None:
    """Keep the first reading of a notice."""
    reading = {"read_at": notice.read_at, "read_by": notice.read_by}
    await session.execute(update(notices).where(notices.c.notice_id == notice.notice_id).values(reading))
