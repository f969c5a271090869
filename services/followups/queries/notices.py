"""Notices as they are shown to their recipients."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from pydantic import ConfigDict, Field
from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.rules import NoticeGiven
from services.followups.domain.notices import UnknownNoticeError
from services.followups.tables import notices
from services.shared.paging import Order, Page, Paging, narrowed, page_of

NEWEST_FIRST = Order((notices.c.given_at,), is_descending=True)


class ReceivedNoticeView(NoticeGiven):
    """A notice as the rules gave it, and its first reading; `version` grows with that."""

    model_config = ConfigDict(extra="ignore")
    key: ClassVar[str] = "notice_id"

    version: int
    read_at: datetime | None
    read_by: UUID | None


class NoticeFilter(Paging):
    """Which notices are asked for; what is not given does not narrow."""

    person: str | None = Field(
        None, description="The recipient: the name or the id of a person, or the name of a queue."
    )
    read: bool | None = Field(None, description="Read ones, or the contrary.")
    customer: UUID | None = None
    rule: str | None = None


async def list_notices(session: AsyncSession, wanted: NoticeFilter) -> Page[ReceivedNoticeView]:
    """List notices, the newest first."""
    columns = notices.c
    equal: dict[ColumnElement[Any], object] = {
        columns.customer_id: wanted.customer,
        columns.state["rule"].astext: wanted.rule,
    }
    tests: list[ColumnElement[bool]] = []
    if wanted.person:
        tests.append(_is_for(wanted.person))
    if wanted.read is not None:
        tests.append(columns.read_at.is_not(None) if wanted.read else columns.read_at.is_(None))
    statement = narrowed(select(notices), equal, *tests)
    return await page_of(session, statement, wanted, key=columns.notice_id, view=_view, order=NEWEST_FIRST)


async def read_one_notice(session: AsyncSession, notice_id: UUID) -> ReceivedNoticeView:
    """Read one notice; raises UnknownNoticeError."""
    statement = select(notices).where(notices.c.notice_id == notice_id)
    row = (await session.execute(statement)).mappings().first()
    if row is None:
        raise UnknownNoticeError(notice_id=notice_id)
    return _view(row)


def _is_for(person: str) -> ColumnElement[bool]:
    try:
        return notices.c.recipient_id == UUID(person)
    except ValueError:
        return notices.c.recipient_name == person


def _view(row: Mapping[Any, Any]) -> ReceivedNoticeView:
    version = row["sequence"] + (row["read_at"] is not None)
    return ReceivedNoticeView(**row["state"], version=version, read_at=row["read_at"], read_by=row["read_by"])
