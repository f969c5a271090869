"""Routes of notices: those of a person or queue, and marking one as read."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.followups.handlers.notices import read_notice
from services.followups.queries.notices import (
    NoticeFilter,
    ReceivedNoticeView,
    list_notices,
    read_one_notice,
)
from services.shared.database import Database
from services.shared.http import Body, IfMatch, Once, Tag, problems
from services.shared.paging import Page


class Reading(Body):
    """Who has read a notice."""

    person: UUID | None = None


def add_routes(router: APIRouter, database: Database) -> None:
    """Add the routes of notices."""

    @router.get("/notices")
    async def list_all_notices(wanted: Annotated[NoticeFilter, Query()]) -> Page[ReceivedNoticeView]:
        """Notices, the newest first: of a person or queue, read or not, about a customer, of a rule."""
        async with database.session() as session:
            return await list_notices(session, wanted)

    @router.get("/notices/{notice_id}", responses=problems(404))
    async def show_notice(notice_id: UUID, tag: Tag) -> ReceivedNoticeView:
        """One notice."""
        async with database.session() as session:
            view = await read_one_notice(session, notice_id)
        return tag(view, view.version)

    @router.post("/notices/{notice_id}/read", responses=problems(404))
    async def mark_notice_read(
        notice_id: UUID, *, reading: Reading | None = None, unit: Once, seen: IfMatch, tag: Tag
    ) -> ReceivedNoticeView:
        """Mark a notice as read; of several readings the first stays."""
        reader = reading.person if reading else None
        await read_notice(notice_id, person_id=reader, unit=unit, precondition=seen)
        view = await read_one_notice(unit.session, notice_id)
        return tag(view, view.version)
