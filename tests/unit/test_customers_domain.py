"""What a customer is, and how far the relation with it has come."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.identity import new_id
from contracts.vocabulary import Intent, Lifecycle
from services.customers.domain import Contact, Customer, customer_number
from services.customers.domain.relation import Dealings, RecordedIntent, StatedLifecycle

NOW = datetime(2025, 3, 3, 1, tzinfo=UTC)
LATER = NOW + timedelta(days=10)
ANNA, BO = UUID(int=1), UUID(int=2)
NOTHING = Dealings()

instants = st.none() | st.integers(min_value=-1000, max_value=1000).map(lambda days: NOW + timedelta(days))


def a_customer(**values: object) -> Customer:
    """A customer without an owner, entered at NOW."""
    customer = Customer(
        customer_id=new_id(),
        customer_number="CUS202503001",
        name="远山科技有限公司",
        natural_key="远山科技有限公司",
        created_at=NOW,
        updated_at=NOW,
    )
    for name, value in values.items():
        setattr(customer, name, value)
    return customer


def test_a_customer_number_is_the_month_and_three_digits_or_more() -> None:
    """R029, K9."""
    assert [customer_number("202405", n) for n in (1, 12, 1234)] == [
        "CUS202405001",
        "CUS202405012",
        "CUS2024051234",
    ]


SIGNING = Dealings(signing=True, has_signed=True)
FORMER_SIGNING = Dealings(has_signed=True)


def stated(word: Lifecycle, at: datetime = NOW) -> StatedLifecycle:
    return StatedLifecycle(word, at)


@pytest.mark.parametrize(
    ("dealings", "statement", "expected"),
    [
        (NOTHING, None, Lifecycle.PROSPECT),
        (SIGNING, None, Lifecycle.SIGNING),
        (FORMER_SIGNING, None, Lifecycle.PROSPECT),
        (Dealings(purchased_at=NOW), None, Lifecycle.CUSTOMER),
        (Dealings(won_at=NOW), None, Lifecycle.CUSTOMER),
        (Dealings(won_at=NOW, signing=True), None, Lifecycle.CUSTOMER),
        (NOTHING, stated(Lifecycle.LOST), Lifecycle.LOST),
        (SIGNING, stated(Lifecycle.LOST), Lifecycle.LOST),
        (Dealings(purchased_at=NOW), stated(Lifecycle.LOST), Lifecycle.LOST),
        (Dealings(purchased_at=NOW), stated(Lifecycle.LOST, LATER), Lifecycle.LOST),
        (Dealings(purchased_at=LATER), stated(Lifecycle.LOST), Lifecycle.CUSTOMER),
        (Dealings(won_at=LATER), stated(Lifecycle.LOST), Lifecycle.CUSTOMER),
        (
            Dealings(purchased_at=LATER, won_at=NOW - timedelta(days=1)),
            stated(Lifecycle.LOST),
            Lifecycle.CUSTOMER,
        ),
        (NOTHING, stated(Lifecycle.CUSTOMER), Lifecycle.CUSTOMER),
        (SIGNING, stated(Lifecycle.CUSTOMER), Lifecycle.CUSTOMER),
        (NOTHING, stated(Lifecycle.SIGNING), Lifecycle.SIGNING),
        (FORMER_SIGNING, stated(Lifecycle.SIGNING), Lifecycle.PROSPECT),
        (Dealings(purchased_at=NOW), stated(Lifecycle.SIGNING, LATER), Lifecycle.CUSTOMER),
        (NOTHING, stated(Lifecycle.PROSPECT), Lifecycle.PROSPECT),
        (SIGNING, stated(Lifecycle.PROSPECT), Lifecycle.SIGNING),
        (Dealings(purchased_at=NOW), stated(Lifecycle.PROSPECT, LATER), Lifecycle.CUSTOMER),
    ],
)
def test_the_lifecycle_follows_from_the_records_and_from_what_is_stated(
    dealings: Dealings, statement: StatedLifecycle | None, expected: Lifecycle
) -> None:
    """R039, R042, K10: lost before customer before signing before prospect."""
    assert expected == dealings.lifecycle(statement)


@given(purchased_at=instants, won_at=instants, signing=st.booleans(), lost_at=instants)
def test_a_customer_is_lost_exactly_while_nothing_was_bought_after_the_loss(
    *,
    purchased_at: datetime | None,
    won_at: datetime | None,
    signing: bool,
    lost_at: datetime | None,
) -> None:
    lost_since = stated(Lifecycle.LOST, lost_at) if lost_at else None
    lifecycle = Dealings(purchased_at, won_at, signing).lifecycle(lost_since)
    bought = [instant for instant in (purchased_at, won_at) if instant]
    lost = lost_at is not None and all(instant <= lost_at for instant in bought)
    assert lost == (lifecycle is Lifecycle.LOST)
    assert (bool(bought) and not lost) == (lifecycle is Lifecycle.CUSTOMER)


def test_the_first_owner_is_assigned_now_and_later_owners_do_not_move_that() -> None:
    customer = a_customer()
    assert customer.update({"owner_id": ANNA}, dealings=NOTHING, now=NOW) == ("owner_id", "assigned_at")
    assert customer.update({"owner_id": BO}, dealings=NOTHING, now=LATER) == ("owner_id",)
    assert (customer.owner_id, customer.assigned_at) == (BO, NOW)


def test_a_source_may_say_when_the_owner_was_assigned() -> None:
    customer = a_customer()
    customer.update({"owner_id": ANNA, "assigned_at": NOW - timedelta(days=90)}, dealings=NOTHING, now=NOW)
    assert NOW - timedelta(days=90) == customer.assigned_at


def test_without_an_owner_nothing_is_assigned() -> None:
    customer = a_customer()
    customer.update({"assigned_at": NOW}, dealings=NOTHING, now=NOW)
    assert customer.assigned_at is None


def test_a_customer_that_loses_its_owner_keeps_the_instant_of_the_first_one() -> None:
    customer = a_customer(owner_id=ANNA, assigned_at=NOW)
    customer.update({"owner_id": None}, dealings=NOTHING, now=LATER)
    assert customer.assigned_at == NOW


def test_the_same_values_change_nothing() -> None:
    customer = a_customer(intent=Intent.HIGH)
    assert customer.update({"intent": Intent.HIGH, "name": customer.name}, dealings=NOTHING, now=LATER) == ()
    assert (customer.version, customer.updated_at) == (1, NOW)


def test_a_change_counts_the_version_up_once() -> None:
    customer = a_customer()
    changed = customer.update({"intent": Intent.LOW, "need_clear": True}, dealings=NOTHING, now=LATER)
    assert changed == ("intent", "need_clear")
    assert (customer.version, customer.updated_at) == (2, LATER)


def test_a_customer_marked_as_lost_stays_so_until_it_buys_again() -> None:
    customer = a_customer()
    bought = Dealings(purchased_at=NOW - timedelta(days=400))
    assert customer.update({"lifecycle": Lifecycle.LOST}, dealings=bought, now=NOW) == ("lifecycle",)
    assert customer.update({}, dealings=bought, now=LATER) == ()
    assert customer.update({}, dealings=Dealings(purchased_at=LATER), now=LATER) == ("lifecycle",)
    assert Lifecycle.CUSTOMER is customer.lifecycle


def test_a_contact_counts_its_changes() -> None:
    contact = Contact(contact_id=new_id(), customer_id=new_id(), name="刘七", created_at=NOW, updated_at=NOW)
    assert contact.update({"title": "采购经理"}, now=LATER) == ("title",)
    assert contact.update({"title": "采购经理"}, now=LATER) == ()
    assert contact.sequence == 2


def test_a_new_customer_is_a_prospect_in_its_first_version_and_has_an_owner_since_now() -> None:
    values = {"name": "远山", "natural_key": "远山", "owner_id": ANNA, "tags": ("重点客户",)}
    customer = Customer.enter(new_id(), "CUS202503001", values, now=NOW)
    assert (customer.version, customer.lifecycle, customer.assigned_at) == (1, Lifecycle.PROSPECT, NOW)
    assert customer.tags == ("重点客户",)


def test_a_new_customer_may_be_lost_already() -> None:
    values = {"name": "远山", "natural_key": "远山", "lifecycle": Lifecycle.LOST}
    customer = Customer.enter(new_id(), "CUS202503001", values, now=NOW)
    assert (customer.version, customer.lifecycle, customer.stated) == (
        1,
        Lifecycle.LOST,
        stated(Lifecycle.LOST),
    )


def test_a_statement_holds_from_the_instant_that_a_list_gives() -> None:
    """A loss before the latest purchase is none, so the date of the statement counts."""
    customer = a_customer()
    values = {"lifecycle": Lifecycle.LOST, "lifecycle_stated_at": NOW - timedelta(days=30)}
    customer.update(values, dealings=Dealings(purchased_at=NOW - timedelta(days=10)), now=NOW)
    assert (customer.lifecycle, customer.stated) == (Lifecycle.CUSTOMER, None)
    customer.update(values, dealings=Dealings(purchased_at=NOW - timedelta(days=40)), now=NOW)
    assert (customer.lifecycle, customer.lifecycle_stated_at) == (
        Lifecycle.LOST,
        NOW - timedelta(days=30),
    )


def test_what_was_stated_before_and_still_holds_keeps_its_instant() -> None:
    customer = a_customer()
    for now in (NOW, LATER):
        customer.update({"lifecycle": Lifecycle.LOST}, dealings=NOTHING, now=now)
    assert customer.stated == stated(Lifecycle.LOST)


def test_a_statement_that_the_records_contradict_leaves_the_earlier_one() -> None:
    customer = a_customer()
    customer.update({"lifecycle": Lifecycle.CUSTOMER}, dealings=NOTHING, now=NOW)
    assert customer.update({"lifecycle": Lifecycle.SIGNING}, dealings=FORMER_SIGNING, now=LATER) == ()
    assert customer.stated == stated(Lifecycle.CUSTOMER)


def recorded(intent: Intent, at: datetime) -> Dealings:
    return Dealings(intent=RecordedIntent(intent, at, new_id()))


def test_the_intent_is_that_of_the_latest_record_unless_one_was_stated_later() -> None:
    """R118, R120: people and lists can overrule what a contact showed."""
    customer = a_customer()
    customer.update({"intent": Intent.HIGH}, dealings=NOTHING, now=NOW)
    earlier = recorded(Intent.LOW, NOW - timedelta(days=1))
    assert customer.update({}, dealings=earlier, now=LATER) == ()
    assert customer.update({}, dealings=recorded(Intent.LOW, LATER), now=LATER) == ("intent",)
    assert customer.update({}, dealings=NOTHING, now=LATER) == ("intent",)
    assert customer.intent is Intent.HIGH


@given(
    steps=st.permutations(
        [("stated", Intent.HIGH, 2), ("recorded", Intent.LOW, 1), ("recorded", Intent.MID, 3)]
    )
)
def test_the_order_in_which_records_arrive_does_not_matter(steps: list[tuple[str, Intent, int]]) -> None:
    """A4: what follows is computed from all records that count."""
    customer, arrived = a_customer(), list[RecordedIntent]()
    for door, intent, day in steps:
        at = NOW + timedelta(days=day)
        if door == "recorded":
            arrived.append(RecordedIntent(intent, at, new_id()))
        latest = max(arrived, key=lambda record: record.at, default=None)
        values = {"intent": intent} if door == "stated" else {}
        customer.update(values, dealings=Dealings(intent=latest), now=at)
    assert customer.intent is Intent.MID
