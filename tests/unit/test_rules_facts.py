"""Facts are computed from the records of a customer, and say until when they hold (A4)."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from contracts.events import EventData
from contracts.followups import Milestone, PlanChanged
from contracts.identity import new_id
from contracts.money import Money
from contracts.vocabulary import Objection, OpportunityStatus
from services.rules.domain.facts import Snapshot, customer_facts, opportunity_facts
from services.rules.domain.records import CustomerRecords
from services.shared.business_time import Calendar
from tests import builders
from tests.builders import NOW

CALENDAR = Calendar.default()
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def _facts(*records: EventData, now: datetime = NOW) -> Snapshot:
    known = CustomerRecords.of(records)
    assert known.customer
    return customer_facts(known, known.customer, now=now, calendar=CALENDAR)


def test_a_customer_without_any_purchase_has_no_annual_amount() -> None:
    snapshot = _facts(builders.customer())

    assert snapshot.facts["annual_amount"] is None
    assert snapshot.valid_until is None


def test_a_purchase_counts_for_twelve_months_to_the_instant() -> None:
    customer = builders.customer()
    bought = builders.purchase(customer.customer_id, "120000", datetime(2024, 7, 1, 2, tzinfo=UTC))
    ends = datetime(2025, 7, 1, 2, tzinfo=UTC)

    before = _facts(customer, bought, now=ends - timedelta(microseconds=1))
    after = _facts(customer, bought, now=ends)

    assert (before.facts["annual_amount"], before.valid_until) == (12_000_000, ends)
    assert after.facts["annual_amount"] == 0


def test_a_won_opportunity_counts_unless_a_purchase_names_it() -> None:
    customer = builders.customer()
    won = builders.opportunity(
        customer.customer_id,
        status=OpportunityStatus.WON,
        closed_at=NOW - DAY,
        amount=Money.model_validate({"amount": "300000"}),
    )
    bought = builders.purchase(customer.customer_id, "280000", NOW - DAY, opportunity_id=won.opportunity_id)

    assert _facts(customer, won).facts["annual_amount"] == 30_000_000
    assert _facts(customer, won, bought).facts["annual_amount"] == 28_000_000


def test_what_is_given_back_reduces_the_amounts_and_never_below_nothing() -> None:
    """A return of what was bought before the first record, or in an earlier quarter, is no debt."""
    customer = builders.customer()
    bought = builders.purchase(customer.customer_id, "600000", NOW - 100 * DAY)
    back = builders.purchase(customer.customer_id, "-400000", NOW - 95 * DAY, kind="return")
    more = builders.purchase(customer.customer_id, "-300000", NOW - 92 * DAY, kind="return")

    assert _facts(customer, bought, back).facts["annual_amount"] == 20_000_000
    assert _facts(customer, bought, back).facts["purchase_q"] == 20_000_000
    emptied = _facts(customer, bought, back, more).facts
    assert (emptied["annual_amount"], emptied["purchase_q"]) == (0, 0)


def test_a_return_does_not_stand_for_the_opportunity_that_it_names() -> None:
    customer = builders.customer()
    won = builders.opportunity(
        customer.customer_id,
        status=OpportunityStatus.WON,
        closed_at=NOW - DAY,
        amount=Money.model_validate({"amount": "600000"}),
    )
    named = {"opportunity_id": won.opportunity_id, "kind": "return"}
    back = builders.purchase(customer.customer_id, "-400000", NOW - DAY, **named)

    assert _facts(customer, won, back).facts["annual_amount"] == 20_000_000


def test_the_last_contact_is_the_latest_record_that_is_not_in_the_future() -> None:
    customer = builders.customer()
    past = builders.follow_up(customer.customer_id, NOW - 3 * DAY, responded=True)
    future = builders.follow_up(customer.customer_id, NOW + DAY)

    snapshot = _facts(customer, past, future)

    assert snapshot.facts["last_contact_at"] == NOW - 3 * DAY
    assert snapshot.facts["last_response_at"] == NOW - 3 * DAY
    assert snapshot.valid_until == NOW + DAY


def test_a_need_counts_as_a_response() -> None:
    customer = builders.customer()
    need = builders.follow_up(customer.customer_id, NOW - DAY, need_raised=True)

    facts = _facts(customer, need).facts

    assert facts["last_response_at"] == facts["last_need_at"] == NOW - DAY


def test_a_passed_milestone_without_a_record_is_an_unrecorded_contact() -> None:
    customer = builders.customer()
    plan = PlanChanged(
        plan_id=new_id(), customer_id=customer.customer_id, milestones=(Milestone(at=NOW - 2 * DAY),)
    )
    record = builders.follow_up(customer.customer_id, NOW - 2 * DAY + timedelta(hours=1))

    assert _facts(customer, plan).facts["unrecorded_since"] == NOW - 2 * DAY
    assert _facts(customer, plan, record).facts["unrecorded_since"] is None


def test_a_contact_that_took_place_is_unrecorded_until_a_record_names_it() -> None:
    """R110, R111: what a telephone or a calendar tells of has to be written down."""
    customer = builders.customer()
    held, earlier = (builders.contact_held(customer.customer_id, NOW - hours * HOUR) for hours in (2, 5))
    unnamed = builders.follow_up(customer.customer_id, NOW - HOUR)
    of_earlier = unnamed.model_copy(update={"contact_held_id": earlier.contact_held_id})
    deleted = of_earlier.model_copy(update={"deleted": True})
    of_both = [of_earlier, builders.follow_up(customer.customer_id, contact_held_id=held.contact_held_id)]

    def since(*records: EventData) -> object:
        return _facts(customer, held, earlier, *records).facts["unrecorded_since"]

    assert since() == since(unnamed) == since(deleted) == earlier.held_at
    assert since(of_earlier) == held.held_at
    assert since(*of_both) is None


def test_a_contact_that_is_yet_to_take_place_is_unrecorded_from_then_on() -> None:
    customer = builders.customer()
    coming = builders.contact_held(customer.customer_id, NOW + DAY)

    snapshot = _facts(customer, coming)

    assert (snapshot.facts["unrecorded_since"], snapshot.valid_until) == (None, coming.held_at)


def test_a_record_that_was_deleted_is_no_contact() -> None:
    customer = builders.customer()
    deleted = builders.follow_up(customer.customer_id, NOW - DAY, deleted=True)

    assert _facts(customer, deleted).facts["last_contact_at"] is None


def test_a_contact_that_is_yet_to_come_records_no_missed_milestone() -> None:
    customer = builders.customer()
    plan = PlanChanged(
        plan_id=new_id(), customer_id=customer.customer_id, milestones=(Milestone(at=NOW - 2 * DAY),)
    )
    planned = builders.follow_up(customer.customer_id, NOW + DAY)

    assert _facts(customer, plan, planned).facts["unrecorded_since"] == NOW - 2 * DAY


def test_closed_quarters_are_those_of_the_local_calendar() -> None:
    customer = builders.customer()
    last = builders.purchase(customer.customer_id, "100", datetime(2025, 3, 31, 15, 59, tzinfo=UTC))
    running = builders.purchase(customer.customer_id, "900", datetime(2025, 3, 31, 16, tzinfo=UTC))

    facts = _facts(customer, last, running).facts

    assert facts["purchase_q"] == 10_000
    assert facts["quarter_closed_at"] == datetime(2025, 3, 31, 16, tzinfo=UTC)


def test_the_next_step_is_the_earliest_one_promised() -> None:
    """R118, R120."""
    customer = builders.customer()
    later = builders.follow_up(customer.customer_id, NOW - 2 * DAY, next_step_due=NOW + 9 * DAY)
    sooner = builders.follow_up(customer.customer_id, NOW - DAY, next_step_due=NOW + 3 * DAY)

    assert _facts(customer).facts["next_step_due_at"] is None
    assert _facts(customer, later, sooner).facts["next_step_due_at"] == NOW + 3 * DAY


def test_a_next_step_is_to_do_until_its_record_is_done_or_deleted() -> None:
    """R203: that the customer's answer is awaited does not settle what we promised."""
    customer = builders.customer()
    promise = {"next_step_due": NOW - DAY}
    known = [
        _facts(customer, builders.follow_up(customer.customer_id, NOW - 5 * DAY, **promise, **more)).facts
        for more in ({}, {"status": "open"}, {"status": "waiting_customer"}, {"status": "done"})
    ]
    deleted = builders.follow_up(customer.customer_id, NOW - 5 * DAY, deleted=True, **promise)

    assert [facts["next_step_due_at"] for facts in known] == [NOW - DAY, NOW - DAY, NOW - DAY, None]
    assert _facts(customer, deleted).facts["next_step_due_at"] is None


def test_a_contact_on_the_day_that_a_next_step_is_due_settles_it() -> None:
    """An earlier one does so only if its record is done; a day without a time is due at its end."""
    customer = builders.customer()
    end_of_day = CALENDAR.start_of_day(CALENDAR.local_date(NOW))
    promise = builders.follow_up(customer.customer_id, NOW - 9 * DAY, next_step_due=end_of_day)

    def after(at: datetime, **more: object) -> object:
        contact = builders.follow_up(customer.customer_id, at, **more)
        return _facts(customer, promise, contact).facts["next_step_due_at"]

    assert after(end_of_day - DAY) is None
    assert after(NOW) is None
    assert after(end_of_day - DAY - HOUR) == end_of_day
    assert after(end_of_day - DAY - HOUR, status="waiting_customer") == end_of_day
    assert after(end_of_day - DAY - HOUR, status="done") is None


def test_an_objection_stands_until_the_next_contact() -> None:
    """R118."""
    customer = builders.customer()
    raised = builders.follow_up(customer.customer_id, NOW - 2 * DAY, objection=Objection.PRICE)
    answered = builders.follow_up(customer.customer_id, NOW - DAY)

    assert _facts(customer).facts["last_objection"] is None
    assert _facts(customer, raised).facts["last_objection"] == "price"
    assert _facts(customer, raised, answered).facts["last_objection"] is None


def test_what_is_promised_for_the_same_day_is_not_settled_by_its_own_contact() -> None:
    customer = builders.customer()
    promise = builders.follow_up(customer.customer_id, NOW - HOUR, next_step_due=NOW + HOUR)

    assert _facts(customer, promise).facts["next_step_due_at"] == NOW + HOUR


def test_a_recorded_contact_about_an_opportunity_is_progress() -> None:
    customer = builders.customer()
    stalled = builders.opportunity(
        customer.customer_id, stage_entered_at=NOW - 40 * DAY, progressed_at=NOW - 40 * DAY
    )
    contact = builders.follow_up(
        customer.customer_id,
        NOW - 2 * DAY,
        opportunity_id=stalled.opportunity_id,
        objection=Objection.PRICE,
        proposal_sent=True,
    )

    facts = opportunity_facts(CustomerRecords.of([customer, stalled, contact]), stalled, now=NOW).facts

    assert facts["progressed_at"] == NOW - 2 * DAY
    assert (facts["objection"], facts["proposal_sent"], facts["demo_booked"]) == ("price", True, False)


def test_what_was_sent_in_an_earlier_stage_does_not_count_in_this_one() -> None:
    customer = builders.customer()
    moved = builders.opportunity(customer.customer_id, stage_entered_at=NOW - DAY, progressed_at=NOW - DAY)
    earlier = builders.follow_up(
        customer.customer_id, NOW - 9 * DAY, opportunity_id=moved.opportunity_id, materials_sent=True
    )

    facts = opportunity_facts(CustomerRecords.of([customer, moved, earlier]), moved, now=NOW).facts

    assert facts["materials_sent"] is False


_OFFSETS = st.integers(min_value=-900, max_value=60)


@given(
    bought=st.lists(st.tuples(_OFFSETS, st.integers(min_value=1, max_value=10**8)), max_size=6),
    contacted=st.lists(_OFFSETS, max_size=6),
    probe=st.floats(min_value=0, max_value=1, exclude_max=True),
)
def test_derived_facts_do_not_change_before_valid_until(
    bought: list[tuple[int, int]], contacted: list[int], probe: float
) -> None:
    customer = builders.customer()
    records: list[EventData] = [
        builders.purchase(customer.customer_id, str(amount), NOW + days * DAY) for days, amount in bought
    ]
    records += [builders.follow_up(customer.customer_id, NOW + days * DAY) for days in contacted]

    now = _facts(customer, *records)
    until = now.valid_until or NOW + 1000 * DAY
    moment = min(NOW + (until - NOW) * probe, until - timedelta(microseconds=1))
    later = _facts(customer, *records, now=moment)

    assert now.valid_until is None or now.valid_until > NOW
    assert later.facts == now.facts
