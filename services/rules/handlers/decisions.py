"""Stores what the decisions say and tells what changed: the grade, and the profile of other values."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from contracts.rules import GradeDecided, ProfileDecided
from contracts.vocabulary import CustomerGrade
from services.rules.domain.plain import Plain, all_plain
from services.rules.handlers.found import Found, shown
from services.rules.repository import ledger, subjects
from services.shared.unit_of_work import UnitOfWork

GRADE = "grade"


async def save_decisions(unit: UnitOfWork, found: Sequence[Found]) -> None:
    """Store the decisions whose row or values changed, and the subjects with their next instant."""
    stored = await ledger.decided(unit.session, [entry.id for entry in found])
    rows = [row for entry in found for row in _changed(unit, entry, stored.get(entry.id, {}))]
    await ledger.save_decisions(unit.session, rows)
    await subjects.save(unit.session, [_subject_row(unit, entry) for entry in found])


def _changed(
    unit: UnitOfWork, entry: Found, stored: Mapping[str, tuple[str, Mapping[str, object]]]
) -> list[dict[str, object]]:
    rows = []
    outcome = entry.evaluated.outcome
    for decision in entry.rules.ruleset.decisions_of[entry.evaluated.kind]:
        values = all_plain({name: outcome.values[name] for name in decision.returns})
        row = outcome.rows[decision.id]
        if stored.get(decision.id) != (row, values):
            rows.append(
                {
                    "subject_id": entry.id,
                    "decision": decision.id,
                    "row": row,
                    "values": values,
                    "because": [b.model_dump(mode="json") for b in entry.because(decision.id)],
                    "since": unit.now,
                    "ruleset_version": entry.rules.version,
                    "cause_event_id": unit.cause.id if unit.cause else None,
                }
            )
    return rows


def _subject_row(unit: UnitOfWork, entry: Found) -> dict[str, object]:
    """Tell of a new grade and a new profile; return what is stored of the subject."""
    kind, found = entry.evaluated.kind, entry.evaluated.outcome.values
    values = all_plain(entry.rules.effective(kind, found))
    next_touch_at = _next_touch_at(entry)
    said = _say_grade(unit, entry, values.get(GRADE))
    said = _say_profile(unit, entry, values, next_touch_at, said)
    return {
        "key": entry.id,
        "next_check_at": entry.evaluated.next_check_at,
        "touched_at": None,
        "next_touch_at": next_touch_at,
        "facts": {**all_plain(entry.evaluated.snapshot.facts), **shown(entry.evaluated)},
        "values": values,
        "evaluated_version": entry.rules.version,
        "said": said,
    }


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
