"""Marks as due the subjects that a change of the rules concerns, in one statement and without their ids."""

from datetime import datetime

from pydantic_core import to_json
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.rules.domain.changes import Changes

_MARK_ALL = text("update subjects set next_check_at = :now, touched_at = :now")

# A clock asks some facts for one of several values each, as {"stage": ["proposal", "negotiation"]}; the array
# of these values contains the value of a subject, or the subject does not fit.
_MARK = text(
    """
    with asked as (
        select clock->>'kind' as kind, clock->'facts' as facts
          from jsonb_array_elements(cast(:clocks as jsonb)) as clock),
    concerned as (
        select subject_id from subjects where kind = any(cast(:kinds as text[]))
         union
        select s.subject_id
          from subjects s join asked on asked.kind = s.kind
         where not exists (
               select from jsonb_each(asked.facts) as fact (name, allowed)
                where not coalesce(fact.allowed @> (s.facts->fact.name), false))
         union
        select subject_id from obligations
         where status = 'open' and (:recipients or rule = any(cast(:rules as text[]))))
    update subjects s set next_check_at = :now, touched_at = :now
      from concerned where concerned.subject_id = s.subject_id
    """
)


async def mark_concerned(session: AsyncSession, change: Changes, *, now: datetime) -> None:
    """Let the scheduler evaluate every subject that a change of the rules concerns.

    They are the subjects of the changed decisions' kinds, those whose facts, as last evaluated, let a changed
    clock run, and those with an open task of a changed rule; with changed recipients, of any rule.
    """
    if change.everyone:
        await session.execute(_MARK_ALL, {"now": now})
        return
    clocks = [
        {"kind": kind, "facts": alternative}
        for kind, alternatives in change.clocks.items()
        for alternative in alternatives
    ]
    parameters = {
        "kinds": sorted(change.kinds),
        "clocks": to_json(clocks).decode(),
        "rules": [*change.rules, *change.former],
        "recipients": change.recipients,
        "now": now,
    }
    await session.execute(_MARK, parameters)
