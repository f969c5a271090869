"""Facts of a subject at one instant, computed from the records of its customer (A4).

Facts that move with time by themselves say until when they stay as they are.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from uuid import UUID

from contracts.customers import CustomerState
from contracts.followups import FollowUpRecorded
from contracts.money import MINOR_UNITS, Money
from contracts.opportunities import OpportunityState
from contracts.vocabulary import OpportunityStatus, PlanStatus, PurchaseKind
from services.rules.domain.records import CustomerRecords
from services.rules.ruleset.definition import Fact
from services.shared.business_time import Calendar, Duration

_YEAR = Duration.parse("12mo")
_QUARTER = Duration.parse("1q")
_QUARTER_BEFORE = Duration.parse("-1q")
_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True)
class Snapshot:
    """The facts of one subject; they hold until `valid_until` (None: for ever) if no record changes."""

    facts: Mapping[str, Fact]
    valid_until: datetime | None


@dataclass(frozen=True)
class _Amount:
    at: datetime
    minor: int


@lru_cache(8192)
def _year_after(calendar: Calendar, instant: datetime) -> datetime:
    return calendar.add(instant, _YEAR)


@lru_cache(64)
def _quarters_around(calendar: Calendar, now: datetime) -> tuple[datetime, datetime, datetime, datetime]:
    """Where the last two closed quarters begin, where the running one begins, and where that ends."""
    start = calendar.quarter_start(now)
    before = calendar.add(start, _QUARTER_BEFORE)
    return calendar.add(before, _QUARTER_BEFORE), before, start, calendar.add(start, _QUARTER)


def _earliest(moments: Iterable[datetime | None]) -> datetime | None:
    return min((moment for moment in moments if moment is not None), default=None)


def _latest_by(
    records: Iterable[FollowUpRecorded], now: datetime, holds: Callable[[FollowUpRecorded], bool]
) -> datetime | None:
    return max((r.occurred_at for r in records if r.occurred_at <= now and holds(r)), default=None)


def _turnover(records: CustomerRecords) -> list[_Amount]:
    """Purchases, returns below zero, and won opportunities that no purchase names."""
    named = {p.opportunity_id for p in records.purchases if p.kind is PurchaseKind.PURCHASE}
    bought = [_Amount(at=p.purchased_at, minor=p.amount.minor) for p in records.purchases]
    won = [
        _Amount(at=o.closed_at, minor=o.amount.minor)
        for o in records.opportunities.values()
        if o.status is OpportunityStatus.WON and o.closed_at and o.amount and o.opportunity_id not in named
    ]
    return bought + won


def _annual_amount(
    turnover: Sequence[_Amount], now: datetime, calendar: Calendar
) -> tuple[int | None, datetime | None]:
    """A record at t counts while t <= now < t + 12mo; absent only when there never was one."""
    past = [(amount, _year_after(calendar, amount.at)) for amount in turnover if amount.at <= now]
    counting = [(amount, ends) for amount, ends in past if now < ends]
    changes = [ends for _, ends in counting] + [amount.at for amount in turnover if amount.at > now]
    total = max(0, sum(amount.minor for amount, _ in counting)) if past else None
    return total, _earliest(changes)


def annual_worth(records: CustomerRecords, snapshot: Snapshot) -> Money | None:
    """The annual amount of a customer as money, in the one currency of its records; None without any."""
    minor = snapshot.facts["annual_amount"]
    amounts = [purchase.amount for purchase in records.purchases]
    amounts += [opportunity.amount for opportunity in records.opportunities.values() if opportunity.amount]
    if not isinstance(minor, int) or not amounts:
        return None
    return Money(amount=Decimal(minor) / MINOR_UNITS, currency=amounts[0].currency)


def _quarters(
    records: CustomerRecords, now: datetime, calendar: Calendar
) -> tuple[dict[str, Fact], datetime | None]:
    """Purchases of the last two closed quarters, less what was given back in them, by the local calendar."""
    before, begins, closed_at, ends = _quarters_around(calendar, now)

    def bought(start: datetime, end: datetime) -> int:
        return max(0, sum(p.amount.minor for p in records.purchases if start <= p.purchased_at < end))

    facts: dict[str, Fact] = {
        "purchase_q": bought(begins, closed_at),
        "purchase_prev_q": bought(before, begins),
        "quarter_closed_at": closed_at if records.purchases else None,
    }
    return facts, ends if records.purchases else None


def _unrecorded(
    records: CustomerRecords, now: datetime, calendar: Calendar
) -> tuple[datetime | None, datetime | None]:
    """The oldest contact that nobody has written down, and when the next one will have taken place.

    A contact that was told of is written down by the record that names it, a planned one that was not told
    of by any record since its local day.
    """
    recorded = {record.contact_held_id for record in records.follow_ups}
    last_record = _latest_by(records.follow_ups, now, lambda _: True)

    def is_open(at: datetime) -> bool:
        return last_record is None or last_record < calendar.start_of_day(calendar.local_date(at))

    held = [c.held_at for c in records.contacts_held if c.contact_held_id not in recorded]
    planned = [
        milestone.at
        for plan in records.plans.values()
        if plan.status is not PlanStatus.DONE
        for milestone in plan.milestones
        if milestone.at > now or is_open(milestone.at)
    ]
    moments = held + planned
    return _earliest(at for at in moments if at <= now), _earliest(at for at in moments if at > now)


def _next_step_due(records: CustomerRecords, now: datetime, calendar: Calendar) -> datetime | None:
    """The earliest next step that is still to do.

    A later contact settles it when it takes place on the local day that it is due, or after, or when its
    record says done. A day without a time is due at its end.
    """
    past = [record for record in records.follow_ups if record.occurred_at <= now]
    last = max((record.occurred_at for record in past), default=now)
    last_done = max((r.occurred_at for r in past if r.status is PlanStatus.DONE), default=None)

    def is_to_do(record: FollowUpRecorded, due: datetime) -> bool:
        if last_done and record.occurred_at <= last_done:
            return False
        day = calendar.start_of_day(calendar.local_date(due - _INSTANT))
        return last == record.occurred_at or last < day

    return _earliest(r.next_step_due for r in past if r.next_step_due and is_to_do(r, r.next_step_due))


def _last_objection(records: CustomerRecords, now: datetime) -> str | None:
    """The objection raised at the last contact; one that was answered is not raised again."""
    past = [record for record in records.follow_ups if record.occurred_at <= now]
    last = max(past, key=lambda record: (record.occurred_at, record.follow_up_id), default=None)
    return last.objection.value if last and last.objection else None


def _entered(customer: CustomerState) -> dict[str, Fact]:
    return {
        "customer_id": str(customer.customer_id),
        "owner_id": str(customer.owner_id) if customer.owner_id else None,
        "lifecycle": customer.lifecycle.value,
        "benchmark": customer.benchmark,
        "short_chain": customer.short_chain,
        "intent": customer.intent.value if customer.intent else None,
        "need_clear": customer.need_clear,
        "need_urgent": customer.need_urgent,
        "need_important": customer.need_important,
        "potential": customer.potential.value if customer.potential else None,
        "urgency": customer.urgency.value if customer.urgency else None,
        "tags": frozenset(customer.tags),
        "assigned_at": customer.assigned_at,
        "first_contact_at": customer.first_contact_at,
    }


def customer_facts(
    records: CustomerRecords, customer: CustomerState, *, now: datetime, calendar: Calendar
) -> Snapshot:
    """The facts of a customer at an instant."""
    annual, annual_until = _annual_amount(_turnover(records), now, calendar)
    quarters, quarters_until = _quarters(records, now, calendar)
    unrecorded, unrecorded_until = _unrecorded(records, now, calendar)
    next_contact = _earliest(r.occurred_at for r in records.follow_ups if r.occurred_at > now)
    facts: dict[str, Fact] = {
        **_entered(customer),
        **quarters,
        "annual_amount": annual,
        "last_contact_at": _latest_by(records.follow_ups, now, lambda _: True),
        "last_response_at": _latest_by(records.follow_ups, now, lambda r: r.responded or r.need_raised),
        "last_need_at": _latest_by(records.follow_ups, now, lambda r: r.need_raised),
        "unrecorded_since": unrecorded,
        "next_step_due_at": _next_step_due(records, now, calendar),
        "last_objection": _last_objection(records, now),
        "open_opportunities": sum(o.status is OpportunityStatus.OPEN for o in records.opportunities.values()),
    }
    return Snapshot(facts, _earliest((annual_until, quarters_until, unrecorded_until, next_contact)))


def _objection(episode: Sequence[FollowUpRecorded]) -> str | None:
    raised = [record for record in episode if record.objection]
    latest = max(raised, key=lambda record: record.occurred_at, default=None)
    return latest.objection.value if latest and latest.objection else None


def opportunity_facts(records: CustomerRecords, opportunity: OpportunityState, *, now: datetime) -> Snapshot:
    """The facts of an opportunity at an instant; what was sent or objected counts per stage episode."""
    about = records.follow_ups_by_opportunity.get(opportunity.opportunity_id, ())
    past = [record for record in about if record.occurred_at <= now]
    episode = [record for record in past if record.occurred_at >= opportunity.stage_entered_at]
    facts: dict[str, Fact] = {
        "opportunity_id": str(opportunity.opportunity_id),
        "owner_id": str(opportunity.owner_id) if opportunity.owner_id else None,
        "status": opportunity.status.value,
        "stage": opportunity.stage.value,
        "stage_entered_at": opportunity.stage_entered_at,
        "progressed_at": max((opportunity.progressed_at, *(record.occurred_at for record in past))),
        "updated_at": opportunity.updated_at,
        "expected_amount": opportunity.expected_amount.minor if opportunity.expected_amount else None,
        "held_until": opportunity.held_until,
        "materials_sent": any(record.materials_sent for record in episode),
        "proposal_sent": any(record.proposal_sent for record in episode),
        "demo_booked": any(record.demo_booked for record in episode),
        "objection": _objection(episode),
    }
    return Snapshot(facts, _earliest(r.occurred_at for r in about if r.occurred_at > now))


def plan_facts(records: CustomerRecords, plan_id: UUID) -> Snapshot:
    """The facts of a follow-up plan."""
    plan = records.plans[plan_id]
    facts: dict[str, Fact] = {
        "plan_id": str(plan.plan_id),
        "owner_id": str(plan.owner_id) if plan.owner_id else None,
        "assignee_id": str(plan.assignee_id) if plan.assignee_id else None,
        "status": plan.status.value,
        "has_outcome": plan.has_outcome,
        "due_at": plan.due_at,
    }
    return Snapshot(facts, None)
