"""Routes of our own people."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from contracts.inputs import Line
from services.followups.handlers.people import enter_person, update_person
from services.followups.handlers.references import resolved
from services.followups.queries.people import PersonFilter, PersonView, list_people, read_person
from services.shared.database import Database
from services.shared.http import UNLESS_GIVEN, Body, IfMatch, Once, Tag, Unit, problems
from services.shared.paging import Page


class PersonChanges(Body):
    """What is to change about a person; what is not given stays."""

    name: Line = UNLESS_GIVEN
    title: Line | None = None
    department: Line | None = None
    manager_id: UUID | None = None
    lead_id: UUID | None = None
    deputy_id: UUID | None = None
    email: Line | None = None


class NewPerson(PersonChanges):
    """A person who is not known yet."""

    name: Line


def add_routes(router: APIRouter, database: Database) -> None:
    """Add the routes of people."""

    @router.get("/people")
    async def list_all_people(wanted: Annotated[PersonFilter, Query()]) -> Page[PersonView]:
        """Our own people, by manager and name."""
        async with database.session() as session:
            return await list_people(session, wanted)

    @router.post("/people", status_code=201)
    async def create_person(new: NewPerson, unit: Once, tag: Tag) -> PersonView:
        """Enter a person; nobody may be above themselves."""
        person_id = await enter_person(await resolved(new.given(), unit), unit)
        view = await read_person(unit.session, person_id)
        return tag(view, view.sequence)

    @router.get("/people/{person_id}", responses=problems(404))
    async def read_one_person(person_id: UUID, tag: Tag) -> PersonView:
        """One person."""
        async with database.session() as session:
            view = await read_person(session, person_id)
        return tag(view, view.sequence)

    @router.patch("/people/{person_id}", responses=problems(404))
    async def change_person(
        person_id: UUID, changes: PersonChanges, unit: Unit, seen: IfMatch, tag: Tag
    ) -> PersonView:
        """Change a person; nobody may be above themselves."""
        values = await resolved(changes.given(), unit)
        await update_person(person_id, values, unit, precondition=seen)
        view = await read_person(unit.session, person_id)
        return tag(view, view.sequence)
