"""What changed in a customer, and everything about it in the order in which it happened."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field, JsonValue
from sqlalchemy import (
    ColumnElement,
    RowMapping,
    Select,
    Text,
    case,
    cast,
    func,
    literal,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession

from services.customers.queries.customers import require_customer
from services.customers.queries.views import View
from services.customers.tables import contacts, customer_changes, customers, purchases, seen_moments
from services.shared.paging import Page, Paging, page_of


class ChangeView(View):
    """One field that changed; personal data of contacts is masked."""

    change_id: UUID
    record_kind: str = Field(description="customer, contact or purchase")
    record_id: UUID
    field: str
    old: JsonValue
    new: JsonValue
    by: str = Field(
        description="`http`, `import`, `event`, `command/` and a system, or `follow_up/` and a record's id."
    )
    changed_at: datetime


class MomentView(View):
    """Something that happened: `kind` says what, `data` what else is known of it."""

    moment_id: UUID
    occurred_at: datetime
    kind: str
    record_kind: str
    record_id: UUID
    data: Mapping[str, JsonValue]


async def list_changes(session: AsyncSession, customer_id: UUID, paging: Paging) -> Page[ChangeView]:
    """List what changed in a customer, its contacts and purchases, the first first; UnknownCustomerError."""
    await require_customer(session, customer_id)
    statement = select(customer_changes).where(customer_changes.c.customer_id == customer_id)
    return await page_of(session, statement, paging, key=customer_changes.c.change_id, view=_view_change)


async def list_moments(session: AsyncSession, customer_id: UUID, paging: Paging) -> Page[MomentView]:
    """List everything about a customer by the time at which it happened; raises UnknownCustomerError."""
    await require_customer(session, customer_id)
    moments = union_all(*_moments(customer_id)).cte("moments")
    place = tuple_(moments.c.occurred_at, moments.c.moment_id)
    statement = select(moments)
    if paging.after:
        last = select(moments.c.occurred_at).where(moments.c.moment_id == paging.after).scalar_subquery()
        statement = statement.where(place > tuple_(last, literal(paging.after)))
    ordered = statement.order_by(*place).limit(paging.limit + 1)
    rows = (await session.execute(ordered)).mappings().all()
    shown = [MomentView.model_validate(dict(row)) for row in rows[: paging.limit]]
    return Page(items=shown, next=shown[-1].moment_id if len(rows) > paging.limit else None)


def _moments(customer_id: UUID) -> list[Select[Any]]:
    """Return one statement for each place in which something about a customer stands."""
    entered, met, bought = customers.c, contacts.c, purchases.c
    changed, heard = customer_changes.c, seen_moments.c
    nothing = func.jsonb_build_object()
    sale = func.jsonb_build_object("product", bought.product, "amount", _money(bought.amount))
    change = func.jsonb_build_object(
        *("field", changed.field, "old", changed.old, "new", changed.new, "by", changed.by)
    )
    sales = (case((bought.amount < 0, "returned"), else_="purchased"), literal("purchase"))
    changes = (literal("field_changed"), changed.record_kind)
    told = (heard.kind, heard.record_kind)
    statements = (
        _moment(entered.customer_id, entered.created_at, _is("customer_entered", "customer"), nothing),
        _moment(met.contact_id, met.created_at, _is("contact_entered", "contact"), nothing),
        _moment(bought.purchase_id, bought.purchased_at, sales, sale),
        _moment(changed.change_id, changed.changed_at, changes, change, changed.record_id),
        _moment(heard.event_id, heard.occurred_at, told, heard.data, heard.record_id),
    )
    tables = (entered, met, bought, changed, heard)
    return [
        statement.where(columns.customer_id == customer_id)
        for statement, columns in zip(statements, tables, strict=True)
    ]


def _moment(
    key: ColumnElement[UUID],
    at: ColumnElement[datetime],
    kinds: tuple[ColumnElement[str], ColumnElement[str]],
    data: ColumnElement[Any],
    record_id: ColumnElement[UUID] | None = None,
) -> Select[Any]:
    return select(
        key.label("moment_id"),
        at.label("occurred_at"),
        kinds[0].label("kind"),
        kinds[1].label("record_kind"),
        (key if record_id is None else record_id).label("record_id"),
        data.label("data"),
    )


def _is(kind: str, record_kind: str) -> tuple[ColumnElement[str], ColumnElement[str]]:
    return literal(kind), literal(record_kind)


def _money(amount: ColumnElement[Any]) -> ColumnElement[Any]:
    currency = purchases.c.amount_currency
    return func.jsonb_build_object("amount", cast(amount, Text), "currency", currency)


def _view_change(row: RowMapping) -> ChangeView:
    return ChangeView.model_validate(dict(row))
