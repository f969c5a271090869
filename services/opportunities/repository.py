"""Opportunities and their history in and out of PostgreSQL."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.identity import new_id
from services.opportunities.domain import Opportunity
from services.opportunities.tables import opportunities, opportunity_changes
from services.shared.records import Records

OPPORTUNITIES = Records(opportunities, Opportunity, kind="opportunity", money=("expected_amount", "amount"))

_STATE = TypeAdapter(Opportunity)
_BOOKKEEPING = frozenset({"sequence", "updated_at", "progressed_at", "created_at", "natural_key"})
"""Fields that follow from what happened; the history tells what did."""


def state_of(opportunity: Opportunity) -> Mapping[str, Any]:
    """Return the fields of an opportunity that its history tells, as JSON."""
    state: dict[str, Any] = _STATE.dump_python(opportunity, mode="json")
    return {name: value for name, value in state.items() if name not in _BOOKKEEPING}


@dataclass(frozen=True)
class Change:
    """One thing that happened to an opportunity: `event` says what, the states what it was like."""

    opportunity_id: UUID
    sequence: int
    event: str
    changed_at: datetime
    before: Mapping[str, Any]
    after: Mapping[str, Any]

    @property
    def fields(self) -> list[dict[str, Any]]:
        """Each field that differs, with its values before and after."""
        return [
            {"field": name, "before": self.before[name], "after": value}
            for name, value in self.after.items()
            if value != self.before[name]
        ]


async def add_changes(session: AsyncSession, changes: Iterable[Change]) -> None:
    """Keep what happened."""
    rows = [
        {
            "change_id": new_id(),
            "opportunity_id": change.opportunity_id,
            "sequence": change.sequence,
            "event": change.event,
            "changed_at": change.changed_at,
            "fields": change.fields,
        }
        for change in changes
    ]
    if rows:
        await session.execute(insert(opportunity_changes), rows)
