"""Contacts that took place, as they are shown."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from pydantic import Field
from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.inputs import Moment
from contracts.vocabulary import Channel
from services.followups.domain.contacts_held import UnknownContactHeldError
from services.followups.queries.views import RecordView
from services.followups.repository import CONTACTS_HELD, RECORDED
from services.followups.tables import contacts_held
from services.shared.paging import Page, Paging, narrowed, page_of


class ContactHeldView(RecordView):
    """A contact that took place, and whether a record writes it down."""

    key: ClassVar[str] = "contact_held_id"

    contact_held_id: UUID
    customer_id: UUID
    opportunity_id: UUID | None
    person_id: UUID | None
    held_at: datetime
    channel: Channel | None
    is_recorded: bool


class ContactHeldFilter(Paging):
    """Which contacts are asked for; what is not given does not narrow."""

    customer: UUID | None = None
    opportunity: UUID | None = None
    person: UUID | None = None
    channel: Channel | None = None
    recorded: bool | None = None
    since: Moment | None = Field(None, description="Held then or later.")
    until: Moment | None = Field(None, description="Held before.")


async def list_contacts_held(session: AsyncSession, wanted: ContactHeldFilter) -> Page[ContactHeldView]:
    """List contacts, in the order in which they were told."""
    columns = contacts_held.c
    equal: dict[ColumnElement[Any], object] = {
        columns.customer_id: wanted.customer,
        columns.opportunity_id: wanted.opportunity,
        columns.person_id: wanted.person,
        columns.channel: wanted.channel,
    }
    tests: list[ColumnElement[bool]] = []
    if wanted.recorded is not None:
        tests.append(RECORDED if wanted.recorded else ~RECORDED)
    if wanted.since:
        tests.append(columns.held_at >= wanted.since)
    if wanted.until:
        tests.append(columns.held_at < wanted.until)
    statement = narrowed(_SHOWN, equal, *tests)
    view = ContactHeldView.model_validate
    return await page_of(session, statement, wanted, key=columns.contact_held_id, view=view)


async def read_contact_held(session: AsyncSession, contact_held_id: UUID) -> ContactHeldView:
    """Read one contact; raises UnknownContactHeldError."""
    statement = _SHOWN.where(contacts_held.c.contact_held_id == contact_held_id)
    row = (await session.execute(statement)).mappings().first()
    if row is None:
        raise UnknownContactHeldError(contact_held_id=contact_held_id)
    return ContactHeldView.model_validate(row)


_SHOWN = CONTACTS_HELD.select().add_columns(RECORDED.label("is_recorded"))
