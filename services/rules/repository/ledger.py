"""The ledger of obligations, what was told, and what each decision says."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydantic_core import to_json
from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.rules import Because, TaskRaised, TaskState, TaskStatus
from services.rules.tables import notices, obligations
from services.shared.statements import is_one_of


@dataclass(frozen=True)
class Entry:
    """A task as last said, with the sequence it was said with."""

    state: TaskState
    sequence: int


@dataclass(frozen=True)
class Given:
    """A notice that was given, at a business instant."""

    rule: str
    rung: str
    given_at: datetime


_ENTRIES = text(
    """
    select task_id, status, cast(state as text), sequence
      from obligations
     where subject_id = any(cast(:subjects as uuid[])) and status = 'open'
    union
    select task_id, status, cast(state as text), sequence
      from obligations
     where task_id = any(cast(:tasks as uuid[]))
    """
)


async def entries(
    session: AsyncSession, subject_ids: Collection[UUID], task_ids: Collection[UUID]
) -> dict[UUID, Entry]:
    """The open tasks of some subjects, and some tasks by their ids, whatever their state."""
    rows = await session.execute(_ENTRIES, {"subjects": list(subject_ids), "tasks": list(task_ids)})
    found = {}
    for task_id, status, text_of_state, sequence in rows:
        state: TaskState = TaskRaised.model_validate_json(text_of_state)
        if state.status != status:  # a person has ended it, of which the state does not tell
            state = state.model_copy(update={"status": TaskStatus(status)})
        found[task_id] = Entry(state, sequence)
    return found


async def of_subject(session: AsyncSession, subject_id: UUID) -> list[TaskState]:
    """Every task there ever was for a subject, the newest episode first."""
    query = select(obligations.c.status, obligations.c.state).where(obligations.c.subject_id == subject_id)
    states = [
        TaskRaised.model_validate({**state, "status": status})
        for status, state in await session.execute(query)
    ]
    return sorted(states, key=lambda state: state.anchor, reverse=True)


_SAVE = text(
    """
    insert into obligations (task_id, subject_id, customer_id, rule, status, sequence, state)
    select task_id, subject_id, customer_id, rule, status, sequence, cast(state as jsonb)
      from unnest(cast(:task_ids as uuid[]), cast(:subject_ids as uuid[]), cast(:customer_ids as uuid[]),
                  cast(:rules as text[]), cast(:statuses as text[]), cast(:sequences as bigint[]),
                  cast(:states as text[]))
           as r (task_id, subject_id, customer_id, rule, status, sequence, state)
        on conflict (task_id) do update
       set customer_id = excluded.customer_id, rule = excluded.rule, status = excluded.status,
           sequence = excluded.sequence, state = excluded.state
    """
)


async def save(session: AsyncSession, said: Sequence[Entry]) -> None:
    """Store tasks as they were just said."""
    if said:
        columns = {
            "task_ids": [entry.state.task_id for entry in said],
            "subject_ids": [entry.state.subject.id for entry in said],
            "customer_ids": [entry.state.customer_id for entry in said],
            "rules": [entry.state.rule for entry in said],
            "statuses": [entry.state.status.value for entry in said],
            "sequences": [entry.sequence for entry in said],
            "states": [entry.state.model_dump_json() for entry in said],
        }
        await session.execute(_SAVE, columns)


async def end(session: AsyncSession, task_ids: Collection[UUID], status: TaskStatus) -> None:
    """A person completed or dismissed these tasks: so they stay until the anchor moves."""
    if not task_ids:
        return
    not_ended = (TaskStatus.OPEN.value, TaskStatus.RESOLVED.value)
    await session.execute(
        update(obligations)
        .where(is_one_of(obligations.c.task_id, task_ids), is_one_of(obligations.c.status, not_ended))
        .values(status=status.value)
    )


async def ended(session: AsyncSession, task_ids: Collection[UUID]) -> set[UUID]:
    """Which of these tasks a person has completed or dismissed."""
    if not task_ids:
        return set()
    final = (TaskStatus.COMPLETED.value, TaskStatus.DISMISSED.value)
    columns = obligations.c
    query = select(columns.task_id).where(
        is_one_of(columns.task_id, task_ids), is_one_of(columns.status, final)
    )
    return set((await session.execute(query)).scalars())


async def note(session: AsyncSession, rows: Sequence[Mapping[str, object]]) -> set[UUID]:
    """Note notices as told or passed over; return the ids of those that were not noted before."""
    if not rows:
        return set()
    statement = insert(notices).on_conflict_do_nothing().returning(notices.c.notice_id)
    return set((await session.execute(statement, list(rows))).scalars())


async def noted(session: AsyncSession, notice_ids: Collection[UUID]) -> set[UUID]:
    """Which of these notices were noted before."""
    if not notice_ids:
        return set()
    query = select(notices.c.notice_id).where(is_one_of(notices.c.notice_id, notice_ids))
    return set((await session.execute(query)).scalars())


async def given_to(session: AsyncSession, subject_id: UUID) -> list[Given]:
    """Every notice that was ever given for a subject, the newest first."""
    columns = notices.c
    query = select(columns.rule, columns.rung, columns.given_at).where(
        columns.subject_id == subject_id, columns.is_given
    )
    rows = await session.execute(query.order_by(columns.given_at.desc(), columns.rule))
    return [Given(*row) for row in rows]


@dataclass(frozen=True)
class Decided:
    """What a decision says of a subject from an instant on, by which row of which version, and why.

    The decision and the row are named by the first ids that they ever had.
    """

    subject_id: UUID
    decision: str
    row: str
    values: Mapping[str, object]
    because: Sequence[Because]
    since: datetime
    ruleset_version: int
    cause_event_id: UUID | None


_DECIDE = text(
    """
    insert into decisions
           (subject_id, decision, "row", "values", because, since, ruleset_version, cause_event_id)
    select subject_id, decision, deciding, cast(found as jsonb), cast(because as jsonb), since, version, cause
      from unnest(cast(:subject_ids as uuid[]), cast(:decisions as text[]), cast(:rows as text[]),
                  cast(:values as text[]), cast(:because as text[]), cast(:since as timestamptz[]),
                  cast(:versions as integer[]), cast(:causes as uuid[]))
           as r (subject_id, decision, deciding, found, because, since, version, cause)
        on conflict (subject_id, decision) do update
       set "row" = excluded."row", "values" = excluded."values", because = excluded.because,
           since = excluded.since, ruleset_version = excluded.ruleset_version,
           cause_event_id = excluded.cause_event_id
    """
)


async def save_decisions(session: AsyncSession, decided: Sequence[Decided]) -> None:
    """Store what decisions say, where it changed."""
    if decided:
        columns = {
            "subject_ids": [each.subject_id for each in decided],
            "decisions": [each.decision for each in decided],
            "rows": [each.row for each in decided],
            "values": [to_json(each.values).decode() for each in decided],
            "because": [to_json(each.because).decode() for each in decided],
            "since": [each.since for each in decided],
            "versions": [each.ruleset_version for each in decided],
            "causes": [each.cause_event_id for each in decided],
        }
        await session.execute(_DECIDE, columns)
