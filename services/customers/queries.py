"""Read-only views of customers, with what the rules decided about them."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.money import Money
from contracts.vocabulary import BuyingRole, CustomerGrade, Intent, Lifecycle, Potential, Urgency
from services.customers.domain import Contact, UnknownCustomerError
from services.customers.repository import CUSTOMERS, PURCHASES, ContactRecords
from services.customers.tables import customers, purchases, seen_grades, seen_profiles
from services.shared.paging import Page, Paging, narrowed, page_of
from services.shared.privacy import mask_email, mask_name, mask_phone


class View(BaseModel):
    """Something as it is shown."""

    model_config = ConfigDict(from_attributes=True)


class CustomerView(View):
    """A customer, with the values that the rules decided; those are null until they have."""

    customer_id: UUID
    customer_number: str
    name: str
    version: int
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
    grade: CustomerGrade | None = None
    dormant: bool | None = None
    churn_risk: bool | None = None
    every: str | None = None
    next_touch_at: datetime | None = None
    decided: Mapping[str, Any] = Field(default_factory=dict)


class PurchaseView(View):
    """A purchase."""

    purchase_id: UUID
    customer_id: UUID
    opportunity_id: UUID | None
    product: str
    purchased_at: datetime
    amount: Money


class ContactView(View):
    """A contact with its personal data masked."""

    contact_id: UUID
    customer_id: UUID
    name: str
    title: str | None
    phone: str | None
    email: str | None
    buying_role: BuyingRole | None
    preference: str | None


class CustomerFilter(Paging):
    """Which customers are asked for; what is not given does not narrow. All of several tags must be there."""

    grade: CustomerGrade | None = None
    industry: str | None = None
    lifecycle: Lifecycle | None = None
    dormant: bool | None = None
    churn_risk: bool | None = None
    intent: Intent | None = None
    owner: UUID | None = None
    tag: list[str] = Field(default_factory=list)
    q: str | None = Field(None, description="Part of the name, or the beginning of the customer number.")
    next_touch_before: datetime | None = None


DECIDED = (
    seen_grades.c.grade,
    seen_profiles.c.dormant,
    seen_profiles.c.churn_risk,
    seen_profiles.c.every,
    seen_profiles.c.next_touch_at,
    seen_profiles.c["values"].label("decided"),
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


async def read_customer(session: AsyncSession, customer_id: UUID) -> CustomerView:
    """Read one customer; raises UnknownCustomerError."""
    statement = _shown_customers().where(customers.c.customer_id == customer_id)
    row = (await session.execute(statement)).mappings().first()
    if row is None:
        raise UnknownCustomerError(customer_id=customer_id)
    return _view_customer(row)


async def list_purchases(session: AsyncSession, customer_id: UUID, paging: Paging) -> Page[PurchaseView]:
    """List what a customer bought, in the order in which it was entered; raises UnknownCustomerError."""
    await read_customer(session, customer_id)
    statement = select(purchases).where(purchases.c.customer_id == customer_id)
    return await page_of(session, statement, paging, key=purchases.c.purchase_id, view=_view_purchase)


async def list_contacts(
    session: AsyncSession, customer_id: UUID, paging: Paging, *, contacts: ContactRecords
) -> Page[ContactView]:
    """List the contacts at a customer, masked (K8, R181); raises UnknownCustomerError."""
    await read_customer(session, customer_id)
    columns = contacts.table.c
    statement = select(contacts.table).where(columns.customer_id == customer_id)

    def view(row: Mapping[Any, Any]) -> ContactView:
        """Show a contact without what identifies or reaches the person."""
        return _masked(contacts.read(row))

    return await page_of(session, statement, paging, key=columns.contact_id, view=view)


def _masked(contact: Contact) -> ContactView:
    return ContactView(
        contact_id=contact.contact_id,
        customer_id=contact.customer_id,
        name=mask_name(contact.name),
        title=contact.title,
        phone=mask_phone(contact.phone),
        email=mask_email(contact.email),
        buying_role=contact.buying_role,
        preference="*" if contact.preference else None,
    )


def _shown_customers() -> Select[Any]:
    return (
        select(customers, *DECIDED)
        .outerjoin(seen_grades, seen_grades.c.customer_id == customers.c.customer_id)
        .outerjoin(seen_profiles, seen_profiles.c.customer_id == customers.c.customer_id)
    )


def _further_tests(wanted: CustomerFilter) -> list[ColumnElement[bool]]:
    columns, tests = customers.c, []
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
    record = CUSTOMERS.read(row)
    return CustomerView.model_validate(record).model_copy(update=decided)


def _view_purchase(row: Mapping[Any, Any]) -> PurchaseView:
    return PurchaseView.model_validate(PURCHASES.read(row))
