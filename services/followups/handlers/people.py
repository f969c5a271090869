"""Our own people."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from contracts.followups import PersonChanged
from contracts.identity import new_id
from services.followups.domain.people import (
    AmbiguousPersonError,
    Person,
    PersonNotFoundError,
    Relation,
)
from services.followups.repository import PEOPLE, lock_chart, people_by_key
from services.shared.entries import Entry, put_records
from services.shared.imports.text import normalise_name
from services.shared.preconditions import ALWAYS, Precondition
from services.shared.records import event_from
from services.shared.unit_of_work import UnitOfWork


async def put_people(entries: Sequence[Entry], unit: UnitOfWork) -> None:
    """Enter new people and change those that are there, with those they name, in any order.

    Who is named and not there yet has an entry later on, which then finds the person of that name.

    Raises:
        AmbiguousPersonError: several people have the name that stands for one.
        SelfReferenceError, CircleOfPeopleError: nobody can have that place.
    """
    for entry in entries:
        entry.record_id = entry.record_id or new_id()
    names = {str(name) for entry in entries for field in Relation if (name := entry.values.get(field))}
    known = await _known(names, entries, unit)
    also = [Entry(new_id(), {"name": name, "natural_key": key}) for key, name in _unknown(names, known)]
    for each in also:
        known[str(each.values["natural_key"])] = {_id(each)}
    for entry in entries:
        _refer(entry, known)

    def make(entry: Entry) -> Person:
        """Make a new person."""
        values: dict[str, Any] = entry.values
        return Person(person_id=_id(entry), created_at=unit.now, updated_at=unit.now, **values)

    touched = await put_records([*entries, *also], unit, records=PEOPLE, make=make)
    managers, leads = await lock_chart(unit.session)
    for person in touched:
        person.check_place(managers=managers, leads=leads)
        _say(person, unit)


async def enter_person(values: Mapping[str, Any], unit: UnitOfWork) -> UUID:
    """Enter a person whose fields name others by their ids; return the id.

    Raises:
        SelfReferenceError, CircleOfPeopleError: nobody can have that place.
    """
    named = _with_key(values)
    person = Person(person_id=new_id(), created_at=unit.now, updated_at=unit.now, **named)
    await _save(person, unit)
    return person.person_id


async def update_person(
    person_id: UUID, values: Mapping[str, Any], unit: UnitOfWork, *, precondition: Precondition = ALWAYS
) -> None:
    """Set fields of a person; nothing is said when none differs.

    Raises:
        PersonNotFoundError: there is no such person.
        SelfReferenceError, CircleOfPeopleError: nobody can have that place.
    """
    found = await PEOPLE.lock(unit.session, [person_id])
    if person_id not in found:
        raise PersonNotFoundError(person_id=person_id)
    person = found[person_id]
    precondition.check(person.sequence)
    if person.update(_with_key(values), now=unit.now):
        await _save(person, unit)


async def _save(person: Person, unit: UnitOfWork) -> None:
    managers, leads = await lock_chart(unit.session)
    person.check_place(managers=managers, leads=leads)
    await PEOPLE.save(unit.session, [person])
    _say(person, unit)


def _with_key(values: Mapping[str, Any]) -> dict[str, Any]:
    return {**values, "natural_key": normalise_name(values["name"])} if "name" in values else dict(values)


async def _known(names: set[str], entries: Sequence[Entry], unit: UnitOfWork) -> dict[str, set[UUID]]:
    """By normalised name: the people there are, and those of these entries."""
    known: defaultdict[str, set[UUID]] = defaultdict(set)
    for key, person_id in await people_by_key(unit.session, {normalise_name(name) for name in names}):
        known[key].add(person_id)
    for entry in entries:
        if "natural_key" in entry.values:
            known[str(entry.values["natural_key"])].add(_id(entry))
    return known


def _unknown(names: set[str], known: Mapping[str, set[UUID]]) -> list[tuple[str, str]]:
    by_key = {normalise_name(name): name for name in sorted(names)}
    return [(key, name) for key, name in by_key.items() if key not in known]


def _refer(entry: Entry, known: Mapping[str, set[UUID]]) -> None:
    """Put ids in the place of names."""
    for field in Relation:
        if field not in entry.values:
            continue
        name = entry.values.pop(field)
        found = known[normalise_name(str(name))] if name else set()
        if len(found) > 1:
            raise AmbiguousPersonError(field=field, name=name, count=len(found))
        entry.values[f"{field}_id"] = next(iter(found), None)


def _id(entry: Entry) -> UUID:
    if entry.record_id is None:
        reason = "every entry has its id by now"
        raise TypeError(reason)
    return entry.record_id


def _say(person: Person, unit: UnitOfWork) -> None:
    """Emit an event with the whole state of a person."""
    unit.emit(
        event_from(PersonChanged, person),
        record_id=person.person_id,
        sequence=person.sequence,
        subject=person.person_id,
        customer_id=None,
    )
