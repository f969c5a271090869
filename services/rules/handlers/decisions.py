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
from services.shared.unit_of_work import UnitOfWork

GRADE = "grade"


async def save_decisions(unit: UnitOfWork, found: Sequence[Found]) -> None:
    """Store the decisions whose row or values changed, and the subjects that are not as they were."""
    changed: list[Decided] = []
    rows: list[SubjectRow] = []
    for entry in found:
        decided = _decided(entry)
        changed += _changed(unit, entry, decided)
        row = _row(unit, entry, decided)
        if row != entry.row:
            rows.append(row)
    await ledger.save_decisions(unit.session, changed)
    metrics.decided(unit, [(each.decision, each.row, each.ruleset_version) for each in changed])
    await subjects.save(unit.session, rows)


def _decided(entry: Found) -> dict[str, list[Any]]:
    """The deciding row and the values of each decision, as JSON."""
    outcome = entry.evaluated.outcome
    return {
        decision.id: [
            outcome.rows[decision.id],
            {name: plain(outcome.values[name]) for name in decision.returns},
        ]
        for decision in entry.rules.ruleset.decisions_of[entry.evaluated.kind]
    }


def _changed(unit: UnitOfWork, entry: Found, decided: Mapping[str, list[Any]]) -> list[Decided]:
    before, cause = entry.row.decided, unit.cause_of(entry.case.customer_id)
    return [
        Decided(
            subject_id=entry.id,
            decision=decision,
            row=row,
            values=values,
            because=entry.because(decision),
            since=unit.now,
            ruleset_version=entry.rules.version,
            cause_event_id=cause.id if cause else None,
        )
        for decision, (row, values) in decided.items()
        if before.get(decision) != [row, values]
    ]


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
        because=entry.because(GRADE),
    )
    entry.emit(unit, event, record_id=entry.id, sequence=said + 1)
    return said + 1


def _say_profile(
    unit: UnitOfWork,
    entry: Found,
    values: Mapping[str, Plain],
    next_touch_at: datetime | None,
    said: int,
) -> int:
    before = {**entry.row.values, GRADE: None}
    if {**values, GRADE: None} == before and next_touch_at == entry.row.next_touch_at:
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
