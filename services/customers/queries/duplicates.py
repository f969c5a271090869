"""Customers that are likely the same, by their names."""

from collections.abc import Iterable
from itertools import groupby
from uuid import UUID

from pydantic import Field
from sqlalchemy import RowMapping, Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.vocabulary import Difference
from services.customers.domain.likeness import differences
from services.customers.queries.views import View
from services.customers.tables import customers
from services.shared.paging import Page, Paging
from services.shared.statements import is_one_of


class LikeCustomerView(View):
    """One of several customers that are likely the same."""

    customer_id: UUID
    customer_number: str
    name: str
    owner_id: UUID | None


class DuplicatesView(View):
    """Customers whose names differ only in how they are written, the one that was entered first in front."""

    differ_in: tuple[Difference, ...] = Field(description="Empty when they have the same name.")
    customers: list[LikeCustomerView]


async def list_duplicates(session: AsyncSession, paging: Paging) -> Page[DuplicatesView]:
    """List groups of likely duplicates; `next` is the first customer of the last group shown."""
    keys = (await session.scalars(_keys(paging))).all()
    shown = keys[: paging.limit]
    columns = customers.c
    statement = select(customers).where(is_one_of(columns.likeness_key, shown))
    rows = (await session.execute(statement.order_by(columns.likeness_key, columns.customer_id))).mappings()
    groups = [_view(members) for _, members in groupby(rows, key=lambda row: row["likeness_key"])]
    last = groups[-1].customers[0].customer_id if len(keys) > paging.limit else None
    return Page(items=groups, next=last)


def _keys(paging: Paging) -> Select[tuple[str]]:
    """Return the keys that several customers have, one more than the page, in their order."""
    key = customers.c.likeness_key
    statement = select(key).where(key.is_not(None)).group_by(key).having(func.count() > 1)
    statement = statement.order_by(key).limit(paging.limit + 1)
    if paging.after:
        place = select(key).where(customers.c.customer_id == paging.after).scalar_subquery()
        statement = statement.where(key > place)
    return statement


def _view(rows: Iterable[RowMapping]) -> DuplicatesView:
    members = [LikeCustomerView.model_validate(dict(row)) for row in rows]
    return DuplicatesView(differ_in=differences([member.name for member in members]), customers=members)
