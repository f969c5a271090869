"""Statements, and parts of them, that every service needs."""

from collections.abc import Collection, Iterable
from typing import TypeVar

from sqlalchemy import ARRAY, ColumnElement, Text, any_, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

V = TypeVar("V")

LEAVES_NOTHING = "leaves_nothing"
"""In the `info` of a session: all it does is rolled back in the end."""


def is_one_of(column: ColumnElement[V], values: Collection[V]) -> ColumnElement[bool]:
    """Return the test that a column holds one of the values, however many: they are one argument."""
    return column == any_(literal(list(values), ARRAY(column.type)))


async def take_turns(session: AsyncSession, names: Iterable[str]) -> None:
    """Wait until nobody else has taken any of these names, and keep them until the transaction ends.

    The names are taken in the same order by everyone, so that nobody waits in a circle. A session that leaves
    nothing takes no turns: it may last long, and PostgreSQL has room for some thousand turns only.
    """
    ordered = sorted(set(names))
    if ordered and not session.info.get(LEAVES_NOTHING):
        name = func.unnest(literal(ordered, ARRAY(Text))).column_valued("name")
        await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))
