"""The edit of the rules that waits to be confirmed: one at most, since the directory is one edit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.text import Problem
from services.rules.domain.edits import Edit
from services.rules.domain.losses import Loss, ending
from services.rules.ruleset.loader import rule_files
from services.rules.tables import pending_edits


@dataclass(frozen=True)
class Pending:
    """The edit that waits; `since` is database time, UTC."""

    digest: str
    files: Mapping[str, str]
    losses: tuple[Loss, ...]
    findings: tuple[Problem, ...]
    since: datetime


async def hold(session: AsyncSession, edit: Edit) -> bool:
    """Keep an edit until it is confirmed, in the place of any other; False when it waits already."""
    await session.execute(delete(pending_edits).where(pending_edits.c.digest != edit.digest))
    row = {
        "digest": edit.digest,
        "files": rule_files(edit.files),
        "losses": [each.model_dump(mode="json") for each in edit.losses],
        "findings": [each.model_dump(mode="json") for each in edit.findings],
    }
    statement = insert(pending_edits).values(row).on_conflict_do_nothing()
    return (await session.execute(statement.returning(pending_edits.c.digest))).first() is not None


async def clear(session: AsyncSession) -> None:
    """No edit waits any more."""
    await session.execute(delete(pending_edits))


async def read(session: AsyncSession) -> Pending | None:
    """Return the edit that waits."""
    columns = [pending_edits.c[name] for name in Pending.__dataclass_fields__]
    row = (await session.execute(select(*columns))).first()
    if row is None:
        return None
    return Pending(
        digest=row.digest,
        files=row.files,
        losses=tuple(Loss.model_validate(each) for each in row.losses),
        findings=tuple(Problem.model_validate(each) for each in row.findings),
        since=row.since,
    )


_ENDING = text(
    """
    select count(*) from obligations o
     where status = 'open'
       and exists (
           select from unnest(cast(:rules as text[]), cast(:rungs as text[])) as lost (rule, rung)
            where o.rule = lost.rule and (lost.rung is null or o.state->>'rung' = lost.rung))
    """
)


async def tasks_ending(session: AsyncSession, found: Sequence[Loss]) -> int:
    """Count the open tasks of clocks and rungs that are lost."""
    rules = ending(found)
    columns = {"rules": [rule for rule, _ in rules], "rungs": [rung for _, rung in rules]}
    return int((await session.execute(_ENDING, columns)).scalar_one()) if rules else 0
