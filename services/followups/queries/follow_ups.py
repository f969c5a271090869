"""Records of contacts as they are shown."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from pydantic import Field
from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.inputs import Moment
from contracts.vocabulary import Channel, Intent, PlanStatus
from services.followups.domain.follow_ups import UnknownFollowUpError
from services.followups.queries.views import RecordView
from services.followups.repository import FOLLOW_UPS
from services.followups.tables import follow_up_versions, follow_ups
from services.shared.paging import Page, Paging, narrowed, page_of


class FollowUpView(RecordView):
    """A record of a contact, with its text; a deleted one is marked."""

    key: ClassVar[str] = "follow_up_id"

    follow_up_id: UUID
    customer_id: UUID
    opportunity_id: UUID | None
    person_id: UUID | None
    contact_held_id: UUID | None
    occurred_at: datetime
    recorded_at: datetime
    channel: Channel | None
    participants: str | None
    summary: str | None
    feedback: str | None
    objection: str | None
    next_step: str | None
    next_step_due: datetime | None
    responded: bool
    need_raised: bool
    materials_sent: bool
    proposal_sent: bool
    demo_booked: bool
    intent: Intent | None
    status: PlanStatus | None = None
    deleted_at: datetime | None
    deleted_because: str | None


class FollowUpVersionView(FollowUpView):
    """A record as it was until `replaced_at`."""

    version_id: UUID
    replaced_at: datetime


class FollowUpFilter(Paging):
    """Which records are asked for; what is not given does not narrow."""

    customer: UUID | None = None
    opportunity: UUID | None = None
    person: UUID | None = None
    channel: Channel | None = None
    since: Moment | None = Field(None, description="Of contacts that took place then or later.")
    until: Moment | None = Field(None, description="Of contacts that took place before.")
    deleted: bool = Field(default=False, description="Those that were deleted, in place of the others.")


async def list_follow_ups(session: AsyncSession, wanted: FollowUpFilter) -> Page[FollowUpView]:
    """List records of contacts, in the order in which they were entered."""
    columns = follow_ups.c
    equal: dict[ColumnElement[Any], object] = {
        columns.customer_id: wanted.customer,
        columns.opportunity_id: wanted.opportunity,
        columns.person_id: wanted.person,
        columns.channel: wanted.channel,
    }
    tests: list[ColumnElement[bool]] = [
        columns.deleted_at.is_not(None) if wanted.deleted else columns.deleted_at.is_(None)
    ]
    if wanted.since:
        tests.append(columns.occurred_at >= wanted.since)
    if wanted.until:
        tests.append(columns.occurred_at < wanted.until)
    statement = narrowed(FOLLOW_UPS.select(), equal, *tests)
    view = FollowUpView.model_validate
    return await page_of(session, statement, wanted, key=columns.follow_up_id, view=view)


async def read_follow_up(session: AsyncSession, follow_up_id: UUID) -> FollowUpView:
    """Read one record, deleted or not; raises UnknownFollowUpError."""
    found = await FOLLOW_UPS.find(session, follow_up_id)
    if found is None:
        raise UnknownFollowUpError(follow_up_id=follow_up_id)
    return FollowUpView.model_validate(found)


async def read_history(
    session: AsyncSession, follow_up_id: UUID, paging: Paging
) -> Page[FollowUpVersionView]:
    """List the versions that a record had before, oldest first; raises UnknownFollowUpError."""
    await read_follow_up(session, follow_up_id)
    statement = select(follow_up_versions).where(follow_up_versions.c.follow_up_id == follow_up_id)
    key = follow_up_versions.c.version_id
    return await page_of(session, statement, paging, key=key, view=_version)


def _version(row: Mapping[Any, Any]) -> FollowUpVersionView:
    more = {"version_id": row["version_id"], "replaced_at": row["replaced_at"]}
    return FollowUpVersionView.model_validate({**row["state"], **more})
