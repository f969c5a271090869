"""Finds the subject that a person names: by number, id or name."""

from contextlib import suppress
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.rules.tables import fact_records
from services.shared.errors import NotFoundError, RefusedError


class UnknownSubjectError(NotFoundError):
    """No customer or opportunity has the number, id or name “{subject}”."""

    slug = "unknown-subject"
    zh = "没有编号、ID 或名称为“{subject}”的客户或商机。"
    subject: str


class AmbiguousSubjectError(RefusedError):
    """{count} records are named “{subject}”: give the number or the id of one."""

    slug = "ambiguous-subject"
    zh = "有 {count} 条记录名为“{subject}”，请改用编号或 ID。"
    count: int
    subject: str


def _named(name: str) -> ColumnElement[bool]:
    matches = [fact_records.c.number == name, fact_records.c.name == name]
    with suppress(ValueError):
        matches.append(fact_records.c.record_id == UUID(name))
    return or_(*matches)


async def find(session: AsyncSession, name: str) -> tuple[UUID, UUID]:
    """The ids of a subject and of its customer, from a number, an id or an exact name."""
    query = select(fact_records.c.kind, fact_records.c.record_id, fact_records.c.customer_id).where(
        fact_records.c.kind.in_(("customer", "opportunity", "plan")), _named(name)
    )
    rows = list(await session.execute(query))
    # A customer goes before an opportunity of the same name.
    best = [row for row in rows if row.kind == "customer"] or rows
    if not best:
        raise UnknownSubjectError(subject=name)
    if len(best) > 1:
        raise AmbiguousSubjectError(subject=name, count=len(best))
    return best[0].record_id, best[0].customer_id
