"""The versions of the rules, directories that were seen, refused edits, and loads under way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.text import Problem
from services.rules.domain.edits import Edit
from services.rules.ruleset.loader import rule_files
from services.rules.tables import MOVES, loads, rejections, rulesets, seen_directories

LOAD_EXPIRES = timedelta(minutes=1)
"""Database time after which a load that was not renewed holds nothing back: its client has died."""


@dataclass(frozen=True)
class Version:
    """A version of the rules; `published_at` is database time, UTC."""

    version: int
    digest: str
    files: Mapping[str, str]
    published_at: datetime


@dataclass(frozen=True)
class Published:
    """What came of a version; instants in database time, UTC.

    `warnings` are those of its check, with the findings that were confirmed or that no earlier version
    forbade. `moved` counts what the first evaluation by it did with tasks; it is complete when `settled_at`
    is set.
    """

    version: int
    digest: str
    published_at: datetime
    changed_rules: tuple[str, ...]
    warnings: tuple[Problem, ...]
    moved: Mapping[str, int]
    settled_at: datetime | None


_PUBLISHED = [rulesets.c[name] for name in Published.__dataclass_fields__ if name != "moved"]
_PUBLISHED += [rulesets.c[name] for name in MOVES]


@dataclass(frozen=True)
class Newest:
    """What evaluations have to go by: the version in force, the mark of our people, whether a load holds."""

    version: int | None
    people: UUID | None
    is_loading: bool


_NEWEST = text(
    """
    select (select max(version) from rulesets),
           (select mark from marks where name = 'people'),
           exists (select from loads where renewed_at > now() - cast(:expires as interval))
    """
)

# A number would come again when the transaction that counted is rolled back; this never does.
_MARK_PEOPLE = text(
    """
    insert into marks (name, mark) values ('people', gen_random_uuid())
        on conflict (name) do update set mark = excluded.mark
    """
)


async def lock(session: AsyncSession) -> None:
    """Publish one version at a time."""
    await session.execute(text("select pg_advisory_xact_lock(hashtext('genjin.rulesets'))"))


async def latest(session: AsyncSession) -> Version | None:
    """The version in force."""
    columns = [rulesets.c[name] for name in Version.__dataclass_fields__]
    row = (await session.execute(select(*columns).order_by(rulesets.c.version.desc()).limit(1))).first()
    return Version(*row) if row else None


async def store(
    session: AsyncSession, *, version: int, edit: Edit, changed_rules: Sequence[str]
) -> Published:
    """Store a version; from the commit on it is in force."""
    kept = (*edit.loaded.findings, *edit.loaded.warnings)
    row = {
        "version": version,
        "digest": edit.digest,
        "files": rule_files(edit.files),
        "changed_rules": list(changed_rules),
        "warnings": [each.model_dump(mode="json") for each in kept],
    }
    stored = await session.execute(insert(rulesets).values(row).returning(*_PUBLISHED))
    return _published(stored.one())


async def published(session: AsyncSession) -> Published | None:
    """The version in force, with what came of it."""
    row = (await session.execute(select(*_PUBLISHED).order_by(rulesets.c.version.desc()).limit(1))).first()
    return _published(row) if row else None


def _published(row: Row[Any]) -> Published:
    return Published(
        version=row.version,
        digest=row.digest,
        published_at=row.published_at,
        changed_rules=tuple(row.changed_rules),
        warnings=tuple(Problem.model_validate(each) for each in row.warnings),
        moved={name: getattr(row, name) for name in MOVES},
        settled_at=row.settled_at,
    )


async def count_moves(session: AsyncSession, version: int, moved: Mapping[str, int]) -> None:
    """Add to what the first evaluations by a version did with tasks, until it has settled."""
    await session.execute(
        update(rulesets)
        .where(rulesets.c.version == version, rulesets.c.settled_at.is_(None))
        .values({name: rulesets.c[name] + count for name, count in moved.items()})
    )


_SETTLE = text(
    """
    update rulesets r set settled_at = clock_timestamp()
     where r.version = (select max(version) from rulesets) and r.settled_at is null
       and not exists (
           select from subjects s where s.next_check_at <= :now and s.evaluated_version < r.version)
    returning r.version
    """
)


async def settle(session: AsyncSession, now: datetime) -> bool:
    """Mark the version in force as settled when whom it concerns has been evaluated; true the first time."""
    return (await session.execute(_SETTLE, {"now": now})).first() is not None


async def see(session: AsyncSession, digest: str) -> None:
    """A directory with this digest was seen."""
    statement = insert(seen_directories).values(digest=digest, seen_at=func.clock_timestamp())
    again = {"seen_at": statement.excluded.seen_at}
    await session.execute(statement.on_conflict_do_update(index_elements=["digest"], set_=again))


async def seen(session: AsyncSession) -> list[str]:
    """The digests of all directories that were ever seen, the last one first."""
    query = select(seen_directories.c.digest).order_by(seen_directories.c.seen_at.desc())
    return list((await session.execute(query)).scalars())


async def reject(session: AsyncSession, *, digest: str, problems: Sequence[Problem]) -> bool:
    """Keep the newest refused edit with its problems; False when it is the one that is kept already."""
    await session.execute(delete(rejections).where(rejections.c.digest != digest))
    rows = [problem.model_dump(mode="json") for problem in problems]
    statement = insert(rejections).values(digest=digest, problems=rows).on_conflict_do_nothing()
    added = await session.execute(statement.returning(rejections.c.digest))
    return added.first() is not None


async def clear_rejections(session: AsyncSession) -> bool:
    """The directory is in order again; true when it was not."""
    return (await session.execute(delete(rejections).returning(rejections.c.digest))).first() is not None


async def last_rejection(session: AsyncSession) -> list[Problem]:
    """What is wrong with the newest edit, when it was refused."""
    query = select(rejections.c.problems)
    problems = (await session.execute(query)).scalar_one_or_none() or []
    return [Problem.model_validate(problem) for problem in problems]


async def hold_load(session: AsyncSession, load_id: UUID) -> None:
    """A load is under way, or still is; those that fell silent are forgotten."""
    await session.execute(delete(loads).where(loads.c.renewed_at <= func.now() - LOAD_EXPIRES))
    statement = insert(loads).values(load_id=load_id)
    await session.execute(
        statement.on_conflict_do_update(index_elements=["load_id"], set_={"renewed_at": func.now()})
    )


async def end_load(session: AsyncSession, load_id: UUID | None = None) -> None:
    """A load ended; without an id, all that a dead process left."""
    statement = delete(loads)
    await session.execute(statement.where(loads.c.load_id == load_id) if load_id else statement)


async def mark_people(session: AsyncSession) -> None:
    """Our people change with this transaction: what processes remember of them is outdated then."""
    await session.execute(_MARK_PEOPLE)


async def newest(session: AsyncSession) -> Newest:
    """What evaluations have to go by now."""
    return Newest(*(await session.execute(_NEWEST, {"expires": LOAD_EXPIRES})).one())
