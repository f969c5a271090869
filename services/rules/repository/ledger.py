"""The ledger of obligations, what was told, and what each decision says."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.rules import TaskRaised, TaskState, TaskStatus
from services.rules.tables import decisions, notices, obligations


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


async def entries(
    session: AsyncSession, subject_ids: Collection[UUID], task_ids: Collection[UUID]
) -> dict[UUID, Entry]:
    """The open tasks of some subjects, and some tasks by their ids, whatever their state."""
    columns = obligations.c
    is_open = columns.subject_id.in_(subject_ids) & (columns.status == TaskStatus.OPEN)
    query = select(columns.task_id, columns.status, columns.state, columns.sequence)
    rows = await session.execute(query.where(is_open | columns.task_id.in_(task_ids)))
    return {
        task_id: Entry(TaskRaised.model_validate({**state, "status": status}), sequence)
        for task_id, status, state, sequence in rows
    }


async def of_subject(session: AsyncSession, subject_id: UUID) -> list[TaskState]:
    """Every task there ever was for a subject, the newest episode first."""
    query = select(obligations.c.status, obligations.c.state).where(obligations.c.subject_id == subject_id)
    states = [
        TaskRaised.model_validate({**state, "status": status})
        for status, state in await session.execute(query)
    ]
    return sorted(states, key=lambda state: state.anchor, reverse=True)


async def save(session: AsyncSession, said: Sequence[Entry]) -> None:
    """Store tasks as they were just said."""
    if not said:
        return
    statement = insert(obligations)
    statement = statement.on_conflict_do_update(
        index_elements=["task_id"],
        set_={name: statement.excluded[name] for name in ("customer_id", "status", "sequence", "state")},
    )
    rows = [
        {
            "task_id": entry.state.task_id,
            "subject_id": entry.state.subject.id,
            "customer_id": entry.state.customer_id,
            "rule": entry.state.rule,
            "status": entry.state.status.value,
            "sequence": entry.sequence,
            "state": entry.state.model_dump(mode="json"),
        }
        for entry in said
    ]
    await session.execute(statement, rows)


async def end(session: AsyncSession, task_ids: Collection[UUID], status: TaskStatus) -> None:
    """A person completed or dismissed these tasks: so they stay until the anchor moves."""
    if not task_ids:
        return
    not_ended = (TaskStatus.OPEN.value, TaskStatus.RESOLVED.value)
    await session.execute(
        update(obligations)
        .where(obligations.c.task_id.in_(task_ids), obligations.c.status.in_(not_ended))
        .values(status=status.value)
    )


async def subjects_with_open(session: AsyncSession, rules: Collection[str] | None) -> list[UUID]:
    """The subjects for which one of these rules, or any, has an open task."""
    query = select(obligations.c.subject_id).distinct().where(obligations.c.status == TaskStatus.OPEN.value)
    if rules is not None:
        query = query.where(obligations.c.rule.in_(rules))
    return list((await session.execute(query)).scalars())


_BEYOND_OWNERS = text(
    """
    select distinct subject_id from obligations
     where status = 'open'
       and (rule = any(:rules)
            or jsonb_path_exists(
                 (state->'watchers') || (state->'assignee'), '$[*].resolved_from ? (@ == "fallback")'))
    """
)


async def beyond_owners(session: AsyncSession, rules: Collection[str]) -> list[UUID]:
    """The subjects of open tasks of these rules, and of those that ask the fallback of `roles.yaml`."""
    return list((await session.execute(_BEYOND_OWNERS, {"rules": list(rules)})).scalars())


async def ended(session: AsyncSession, task_ids: Collection[UUID]) -> set[UUID]:
    """Which of these tasks a person has completed or dismissed."""
    if not task_ids:
        return set()
    final = (TaskStatus.COMPLETED.value, TaskStatus.DISMISSED.value)
    columns = obligations.c
    query = select(columns.task_id).where(columns.task_id.in_(task_ids), columns.status.in_(final))
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
    query = select(notices.c.notice_id).where(notices.c.notice_id.in_(notice_ids))
    return set((await session.execute(query)).scalars())


async def given_to(session: AsyncSession, subject_id: UUID) -> list[Given]:
    """Every notice that was ever given for a subject, the newest first."""
    columns = notices.c
    query = select(columns.rule, columns.rung, columns.given_at).where(
        columns.subject_id == subject_id, columns.is_given
    )
    rows = await session.execute(query.order_by(columns.given_at.desc(), columns.rule))
    return [Given(*row) for row in rows]


async def save_decisions(session: AsyncSession, rows: Sequence[Mapping[str, object]]) -> None:
    """Store what decisions say, where it changed."""
    if rows:
        statement = insert(decisions)
        names = ("row", "values", "because", "since", "ruleset_version", "cause_event_id")
        statement = statement.on_conflict_do_update(
            index_elements=["subject_id", "decision"],
            set_={name: statement.excluded[name] for name in names},
        )
        await session.execute(statement, list(rows))


async def decided(
    session: AsyncSession, subject_ids: Collection[UUID]
) -> dict[UUID, dict[str, tuple[str, dict[str, object]]]]:
    """The deciding row and the values of each decision, by subject."""
    columns = decisions.c
    query = select(columns.subject_id, columns.decision, columns.row, columns["values"])
    found: dict[UUID, dict[str, tuple[str, dict[str, object]]]] = {}
    for subject_id, decision, row, values in await session.execute(
        query.where(columns.subject_id.in_(subject_ids))
    ):
        found.setdefault(subject_id, {})[decision] = (row, values)
    return found
