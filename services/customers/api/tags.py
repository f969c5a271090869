"""Routes of the tags of a customer (R051); their ETag is the customer's."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.inputs import Line
from services.customers.api.bodies import NewTag, TagList
from services.customers.handlers.entry import change_customer, tag_customer
from services.customers.queries.customers import TagsView, read_tags
from services.shared.database import Database
from services.shared.http import IfMatch, Once, Tag, Unit, problems
from services.shared.http.versions import Tagger
from services.shared.imports.rows import Locality

TagWord = Annotated[Line, Path(max_length=50)]


def add_routes(router: APIRouter, database: Database, locality: Locality) -> None:
    """Add the routes of tags."""

    @router.get("/{customer_id}/tags", responses=problems(404))
    async def read_customer_tags(customer_id: UUID, tag: Tag) -> TagsView:
        """The tags of a customer."""
        async with database.session() as session:
            return await _shown(session, customer_id, tag)

    @router.put("/{customer_id}/tags", responses=problems(404))
    async def set_tags(customer_id: UUID, tags: TagList, unit: Unit, seen: IfMatch, tag: Tag) -> TagsView:
        """Give a customer these tags and no others."""
        await change_customer(customer_id, tags.given(), unit=unit, locality=locality, precondition=seen)
        return await _shown(unit.session, customer_id, tag)

    @router.post("/{customer_id}/tags", responses=problems(404))
    async def add_tag(customer_id: UUID, new: NewTag, unit: Once, seen: IfMatch, tag: Tag) -> TagsView:
        """Add a tag; one that is there stays where it is."""
        await tag_customer(customer_id, unit=unit, locality=locality, add=(new.tag,), precondition=seen)
        return await _shown(unit.session, customer_id, tag)

    @router.delete("/{customer_id}/tags/{word:path}", responses=problems(404))
    async def remove_tag(customer_id: UUID, word: TagWord, unit: Unit, seen: IfMatch, tag: Tag) -> TagsView:
        """Take a tag away; it is no mistake if it is not there."""
        await tag_customer(customer_id, unit=unit, locality=locality, drop=(word,), precondition=seen)
        return await _shown(unit.session, customer_id, tag)


async def _shown(session: AsyncSession, customer_id: UUID, tag: Tagger) -> TagsView:
    view, version = await read_tags(session, customer_id)
    return tag(view, version)
