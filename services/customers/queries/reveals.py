"""Read-only views of who looked at which contact data."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import ColumnElement, RowMapping, select
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.inputs import Line
from services.customers.queries.views import View
from services.customers.tables import contact_reveals, contacts, customers
from services.shared.paging import Page, Paging, narrowed, page_of


class RevealView(View):
    """One look at the data of one contact: which fields were shown, and nothing of what is in them.

    `revealed_at` is the business instant, `logged_at` the time of the database.
    """

    reveal_id: UUID
    revealed_by: str
    address: str = Field(description="From where the caller asked.")
    customer_id: UUID
    customer_number: str | None
    customer_name: str | None
    contact_id: UUID
    contact_title: str | None
    fields: tuple[str, ...]
    reason: str | None
    revealed_at: datetime
    logged_at: datetime


class RevealFilter(Paging):
    """Which looks are asked for; what is not given does not narrow."""

    customer: UUID | None = None
    contact: UUID | None = None
    by: Line | None = Field(None, description="The name of the caller.")


async def list_reveals(session: AsyncSession, wanted: RevealFilter) -> Page[RevealView]:
    """List who looked at which contact data, in the order in which it was shown."""
    columns = contact_reveals.c
    statement = (
        select(
            contact_reveals,
            customers.c.customer_number,
            customers.c.name.label("customer_name"),
            contacts.c.title.label("contact_title"),
        )
        .outerjoin(customers, customers.c.customer_id == columns.customer_id)
        .outerjoin(contacts, contacts.c.contact_id == columns.contact_id)
    )
    is_wanted: dict[ColumnElement[Any], object] = {
        columns.customer_id: wanted.customer,
        columns.contact_id: wanted.contact,
        columns.revealed_by: wanted.by,
    }
    return await page_of(session, narrowed(statement, is_wanted), wanted, key=columns.reveal_id, view=_view)


def _view(row: RowMapping) -> RevealView:
    return RevealView.model_validate(dict(row))
