"""Read-only views of contacts, with what identifies or reaches a person masked (K8, R181)."""

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from contracts.vocabulary import BuyingRole
from services.customers.domain import Contact, UnknownContactError
from services.customers.queries.customers import require_customer
from services.customers.queries.views import View
from services.customers.repository import ContactRecords
from services.shared.paging import Page, Paging, page_of
from services.shared.privacy import mask_email, mask_name, mask_phone


class ContactView(View):
    """A contact with its personal data masked."""

    key: ClassVar[str] = "contact_id"

    contact_id: UUID
    customer_id: UUID
    name: str
    title: str | None
    phone: str | None
    email: str | None
    buying_role: BuyingRole | None
    preference: str | None
    sequence: int


class PlainContactView(ContactView):
    """A contact in plain words."""


async def list_contacts(
    session: AsyncSession, customer_id: UUID, paging: Paging, *, contacts: ContactRecords
) -> Page[ContactView]:
    """List the contacts at a customer; raises UnknownCustomerError."""
    await require_customer(session, customer_id)
    columns = contacts.table.c
    statement = contacts.select().where(columns.customer_id == customer_id)

    def view(row: Mapping[Any, Any]) -> ContactView:
        """Show a contact without what identifies or reaches the person."""
        return _masked(contacts.read(row))

    return await page_of(session, statement, paging, key=columns.contact_id, view=view)


async def read_contact(
    session: AsyncSession, customer_id: UUID, contact_id: UUID, *, contacts: ContactRecords
) -> ContactView:
    """Read one contact at a customer; raises UnknownContactError."""
    contact = await contacts.find(session, contact_id)
    if contact is None or contact.customer_id != customer_id:
        raise UnknownContactError(contact_id=contact_id)
    return _masked(contact)


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
        sequence=contact.sequence,
    )
