"""Which contact a record writes down, how records are corrected and deleted, who may be above whom."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.identity import new_id
from services.followups.domain.contacts_held import AFTER, BEFORE, ContactHeld, recorded_by
from services.followups.domain.follow_ups import (
    DeleteReasonMissingError,
    FollowUpDeletedError,
    FollowUpRecord,
)
from services.followups.domain.people import CircleOfPeopleError, Person, SelfReferenceError
from services.followups.domain.tasks import (
    Acceptance,
    EndedAs,
    Ending,
    FollowUpTask,
    TaskEndedOtherwiseError,
    TaskTakenError,
)

NOW = datetime(2025, 3, 3, 1, tzinfo=UTC)
ANNA, BORIS, CHEN = UUID(int=1), UUID(int=2), UUID(int=3)
CUSTOMER = UUID(int=9)


def a_record(
    *, at: datetime = NOW, customer: UUID = CUSTOMER, person: UUID | None = ANNA, names: UUID | None = None
) -> FollowUpRecord:
    """A record of a contact."""
    return FollowUpRecord(
        follow_up_id=new_id(),
        customer_id=customer,
        occurred_at=at,
        recorded_at=at,
        updated_at=at,
        person_id=person,
        contact_held_id=names,
    )


def a_contact(*, at: datetime = NOW, person: UUID | None = ANNA) -> ContactHeld:
    """A contact that took place."""
    return ContactHeld(
        contact_held_id=new_id(),
        customer_id=CUSTOMER,
        held_at=at,
        created_at=at,
        updated_at=at,
        person_id=person,
    )


@pytest.mark.parametrize(
    ("offset", "fits"),
    [
        (timedelta(0), True),
        (-BEFORE, True),
        (-BEFORE - timedelta(seconds=1), False),
        (AFTER, True),
        (AFTER + timedelta(seconds=1), False),
    ],
)
def test_a_record_may_be_about_a_contact_of_the_day_before(offset: timedelta, fits: object) -> None:
    """R110: and up to an hour after, since telephony says when a contact ended."""
    assert fits is a_contact(at=NOW + offset).fits(a_record())


@pytest.mark.parametrize(
    ("contact", "record", "fits"),
    [(ANNA, ANNA, True), (None, ANNA, True), (ANNA, None, True), (None, None, True), (ANNA, BORIS, False)],
)
def test_a_record_is_about_a_contact_of_the_same_person_where_both_name_one(
    contact: UUID | None, record: UUID | None, fits: object
) -> None:
    assert fits is a_contact(person=contact).fits(a_record(person=record))


def test_a_record_is_about_no_contact_of_another_customer() -> None:
    assert recorded_by(a_record(customer=UUID(int=10)), [a_contact()]) is None


def test_the_contact_that_a_record_names_outranks_what_fits() -> None:
    named = new_id()
    assert recorded_by(a_record(names=named), [a_contact()]) == named


@given(st.lists(st.integers(-2000, 100), max_size=6))
def test_of_several_contacts_the_latest_that_fits_is_written_down(minutes: list[int]) -> None:
    contacts = [a_contact(at=NOW + timedelta(minutes=each)) for each in minutes]
    record = a_record()
    fitting = {each.contact_held_id: each.held_at for each in contacts if each.fits(record)}
    found = recorded_by(record, contacts)
    assert (found is None) == (not fitting)
    assert found is None or fitting[found] == max(fitting.values())


def test_a_correction_counts_the_version_and_the_same_again_does_not() -> None:
    record = a_record()
    later = NOW + timedelta(hours=1)
    assert record.correct({"summary": "谈了价格"}, now=later) == ("summary",)
    assert record.correct({"summary": "谈了价格"}, now=later) == ()
    assert (record.sequence, record.updated_at, record.recorded_at) == (2, later, NOW)


def test_a_deleted_record_is_marked_for_a_reason_and_stays_as_it_is() -> None:
    record = a_record()
    with pytest.raises(DeleteReasonMissingError):
        record.delete(reason="  ", now=NOW)
    assert record.delete(reason=" 重复 ", now=NOW)
    assert not record.delete(reason="又一次", now=NOW)
    assert (record.is_deleted, record.deleted_because, record.sequence) == (True, "重复", 2)
    with pytest.raises(FollowUpDeletedError):
        record.correct({"summary": "x"}, now=NOW)


def a_person(person_id: UUID, **fields: UUID | None) -> Person:
    """One of our people."""
    return Person(person_id=person_id, name="甲", natural_key="甲", created_at=NOW, updated_at=NOW, **fields)  # type: ignore[arg-type]  # any of the three


@pytest.mark.parametrize("field", ["manager", "lead", "deputy"])
def test_nobody_stands_above_or_beside_themselves(field: str) -> None:
    with pytest.raises(SelfReferenceError) as refused:
        a_person(ANNA, **{f"{field}_id": ANNA}).check_place(managers={}, leads={})
    assert refused.value.facts == {"field": field}


@pytest.mark.parametrize("field", ["manager", "lead"])
def test_nobody_is_above_somebody_above_them(field: str) -> None:
    above: dict[UUID, UUID | None] = {ANNA: None, BORIS: CHEN, CHEN: ANNA}
    charts = {"managers": above, "leads": {}} if field == "manager" else {"managers": {}, "leads": above}
    with pytest.raises(CircleOfPeopleError):
        a_person(ANNA, **{f"{field}_id": BORIS}).check_place(**charts)


def test_deputies_may_stand_in_for_each_other_and_an_old_circle_elsewhere_is_no_matter() -> None:
    a_person(ANNA, manager_id=BORIS, deputy_id=BORIS).check_place(
        managers={BORIS: CHEN, CHEN: BORIS}, leads={}
    )


def a_task(ending: Ending | None = None) -> FollowUpTask:
    """A task that a person may do."""
    return FollowUpTask(
        task_id=new_id(), obligation="open", completes="person", ending=ending, told_sequence=3
    )


def test_a_task_is_taken_on_once_and_by_nobody_else() -> None:
    task = a_task()
    first = task.accept(person_id=ANNA, assignee_id=None, now=NOW)
    assert first is not None
    assert task.accept(person_id=ANNA, assignee_id=BORIS, now=NOW + timedelta(hours=1)) is None
    assert task.acceptance == first
    with pytest.raises(TaskTakenError):
        task.accept(person_id=BORIS, assignee_id=ANNA, now=NOW)
    assert (task.own_sequence, task.version, task.status) == (1, 4, "open")


def test_whose_task_it_has_become_takes_it_over() -> None:
    task = a_task()
    task.accept(person_id=ANNA, assignee_id=ANNA, now=NOW)
    assert task.accept(person_id=BORIS, assignee_id=BORIS, now=NOW) == Acceptance(BORIS, NOW)


def test_a_task_that_has_ended_is_not_taken_on() -> None:
    with pytest.raises(TaskEndedOtherwiseError):
        a_task(Ending(EndedAs.DISMISSED, NOW, reason="x")).accept(person_id=ANNA, assignee_id=ANNA, now=NOW)
