"""Lists in pages, by key: the next one starts after the last id of this one, whatever was added meanwhile."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ColumnElement, RowMapping, Select, false, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

V = TypeVar("V", bound=BaseModel)


class Paging(BaseModel):
    """How many, and after which id."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int, Field(ge=1, le=1000)] = 100
    after: UUID | None = None


class Page(BaseModel, Generic[V]):
    """Some of a list; `next` is the `after` of the page that follows, null on the last one."""

    items: list[V]
    next: UUID | None = None


@dataclass(frozen=True)
class Order:
    """In which order a list is: by these columns of the key's own table, then by the key.

    With columns nothing follows a key that is not there.
    """

    columns: Sequence[ColumnElement[Any]] = ()
    is_descending: bool = False


BY_KEY = Order()


def narrowed(
    statement: Select[Any], equal: Mapping[ColumnElement[Any], object], *tests: ColumnElement[bool]
) -> Select[Any]:
    """Return the statement with the columns held to their values, except to None, and with further tests."""
    held = (column == value for column, value in equal.items() if value is not None)
    return statement.where(*held, *tests)


async def page_of(
    session: AsyncSession,
    statement: Select[Any],
    paging: Paging,
    *,
    key: ColumnElement[UUID],
    view: Callable[[RowMapping], V],
    order: Order = BY_KEY,
) -> Page[V]:
    """Run a statement for one page, in some order, and show each row."""
    place = (*order.columns, key)
    if paging.after:
        statement = statement.where(await _follows(session, order, place, after=paging.after))
    by = [column.desc() for column in place] if order.is_descending else place
    result = await session.execute(statement.order_by(*by).limit(paging.limit + 1))
    rows = result.mappings().all()
    shown, more = rows[: paging.limit], len(rows) > paging.limit
    return Page(items=[view(row) for row in shown], next=shown[-1][key] if more else None)


async def _follows(
    session: AsyncSession, order: Order, place: Sequence[ColumnElement[Any]], *, after: UUID
) -> ColumnElement[bool]:
    """Return the test that a row comes after the last one that was shown."""
    last: Sequence[Any] | None = (after,)
    if order.columns:
        # Read first: PostgreSQL finds a place in an index by values, not by a query in a query.
        last = (await session.execute(select(*place).where(place[-1] == after))).first()
    if last is None:
        return false()
    values = (literal(value, column.type) for column, value in zip(place, last, strict=True))
    here, there = tuple_(*place), tuple_(*values)
    return here < there if order.is_descending else here > there
