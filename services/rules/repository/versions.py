"""The versions of the rules, refused edits, and loads under way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.rules import Problem
from services.rules.tables import loads, rejections, rulesets

LOAD_EXPIRES = timedelta(minutes=1)
"""Database time after which a load that was not renewed holds nothing back: its client has died."""


@dataclass(frozen=True)
class Version:
    """A version of the rules; `published_at` is database time, UTC."""

    version: int
    digest: str
    files: Mapping[str, str]
    published_at: datetime
    is_settled: bool


async def lock(session: AsyncSession) -> None:
    """Publish one version at a time."""
    await session.execute(text("select pg_advisory_xact_lock(hashtext('genjin.rulesets'))"))


async def latest(session: AsyncSession) -> Version | None:
    """The version in force."""
    columns = [rulesets.c[name] for name in Version.__dataclass_fields__]
    row = (await session.execute(select(*columns).order_by(rulesets.c.version.desc()).limit(1))).first()
    return Version(*row) if row else None


async def store(session: AsyncSession, *, version: int, digest: str, files: Mapping[str, str]) -> None:
    """Store a version; whom it concerns has still to be marked."""
    row = {"version": version, "digest": digest, "files": dict(files), "is_settled": False}
    await session.execute(insert(rulesets).values(row))


async def settle(session: AsyncSession, version: int) -> None:
    """Whom a version concerns has been marked."""
    await session.execute(update(rulesets).where(rulesets.c.version == version).values(is_settled=True))


async def reject(session: AsyncSession, *, digest: str, problems: Sequence[Problem]) -> bool:
    """Keep the newest refused edit with its problems; False when it is the one that is kept already."""
    await session.execute(delete(rejections).where(rejections.c.digest != digest))
    rows = [problem.model_dump(mode="json") for problem in problems]
    statement = insert(rejections).values(digest=digest, problems=rows).on_conflict_do_nothing()
    added = await session.execute(statement.returning(rejections.c.digest))
    return added.first() is not None


async def clear_rejections(session: AsyncSession) -> None:
    """The directory is in order again."""
    await session.execute(delete(rejections))


async def last_rejection(session: AsyncSession) -> list[Problem]:
    """What is wrong with the newest edit, when it was refused."""
    query = select(rejections.c.problems)
    problems = (await session.execute(query)).scalar_one_or_none() or []
    return [Problem.model_validate(problem) for problem in problems]


async def hold_load(session: AsyncSession, load_id: UUID) -> None:
    """A load is under way, or still is."""
    statement = insert(loads).values(load_id=load_id)
    await session.execute(
        statement.on_conflict_do_update(index_elements=["load_id"], set_={"renewed_at": func.now()})
    )


async def end_load(session: AsyncSession, load_id: UUID | None = None) -> None:
    """A load ended; without an id, all that a dead process left."""
    statement = delete(loads)
    await session.execute(statement.where(loads.c.load_id == load_id) if load_id else statement)


async def is_loading(session: AsyncSession) -> bool:
    """Whether a load is under way whose client has been heard of lately."""
    is_alive = loads.c.renewed_at > func.now() - LOAD_EXPIRES
    query = select(func.count()).select_from(loads).where(is_alive)
    return bool((await session.execute(query)).scalar_one())
