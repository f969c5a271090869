"""Customers: entered, changed, and how far the relation has come."""

from collections.abc import Collection
from uuid import UUID

from contracts import customers as events
from services.customers.domain import Customer
from services.customers.repository import CUSTOMERS, dealings_of
from services.shared.records import event_from
from services.shared.unit_of_work import UnitOfWork


async def settle_lifecycles(customer_ids: Collection[UUID], unit: UnitOfWork) -> None:
    """Decide again how far the relation with each of these customers has come.

    Whoever changed the purchases or opportunities it follows from has written them before: of two at
    once the later one sees both.
    """
    customers = await CUSTOMERS.lock(unit.session, customer_ids)
    dealings = await dealings_of(unit.session, customers)
    moved = []
    for customer in customers.values():
        if changed := customer.update({}, dealings=dealings[customer.customer_id], now=unit.now):
            moved.append(customer)
            say_customer(events.CustomerUpdated, customer, unit, changed=changed)
    await CUSTOMERS.save(unit.session, moved)


def say_customer(
    event: type[events.CustomerState], customer: Customer, unit: UnitOfWork, **more: object
) -> None:
    """Emit an event with the whole state of a customer, and what else the event carries."""
    unit.emit(
        event_from(event, customer, **more),
        record_id=customer.customer_id,
        sequence=customer.version,
        subject=customer.customer_id,
        customer_id=customer.customer_id,
    )
