"""Gives notices, each at most once for its episode and rung."""

from collections.abc import Sequence

from services.rules.domain.notices import Notice, reached_notices, say, to_give
from services.rules.handlers.found import Found
from services.rules.repository import ledger
from services.shared.unit_of_work import UnitOfWork


async def give_notices(unit: UnitOfWork, found: Sequence[Found]) -> None:
    """Tell what was reached and not told before, unless a person has ended the episode."""
    reached = {
        entry.id: [n for clock, state in entry.active for n in reached_notices(entry.id, clock, state)]
        for entry in found
    }
    ended = await ledger.ended(unit.session, {n.task_id for notices in reached.values() for n in notices})
    noted = await ledger.noted(unit.session, {n.id for notices in reached.values() for n in notices})
    rows = []
    for entry in found:
        given, passed_over = to_give([n for n in reached[entry.id] if n.task_id not in ended], noted)
        for notice in given:
            entry.emit(unit, say(entry.case, notice), record_id=notice.id, sequence=1)
        rows += [_row(entry, notice, is_given=True) for notice in given]
        rows += [_row(entry, notice, is_given=False) for notice in passed_over]
    await ledger.note(unit.session, rows)


def _row(entry: Found, notice: Notice, *, is_given: bool) -> dict[str, object]:
    return {
        "notice_id": notice.id,
        "subject_id": entry.id,
        "rule": notice.clock.id,
        "rung": notice.rung.id,
        "is_given": is_given,
        "given_at": entry.case.now,
    }
