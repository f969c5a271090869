"""Customers as people enter and change them, one at a time."""

from typing import Any
from uuid import UUID

from services.customers.domain import (
    Customer,
    DuplicateCustomerError,
    UnknownCustomerError,
    check_complete,
    check_still_complete,
)
from services.customers.domain.relation import ContradictedLifecycleError
from services.customers.handlers.contacts import enter_contact
from services.customers.handlers.customers import check_customer_times, put_customers
from services.customers.handlers.history import BY_HAND
from services.customers.repository import CUSTOMERS, ContactRecords
from services.shared.currency import check_currency
from services.shared.entries import Entry
from services.shared.imports.rows import Locality
from services.shared.imports.text import normalise_name
from services.shared.preconditions import ALWAYS, Precondition
from services.shared.references import References
from services.shared.unit_of_work import UnitOfWork


async def enter_customer(
    values: dict[str, Any],
    contact: dict[str, Any],
    *,
    unit: UnitOfWork,
    locality: Locality,
    contacts: ContactRecords,
) -> UUID:
    """Enter a customer with its main contact, and return its id (R027).

    Raises IncompleteCustomerError, DuplicateCustomerError, UnknownReferenceError, OtherCurrencyError,
    InFutureError.
    """
    check_complete({**values, **{f"contact.{name}": value for name, value in contact.items()}})
    entry = Entry(None, await _settled(values, unit, locality))
    await put_customers([entry], unit, zone=locality.zone, by=BY_HAND)
    await enter_contact(entry.put_id, contact, unit=unit, contacts=contacts)
    return entry.put_id


async def change_customer(
    customer_id: UUID,
    values: dict[str, Any],
    *,
    unit: UnitOfWork,
    locality: Locality,
    precondition: Precondition = ALWAYS,
) -> None:
    """Set fields of a customer; a `lifecycle` is stated as of now, None takes back what was stated.

    What a new customer must have is not emptied again. Raises UnknownCustomerError, PreconditionFailedError,
    ContradictedLifecycleError and what `enter_customer` raises.
    """
    customer = await _locked(customer_id, unit, precondition)
    check_still_complete(customer, values)
    told = await _settled(values, unit, locality, itself=customer_id)
    contradictions = await put_customers([Entry(customer_id, told)], unit, zone=locality.zone, by=BY_HAND)
    for each in contradictions:
        raise ContradictedLifecycleError(stated=each.stated, holds=each.holds)


async def tag_customer(
    customer_id: UUID,
    *,
    unit: UnitOfWork,
    locality: Locality,
    add: tuple[str, ...] = (),
    drop: tuple[str, ...] = (),
    precondition: Precondition = ALWAYS,
) -> None:
    """Add tags to a customer's, behind those it has, and take others away."""
    customer = await _locked(customer_id, unit, precondition)
    tags = tuple(dict.fromkeys((*customer.tags, *add)))
    kept = tuple(tag for tag in tags if tag not in drop)
    await put_customers([Entry(customer_id, {"tags": kept})], unit, zone=locality.zone, by=BY_HAND)


async def _locked(customer_id: UUID, unit: UnitOfWork, precondition: Precondition) -> Customer:
    customer = (await CUSTOMERS.lock(unit.session, [customer_id])).get(customer_id)
    if customer is None:
        raise UnknownCustomerError(customer_id=customer_id)
    precondition.check(customer.version)
    return customer


async def _settled(
    values: dict[str, Any], unit: UnitOfWork, locality: Locality, *, itself: UUID | None = None
) -> dict[str, Any]:
    """Return the values as the record has them, after all that people's entries are held to."""
    check_currency(values, ["annual_revenue"], base=locality.currency)
    check_customer_times(values, now=unit.now, zone=locality.zone)
    told = await References(unit.session).replaced(values, {"owner": "person"})
    if "name" in told:
        told["natural_key"] = normalise_name(told["name"])
        await _refuse_duplicate(told["name"], told["natural_key"], unit=unit, itself=itself)
    if "tags" in told:
        told["tags"] = tuple(dict.fromkeys(told["tags"]))
    return told


async def _refuse_duplicate(name: str, natural_key: str, *, unit: UnitOfWork, itself: UUID | None) -> None:
    for found in await CUSTOMERS.take_name(unit.session, natural_key):
        if found.customer_id != itself:
            raise DuplicateCustomerError(
                name=name, customer_id=found.customer_id, customer_number=found.customer_number
            )
