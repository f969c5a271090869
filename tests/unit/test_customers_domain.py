"""What a customer is, and how far the relation with it has come."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.identity import new_id
from contracts.vocabulary import Intent, Lifecycle
from services.customers.domain import Contact, Customer, Dealings, customer_number

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


@pytest.mark.parametrize(
    ("dealings", "lost_at", "expected"),
    [
        (NOTHING, None, Lifecycle.PROSPECT),
        (Dealings(signing=True), None, Lifecycle.SIGNING),
        (Dealings(purchased_at=NOW), None, Lifecycle.CUSTOMER),
        (Dealings(won_at=NOW), None, Lifecycle.CUSTOMER),
        (Dealings(won_at=NOW, signing=True), None, Lifecycle.CUSTOMER),
        (NOTHING, NOW, Lifecycle.LOST),
        (Dealings(signing=True), NOW, Lifecycle.LOST),
        (Dealings(purchased_at=NOW), NOW, Lifecycle.LOST),
        (Dealings(purchased_at=NOW), LATER, Lifecycle.LOST),
        (Dealings(purchased_at=LATER), NOW, Lifecycle.CUSTOMER),
        (Dealings(won_at=LATER), NOW, Lifecycle.CUSTOMER),
        (Dealings(purchased_at=LATER, won_at=NOW - timedelta(days=1)), NOW, Lifecycle.CUSTOMER),
    ],
)
def test_the_lifecycle_follows_from_the_records(
    dealings: Dealings, lost_at: datetime | None, expected: Lifecycle
) -> None:
    """R039, K10: lost before customer before signing before prospect."""
    assert expected == dealings.lifecycle(lost_at=lost_at)


@given(purchased_at=instants, won_at=instants, signing=st.booleans(), lost_at=instants)
def test_a_customer_is_lost_exactly_while_nothing_was_bought_after_the_loss(
    *,
    purchased_at: datetime | None,
    won_at: datetime | None,
    signing: bool,
    lost_at: datetime | None,
) -> None:
    lifecycle = Dealings(purchased_at, won_at, signing).lifecycle(lost_at=lost_at)
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
    assert customer.update({}, dealings=bought, mark_lost=True, now=NOW) == ("lost_at", "lifecycle")
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
    customer = Customer.enter(
        new_id(), "CUS202503001", {"name": "远山", "natural_key": "远山"}, now=NOW, is_lost=True
    )
    assert (customer.version, customer.lifecycle, customer.lost_at) == (1, Lifecycle.LOST, NOW)
