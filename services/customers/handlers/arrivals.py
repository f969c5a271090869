"""What other services say: where opportunities stand, what the rules decided, who our people are."""

from collections.abc import Hashable, Iterable
from typing import cast

from contracts.envelope import Envelope
from contracts.events import EventData
from contracts.followups import FollowUpRecorded
from contracts.opportunities import OpportunityState, OpportunityUpdated
from contracts.rules import GradeDecided, ProfileDecided
from services.customers.handlers.customers import settle
from services.customers.handlers.history import BY_EVENT
from services.customers.handlers.moments import hear_moment, moment
from services.customers.tables import seen_follow_ups, seen_grades, seen_opportunities, seen_profiles
from services.shared.directory import merge_directory, note_in_directory
from services.shared.records import Heard, merge_heard
from services.shared.unit_of_work import UnitOfWork


async def hear_opportunity(data: EventData, envelope: Envelope, unit: UnitOfWork) -> Iterable[Hashable]:
    """Note where an opportunity stands, for the lifecycle of its customer and for references."""
    noted = await note_in_directory(data, envelope, unit)
    state = cast("OpportunityState", data)
    return [*noted, _opportunity_row(state, envelope.sequence), *_opportunity_moment(state, envelope)]


async def hear_grade(data: EventData, envelope: Envelope, _unit: UnitOfWork) -> Iterable[Hashable]:
    """Note the grade of a customer, to show it."""
    decided = cast("GradeDecided", data)
    told = {"grade": decided.grade, "ruleset_version": decided.ruleset_version}
    return [
        _grade_row(decided, envelope.sequence),
        moment(envelope, decided.customer_id, told),
    ]


async def hear_profile(data: EventData, envelope: Envelope, _unit: UnitOfWork) -> Iterable[Hashable]:
    """Note the other values decided about a customer, to show them; other subjects are not ours."""
    profile = cast("ProfileDecided", data)
    return [_profile_row(profile, envelope.sequence)] if profile.subject.kind == "customer" else []


async def hear_follow_up(data: EventData, envelope: Envelope, unit: UnitOfWork) -> Iterable[Hashable]:
    """Note a record of a contact, for the timeline, the last contact and the intent of its customer."""
    moments = await hear_moment(data, envelope, unit)
    return [*moments, _follow_up_row(cast("FollowUpRecorded", data), envelope.sequence)]


async def finish(touched: frozenset[Hashable], unit: UnitOfWork) -> None:
    """Merge all that was heard, then settle what follows for the customers from what moved."""
    heard = [each for each in touched if isinstance(each, Heard)]
    await merge_directory(unit.session, touched)
    await merge_heard(unit.session, heard)
    moved = {each.row["customer_id"] for each in heard if _moves_customer(each)}
    await settle(moved, unit, by=BY_EVENT)


def _moves_customer(heard: Heard) -> bool:
    """Return whether lifecycle or intent may follow: a corrected record may have named an intent before."""
    if heard.table is seen_follow_ups:
        return heard.row["intent"] is not None or heard.row["sequence"] > 1
    return heard.table is seen_opportunities


def _follow_up_row(data: FollowUpRecorded, sequence: int) -> Heard:
    row = {
        "follow_up_id": data.follow_up_id,
        "customer_id": data.customer_id,
        "occurred_at": data.occurred_at,
        "intent": data.intent,
        "deleted": data.deleted,
        "sequence": sequence,
    }
    return Heard(seen_follow_ups, row)


def _opportunity_row(data: OpportunityState, sequence: int) -> Heard:
    row = {
        "opportunity_id": data.opportunity_id,
        "customer_id": data.customer_id,
        "status": data.status,
        "stage": data.stage,
        "closed_at": data.closed_at,
        "sequence": sequence,
    }
    return Heard(seen_opportunities, row)


def _opportunity_moment(data: OpportunityState, envelope: Envelope) -> list[Heard]:
    """Note what happened to an opportunity, for the timeline; that a field changed is none of it."""
    if isinstance(data, OpportunityUpdated):
        return []
    told = {"name": data.name, "stage": data.stage, "status": data.status}
    return [moment(envelope, data.customer_id, told)]


def _grade_row(data: GradeDecided, sequence: int) -> Heard:
    row = {
        "customer_id": data.customer_id,
        "grade": data.grade,
        "ruleset_version": data.ruleset_version,
        "sequence": sequence,
    }
    return Heard(seen_grades, row)


def _profile_row(data: ProfileDecided, sequence: int) -> Heard:
    values = data.values
    every = values.get("every")
    row = {
        "customer_id": data.customer_id,
        "dormant": values.get("dormant"),
        "churn_risk": values.get("churn_risk"),
        "every": None if every is None else str(every),
        "next_touch_at": data.next_touch_at,
        "values": values,
        "ruleset_version": data.ruleset_version,
        "sequence": sequence,
    }
    return Heard(seen_profiles, row)
