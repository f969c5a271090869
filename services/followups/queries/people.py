"""Our people as they are shown."""

from typing import ClassVar
from uuid import UUID

from pydantic import Field
from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncSession

from services.followups.domain.people import PersonNotFoundError
from services.followups.queries.views import RecordView
from services.followups.repository import PEOPLE
from services.followups.tables import people
from services.shared.paging import Page, Paging, narrowed, page_of


class PersonView(RecordView):
    """One of our own people."""

    key: ClassVar[str] = "person_id"

    person_id: UUID
    name: str
    title: str | None
    department: str | None
    manager_id: UUID | None
    lead_id: UUID | None
    deputy_id: UUID | None
    email: str | None


class PersonFilter(Paging):
    """Which people are asked for; what is not given does not narrow."""

    manager: UUID | None = None
    q: str | None = Field(None, description="A part of the name.")


async def list_people(session: AsyncSession, wanted: PersonFilter) -> Page[PersonView]:
    """List people, in the order in which they were entered."""
    columns = people.c
    tests: list[ColumnElement[bool]] = []
    if wanted.q:
        tests.append(columns.name.icontains(wanted.q.strip(), autoescape=True))
    statement = narrowed(PEOPLE.select(), {columns.manager_id: wanted.manager}, *tests)
    return await page_of(session, statement, wanted, key=columns.person_id, view=PersonView.model_validate)


async def read_person(session: AsyncSession, person_id: UUID) -> PersonView:
    """Read one person; raises PersonNotFoundError."""
    found = await PEOPLE.find(session, person_id)
    if found is None:
        raise PersonNotFoundError(person_id=person_id)
    return PersonView.model_validate(found)
