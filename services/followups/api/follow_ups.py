"""Routes of records of contacts."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from contracts.inputs import Flag, Moment, Paragraph
from contracts.vocabulary import Channel, Intent, PlanStatus
from services.followups.handlers.follow_ups import correct_follow_up, delete_follow_up, record_follow_up
from services.followups.handlers.references import resolved
from services.followups.queries.follow_ups import (
    FollowUpFilter,
    FollowUpVersionView,
    FollowUpView,
    list_follow_ups,
    read_follow_up,
    read_history,
)
from services.shared.database import Database
from services.shared.http import UNLESS_GIVEN, Body, IfMatch, Once, Tag, Unit, problems
from services.shared.paging import Page, Paging


class FollowUpChanges(Body):
    """What is to be corrected in a record; what is not given stays."""

    opportunity_id: UUID | None = None
    person_id: UUID | None = None
    contact_held_id: UUID | None = None
    occurred_at: Moment = UNLESS_GIVEN
    channel: Channel | None = None
    participants: Paragraph | None = None
    summary: Paragraph | None = None
    feedback: Paragraph | None = None
    objection: Paragraph | None = None
    next_step: Paragraph | None = None
    next_step_due: Moment | None = Field(
        None, description="By when; until then the customer's next touch is not later."
    )
    responded: Flag = UNLESS_GIVEN
    need_raised: Flag = UNLESS_GIVEN
    materials_sent: Flag = UNLESS_GIVEN
    proposal_sent: Flag = UNLESS_GIVEN
    demo_booked: Flag = UNLESS_GIVEN
    intent: Intent | None = Field(None, description="The latest contact that names one sets the customer's.")
    status: PlanStatus | None = Field(None, description="`done`: the next step is not to do any more.")


class NewFollowUp(FollowUpChanges):
    """A contact to be written down (R112 to R115)."""

    customer_id: UUID
    occurred_at: Moment


Reason = Annotated[Paragraph, Query(description="Why the record is deleted.")]


def add_routes(router: APIRouter, database: Database) -> None:
    """Add the routes of records of contacts."""
    _add_reads(router, database)

    @router.post("/follow-ups", status_code=201)
    async def create_follow_up(new: NewFollowUp, unit: Once, tag: Tag) -> FollowUpView:
        """Write a contact down.

        It is the contact held that `contact_held_id` names, else the latest one of the same customer and
        person, within 24 hours before, that nobody has written down yet.
        """
        follow_up_id = await record_follow_up(await resolved(new.given(), unit), unit)
        view = await read_follow_up(unit.session, follow_up_id)
        return tag(view, view.sequence)

    @router.patch("/follow-ups/{follow_up_id}", responses=problems(404, 409))
    async def change_follow_up(
        follow_up_id: UUID, changes: FollowUpChanges, unit: Unit, seen: IfMatch, tag: Tag
    ) -> FollowUpView:
        """Correct a record; what it was stays in its history, and its customer stays."""
        before = await read_follow_up(unit.session, follow_up_id)
        values = await resolved(changes.given(), unit, customer_id=before.customer_id)
        await correct_follow_up(follow_up_id, values, unit, precondition=seen)
        view = await read_follow_up(unit.session, follow_up_id)
        return tag(view, view.sequence)

    @router.delete("/follow-ups/{follow_up_id}", responses=problems(404))
    async def remove_follow_up(
        follow_up_id: UUID, reason: Reason, unit: Unit, seen: IfMatch, tag: Tag
    ) -> FollowUpView:
        """Mark a record as deleted: it counts no more, and stays in the history."""
        await delete_follow_up(follow_up_id, reason=reason, unit=unit, precondition=seen)
        view = await read_follow_up(unit.session, follow_up_id)
        return tag(view, view.sequence)


def _add_reads(router: APIRouter, database: Database) -> None:
    @router.get("/follow-ups")
    async def list_all_follow_ups(wanted: Annotated[FollowUpFilter, Query()]) -> Page[FollowUpView]:
        """Records of contacts, by customer, opportunity, person, channel and time."""
        async with database.session() as session:
            return await list_follow_ups(session, wanted)

    @router.get("/follow-ups/{follow_up_id}", responses=problems(404))
    async def read_one_follow_up(follow_up_id: UUID, tag: Tag) -> FollowUpView:
        """One record, deleted or not."""
        async with database.session() as session:
            view = await read_follow_up(session, follow_up_id)
        return tag(view, view.sequence)

    @router.get("/follow-ups/{follow_up_id}/history", responses=problems(404))
    async def read_follow_up_history(
        follow_up_id: UUID, paging: Annotated[Paging, Query()]
    ) -> Page[FollowUpVersionView]:
        """The versions that a record had before, oldest first."""
        async with database.session() as session:
            return await read_history(session, follow_up_id, paging)
