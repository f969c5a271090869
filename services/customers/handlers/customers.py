"""Customers: entered, changed, and how far the relation has come."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any
from uuid import UUID

from contracts import customers as events
from contracts.identity import new_id
from contracts.vocabulary import Lifecycle
from services.customers.domain import Customer, customer_number, sequence_in
from services.customers.handlers.history import BY_IMPORT, History, by_follow_up
from services.customers.repository import CUSTOMERS, dealings_of, pass_over_numbers, take_numbers
from services.shared.entries import Entry
from services.shared.instants import check_day, check_past
from services.shared.records import event_from
from services.shared.unit_of_work import UnitOfWork

PAST = ("first_contact_at", "assigned_at", "founded_on", "lifecycle_stated_at")
"""What has taken place, of what is said about a customer."""


@dataclass(frozen=True)
class Contradiction:
    """What an entry states of the relation, and what holds by the records."""

    entry: Entry
    stated: Lifecycle
    holds: Lifecycle


async def put_customers(
    entries: Sequence[Entry], unit: UnitOfWork, *, zone: tzinfo, by: str = BY_IMPORT
) -> list[Contradiction]:
    """Enter new customers, with numbers of the local month, and change those that are there.

    `added_tags` come behind the tags that a customer has. Returns what is stated and the records contradict,
    which changes nothing.
    """
    ids = [entry.record_id for entry in entries if entry.record_id]
    customers = await CUSTOMERS.lock(unit.session, ids)
    dealings = await dealings_of(unit.session, customers)
    new = [entry for entry in entries if entry.record_id not in customers]
    numbers = await _next_numbers(len(new), unit, zone)
    history = History(unit, by=by)
    contradictions = []
    for entry in entries:
        customer = customers.get(entry.record_id) if entry.record_id else None
        if customer is None:
            entry.record_id = new_id()
            values = _with_tags(entry.values, ())
            customer = Customer.enter(entry.record_id, numbers.pop(0), values, now=unit.now)
            customers[entry.record_id] = customer
            _say(events.CustomerCreated, customer, unit)
        else:
            before = copy(customer)
            known = dealings[customer.customer_id]
            stated = customer.statement(entry.values, now=unit.now)
            if stated and known.contradict(stated):
                contradictions.append(
                    Contradiction(entry, stated.lifecycle, known.lifecycle(customer.stated))
                )
            values = _with_tags(entry.values, customer.tags)
            if changed := customer.update(values, dealings=known, now=unit.now):
                history.note_customer(before, customer, changed)
                _say(events.CustomerUpdated, customer, unit, changed=changed)
    await CUSTOMERS.save(unit.session, customers.values())
    await history.save()
    return contradictions


def check_customer_times(values: Mapping[str, object], *, now: datetime, zone: tzinfo) -> None:
    """Raise InFutureError for a first contact or a founding that is yet to come."""
    check_past(values, PAST, now=now)
    check_day(values, "founded_on", now=now, zone=zone)


async def settle(customer_ids: Collection[UUID], unit: UnitOfWork, *, by: str) -> None:
    """Decide again how far the relation with each of these customers has come, and how much it wants to buy.

    Whoever changed the purchases, opportunities or records of contacts it follows from has written them
    before: of two at once the later one sees both. The history names the record that an intent comes from.
    """
    customers = await CUSTOMERS.lock(unit.session, customer_ids)
    dealings = await dealings_of(unit.session, customers)
    history = History(unit, by=by)
    moved = []
    for customer in customers.values():
        before = copy(customer)
        known = dealings[customer.customer_id]
        if changed := customer.update({}, dealings=known, now=unit.now):
            moved.append(customer)
            recorded = known.later_intent(customer.intent_stated_at)
            causes = {"intent": by_follow_up(recorded.follow_up_id)} if recorded else {}
            history.note_customer(before, customer, changed, causes=causes)
            _say(events.CustomerUpdated, customer, unit, changed=changed)
    await CUSTOMERS.save(unit.session, moved)
    await history.save()


async def reserve_numbers(numbers: Iterable[str], unit: UnitOfWork, *, zone: tzinfo) -> None:
    """Give none of these numbers to new customers: a list that came from elsewhere has them."""
    month = _month(unit, zone)
    if listed := [sequence for number in numbers if (sequence := sequence_in(month, number))]:
        await pass_over_numbers(unit.session, month=month, up_to=max(listed))


def _month(unit: UnitOfWork, zone: tzinfo) -> str:
    return unit.now.astimezone(zone).strftime("%Y%m")


async def _next_numbers(count: int, unit: UnitOfWork, zone: tzinfo) -> list[str]:
    if not count:
        return []
    month = _month(unit, zone)
    taken = await take_numbers(unit.session, month=month, count=count)
    return [customer_number(month, sequence) for sequence in taken]


def _with_tags(values: Mapping[str, Any], tags: tuple[str, ...]) -> dict[str, Any]:
    """Return the values with all tags, of which `tags` are those that the customer has."""
    given = dict(values)
    added = given.pop("added_tags", ())
    if added:
        given["tags"] = tuple(dict.fromkeys((*given.get("tags", tags), *added)))
    return given


def _say(event: type[events.CustomerState], customer: Customer, unit: UnitOfWork, **more: object) -> None:
    """Emit an event with the whole state of a customer, and what else the event carries."""
    unit.emit(
        event_from(event, customer, **more),
        record_id=customer.customer_id,
        sequence=customer.version,
        subject=customer.customer_id,
        customer_id=customer.customer_id,
    )
