"""Our own people."""

from contracts.followups import PersonChanged
from services.followups.domain import Person
from services.shared.records import event_from
from services.shared.unit_of_work import UnitOfWork


def say_person(person: Person, unit: UnitOfWork) -> None:
    """Emit an event with the whole state of a person."""
    unit.emit(
        event_from(PersonChanged, person),
        record_id=person.person_id,
        sequence=person.sequence,
        subject=person.person_id,
        customer_id=None,
    )
