"""Stores what the decisions say and tells what changed: the grade, and the profile of other values."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from contracts.rules import GradeDecided, ProfileDecided
from contracts.vocabulary import CustomerGrade
from services.rules import metrics
from services.rules.domain.plain import Plain, all_plain, plain
from services.rules.handlers.found import Found
from services.rules.repository import ledger, subjects
from services.rules.repository.ledger import Decided
from services.rules.repository.subjects import SubjectRow
from services.rules.ruleset.definition import Decision
from services.shared.unit_of_work import UnitOfWork

GRADE = "grade"


async def save_decisions(unit: UnitOfWork, found: Sequence[Found]) -> None:
    """Store the decisions whose row or values changed, and the subjects that are not as they were."""
    stored: list[Decided] = []
    counted: list[tuple[str, str, int]] = []
    rows: list[SubjectRow] = []
    for entry in found:
        decided = _decided(entry)
        for decision in _changed(entry, decided):
            stored.append(_stored(unit, entry, decision, decided[decision.identity]))
            counted.append((decision.id, entry.evaluated.outcome.rows[decision.id], entry.rules.version))
        row = _row(unit, entry, decided)
        if row != entry.row:
            rows.append(row)
    await ledger.save_decisions(unit.session, stored)
    metrics.decided(unit, counted)
    await subjects.save(unit.session, rows)


def _decided(entry: Found) -> dict[str, list[Any]]:
    """The deciding row and the values of each decision, as JSON; decisions and rows by their first ids."""
    outcome = entry.evaluated.outcome
    return {
        decision.identity: [
            decision.identity_of_row(outcome.rows[decision.id]),
            {name: plain(outcome.values[name]) for name in decision.returns},
        ]
        for decision in entry.rules.ruleset.decisions_of[entry.evaluated.kind]
    }


def _changed(entry: Found, decided: Mapping[str, list[Any]]) -> list[Decision]:
    before, decisions = entry.row.decided, entry.rules.ruleset.decisions_of[entry.evaluated.kind]
    return [each for each in decisions if before.get(each.identity) != decided[each.identity]]


def _stored(unit: UnitOfWork, entry: Found, decision: Decision, decided: list[Any]) -> Decided:
    cause, (row, values) = unit.cause_of(entry.case.customer_id), decided
    return Decided(
        subject_id=entry.id,
        decision=decision.identity,
        row=row,
        values=values,
        because=entry.because(decision.id),
        since=unit.now,
        ruleset_version=entry.rules.version,
        cause_event_id=cause.id if cause else None,
    )


def _row(unit: UnitOfWork, entry: Found, decided: Mapping[str, Any]) -> SubjectRow:
    """Tell of a new grade and a new profile; return what is to be stored of the subject."""
    kind, found = entry.evaluated.kind, entry.evaluated.outcome.values
    values = all_plain(entry.rules.effective(kind, found))
    next_touch_at = _next_touch_at(entry)
    said = _say_grade(unit, entry, values.get(GRADE))
    said = _say_profile(unit, entry, values, next_touch_at, said)
    return replace(
        entry.row,
        next_check_at=entry.evaluated.next_check_at,
        touched_at=None,
        next_touch_at=next_touch_at,
        facts=entry.evaluated.seen.known,
        values=values,
        decided=decided,
        evaluated_version=entry.rules.version,
        said=said,
    )


def _say_grade(unit: UnitOfWork, entry: Found, grade: Plain) -> int:
    """Tell of a changed grade; return the sequence of what was said last."""
    before, said = entry.row.values.get(GRADE), entry.row.said
    if grade is None or grade == before or entry.evaluated.kind != "customer":
        return said
    event = GradeDecided(
        customer_id=entry.id,
        grade=CustomerGrade(str(grade)),
        previous=CustomerGrade(before) if before else None,
        ruleset_version=entry.rules.version,
        because=entry.because(_giver_of_grade(entry)),
    )
    entry.emit(unit, event, record_id=entry.id, sequence=said + 1)
    return said + 1


def _giver_of_grade(entry: Found) -> str:
    """The id of the decision that gives the grade."""
    decisions = entry.rules.ruleset.decisions_of["customer"]
    return next(decision.id for decision in decisions if GRADE in decision.returns)


def _say_profile(
    unit: UnitOfWork,
    entry: Found,
    values: Mapping[str, Plain],
    next_touch_at: datetime | None,
    said: int,
) -> int:
    # A new grade has an event of its own; that there is no grade any more has none.
    grade = values.get(GRADE)
    before = {**entry.row.values, GRADE: grade or entry.row.values.get(GRADE)}
    if {**values, GRADE: grade} == before and next_touch_at == entry.row.next_touch_at:
        return said
    event = ProfileDecided(
        subject=entry.case.subject,
        customer_id=entry.case.customer_id,
        values={name: value for name, value in values.items() if not isinstance(value, list)},
        next_touch_at=next_touch_at,
        ruleset_version=entry.rules.version,
    )
    entry.emit(unit, event, record_id=entry.id, sequence=said + 1)
    return said + 1


def _next_touch_at(entry: Found) -> datetime | None:
    """The earliest instant that a rung of an active clock publishes as the next-touch date."""
    instants = [
        reached.at
        for clock, state in entry.active
        for rung, reached in zip(clock.ladder, state.rungs, strict=True)
        if rung.publishes
    ]
    return min(instants, default=None)
