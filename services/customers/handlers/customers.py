"""Customers: entered, changed, and how far the relation has come."""

from collections.abc import Collection, Mapping, Sequence
from copy import copy
from datetime import datetime, tzinfo
from uuid import UUID

from contracts import customers as events
from contracts.identity import new_id
from contracts.vocabulary import Lifecycle
from services.customers.domain import Customer, Dealings, customer_number
from services.customers.handlers.history import BY_IMPORT, History
from services.customers.repository import CUSTOMERS, dealings_of, take_numbers
from services.shared.entries import Entry
from services.shared.instants import check_day, check_past
from services.shared.records import event_from
from services.shared.unit_of_work import UnitOfWork

PAST = ("first_contact_at", "assigned_at", "founded_on")
"""What has taken place, of what is said about a customer."""


async def put_customers(
    entries: Sequence[Entry], unit: UnitOfWork, *, zone: tzinfo, by: str = BY_IMPORT
) -> None:
    """Enter new customers, with numbers of the local month, and change those that are there.

    Of the words for a lifecycle only "lost" has an effect; the others follow from the records.
    """
    ids = [entry.record_id for entry in entries if entry.record_id]
    customers = await CUSTOMERS.lock(unit.session, ids)
    dealings = await dealings_of(unit.session, customers)
    new = [entry for entry in entries if entry.record_id not in customers]
    numbers = await _next_numbers(len(new), unit, zone)
    history = History(unit, by=by)
    for entry in entries:
        values = dict(entry.values)
        is_lost = _means_lost(values.pop("lifecycle", None))
        customer = customers.get(entry.record_id) if entry.record_id else None
        if customer is None:
            entry.record_id = new_id()
            customer = Customer.enter(entry.record_id, numbers.pop(0), values, now=unit.now, is_lost=is_lost)
            customers[entry.record_id] = customer
            _say(events.CustomerCreated, customer, unit)
        else:
            before = copy(customer)
            known = dealings.get(customer.customer_id, Dealings())
            if changed := customer.update(values, dealings=known, mark_lost=is_lost, now=unit.now):
                history.note_customer(before, customer, changed)
                _say(events.CustomerUpdated, customer, unit, changed=changed)
    await CUSTOMERS.save(unit.session, customers.values())
    await history.save()


def check_customer_times(values: Mapping[str, object], *, now: datetime, zone: tzinfo) -> None:
    """Raise InFutureError for a first contact or a founding that is yet to come."""
    check_past(values, PAST, now=now)
    check_day(values, "founded_on", now=now, zone=zone)


async def settle_lifecycles(customer_ids: Collection[UUID], unit: UnitOfWork, *, by: str) -> None:
    """Decide again how far the relation with each of these customers has come.

    Whoever changed the purchases or opportunities it follows from has written them before: of two at
    once the later one sees both.
    """
    customers = await CUSTOMERS.lock(unit.session, customer_ids)
    dealings = await dealings_of(unit.session, customers)
    history = History(unit, by=by)
    moved = []
    for customer in customers.values():
        before = copy(customer)
        if changed := customer.update({}, dealings=dealings[customer.customer_id], now=unit.now):
            moved.append(customer)
            history.note_customer(before, customer, changed)
            _say(events.CustomerUpdated, customer, unit, changed=changed)
    await CUSTOMERS.save(unit.session, moved)
    await history.save()


async def _next_numbers(count: int, unit: UnitOfWork, zone: tzinfo) -> list[str]:
    if not count:
        return []
    month = unit.now.astimezone(zone).strftime("%Y%m")
    taken = await take_numbers(unit.session, month=month, count=count)
    return [customer_number(month, sequence) for sequence in taken]


def _means_lost(word: object) -> bool:
    return Lifecycle.by_alias().get(str(word).casefold()) is Lifecycle.LOST


def _say(event: type[events.CustomerState], customer: Customer, unit: UnitOfWork, **more: object) -> None:
    """Emit an event with the whole state of a customer, and what else the event carries."""
    unit.emit(
        event_from(event, customer, **more),
        record_id=customer.customer_id,
        sequence=customer.version,
        subject=customer.customer_id,
        customer_id=customer.customer_id,
    )
