"""Read-only views of customers, with what the rules decided about them."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from pydantic import Field, JsonValue
from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.events import SourceRef
from contracts.inputs import Line, Moment
from contracts.money import Money
from contracts.vocabulary import CustomerGrade, Intent, Lifecycle, Potential, Urgency
from services.customers.domain import UnknownCustomerError
from services.customers.queries.views import View
from services.customers.repository import CUSTOMERS
from services.customers.tables import customers, seen_follow_ups, seen_grades, seen_profiles
from services.shared.imports.text import normalise_name
from services.shared.paging import Page, Paging, narrowed, page_of


class CustomerView(View):
    """A customer, with the values that the rules decided; those are null until they have."""

    key: ClassVar[str] = "customer_id"

    customer_id: UUID
    customer_number: str
    name: str
    version: int
    source_refs: tuple[SourceRef, ...]
    owner_id: UUID | None
    assigned_at: datetime | None
    lifecycle: Lifecycle
    industry: str | None
    employee_range: str | None
    annual_revenue: Money | None
    founded_on: date | None
    website: str | None
    main_business: str | None
    address: str | None
    source: str | None
    first_contact_at: datetime | None
    intent: Intent | None
    need_clear: bool
    need_urgent: bool
    need_important: bool
    benchmark: bool
    short_chain: bool
    potential: Potential | None
    urgency: Urgency | None
    initial_need: str | None
    tags: tuple[str, ...]
    remarks: str | None
    created_at: datetime
    updated_at: datetime
    last_contact_at: datetime | None = Field(None, description="Of the latest record of a contact.")
    grade: CustomerGrade | None = None
    dormant: bool | None = None
    churn_risk: bool | None = None
    every: str | None = None
    next_touch_at: datetime | None = None
    decided: Mapping[str, JsonValue] = Field(
        default_factory=dict, description="All other values that the rules decided, by name."
    )
    decided_in: str = Field("", exclude=True)
    """Which decisions these are, and which contact was the last; part of the ETag."""


class TagsView(View):
    """The tags of a customer."""

    key: ClassVar[str] = "customer_id"

    customer_id: UUID
    tags: tuple[str, ...]


class CustomerFilter(Paging):
    """Which customers are asked for; what is not given does not narrow. All of several tags must be there."""

    grade: CustomerGrade | None = None
    industry: Line | None = None
    lifecycle: Lifecycle | None = None
    dormant: bool | None = None
    churn_risk: bool | None = None
    intent: Intent | None = None
    owner: UUID | None = None
    tag: list[Line] = Field(default_factory=list, max_length=20, description="All of them.")
    named: Line | None = Field(
        None, description="The number, the id, or the whole name; its case, width and spaces do not count."
    )
    q: Line | None = Field(None, description="Part of the name, or the beginning of the customer number.")
    next_touch_before: Moment | None = None


DECIDED = (
    seen_grades.c.grade,
    seen_profiles.c.dormant,
    seen_profiles.c.churn_risk,
    seen_profiles.c.every,
    seen_profiles.c.next_touch_at,
    seen_profiles.c["values"].label("decided"),
)


LAST_CONTACT = (
    select(func.max(seen_follow_ups.c.occurred_at))
    .where(seen_follow_ups.c.customer_id == customers.c.customer_id, ~seen_follow_ups.c.deleted)
    .scalar_subquery()
    .label("last_contact_at")
)

_DECISIONS = (
    seen_grades.c.sequence.label("grade_sequence"),
    seen_profiles.c.sequence.label("profile_sequence"),
)


async def list_customers(session: AsyncSession, wanted: CustomerFilter) -> Page[CustomerView]:
    """List customers, in the order in which they were entered."""
    columns = customers.c
    statement = narrowed(
        _shown_customers(),
        {
            seen_grades.c.grade: wanted.grade,
            columns.industry: wanted.industry,
            columns.lifecycle: wanted.lifecycle,
            seen_profiles.c.dormant: wanted.dormant,
            seen_profiles.c.churn_risk: wanted.churn_risk,
            columns.intent: wanted.intent,
            columns.owner_id: wanted.owner,
        },
        *_further_tests(wanted),
    )
    return await page_of(session, statement, wanted, key=columns.customer_id, view=_view_customer)


async def count_grades(session: AsyncSession) -> dict[CustomerGrade, int]:
    """Count the customers of each grade; those that the rules have not graded yet are left out."""
    graded = seen_grades.join(customers, seen_grades.c.customer_id == customers.c.customer_id)
    statement = select(seen_grades.c.grade, func.count()).select_from(graded).group_by(seen_grades.c.grade)
    counts = {CustomerGrade(grade): count for grade, count in await session.execute(statement)}
    return {grade: counts.get(grade, 0) for grade in CustomerGrade}


async def require_customer(session: AsyncSession, customer_id: UUID) -> None:
    """Raise UnknownCustomerError unless the customer is there."""
    there = select(customers.c.customer_id).where(customers.c.customer_id == customer_id)
    if (await session.execute(there)).first() is None:
        raise UnknownCustomerError(customer_id=customer_id)


async def read_customer(session: AsyncSession, customer_id: UUID) -> CustomerView:
    """Read one customer; raises UnknownCustomerError."""
    statement = _shown_customers().where(customers.c.customer_id == customer_id)
    row = (await session.execute(statement)).mappings().first()
    if row is None:
        raise UnknownCustomerError(customer_id=customer_id)
    return _view_customer(row)


async def read_tags(session: AsyncSession, customer_id: UUID) -> tuple[TagsView, int]:
    """Read the tags of a customer, and the customer's version; raises UnknownCustomerError."""
    customer = await CUSTOMERS.find(session, customer_id)
    if customer is None:
        raise UnknownCustomerError(customer_id=customer_id)
    return TagsView(customer_id=customer_id, tags=customer.tags), customer.version


def _shown_customers() -> Select[Any]:
    return (
        CUSTOMERS.select()
        .add_columns(*DECIDED, *_DECISIONS, LAST_CONTACT)
        .outerjoin(seen_grades, seen_grades.c.customer_id == customers.c.customer_id)
        .outerjoin(seen_profiles, seen_profiles.c.customer_id == customers.c.customer_id)
    )


def _is_named(name: str) -> ColumnElement[bool]:
    columns = customers.c
    tests = [columns.customer_number == name, columns.natural_key == normalise_name(name)]
    with suppress(ValueError):
        tests.append(columns.customer_id == UUID(name))
    return or_(*tests)


def _further_tests(wanted: CustomerFilter) -> list[ColumnElement[bool]]:
    columns, tests = customers.c, []
    if wanted.named:
        tests.append(_is_named(wanted.named))
    if wanted.tag:
        tests.append(columns.tags.contains(wanted.tag))
    if wanted.q:
        words = wanted.q.strip()
        by_number = columns.customer_number.istartswith(words, autoescape=True)
        tests.append(or_(columns.name.icontains(words, autoescape=True), by_number))
    if wanted.next_touch_before:
        tests.append(seen_profiles.c.next_touch_at < wanted.next_touch_before)
    return tests


def _view_customer(row: Mapping[Any, Any]) -> CustomerView:
    decided = {column.name: row[column] for column in DECIDED if row[column] is not None}
    last_contact_at: datetime | None = row["last_contact_at"]
    known_by = [str(row[column]) for column in _DECISIONS if row[column] is not None]
    if last_contact_at:
        known_by.append(str(int(last_contact_at.timestamp() * 1_000_000)))
    record = CUSTOMERS.read(row)
    return CustomerView.model_validate(record).model_copy(
        update={**decided, "last_contact_at": last_contact_at, "decided_in": ".".join(known_by)}
    )
