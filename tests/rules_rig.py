"""The rules service on a real database, with time and messages in the test's hands."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Self
from uuid import UUID

from sqlalchemy import select

from contracts.envelope import Envelope
from contracts.events import EventData
from contracts.identity import new_id
from contracts.registry import decode
from contracts.rules import TaskState, TaskStatus
from contracts.text import Problem
from services.rules.handlers import offering
from services.rules.handlers.due import evaluate_due
from services.rules.handlers.publishing import Outcome, Publisher
from services.rules.handlers.standing import Standing
from services.rules.ruleset.active import Active
from services.rules.ruleset.loader import digest_of
from services.rules.ruleset.sampling import compile_sampled
from services.rules.subscribers import subscriptions
from services.rules.tables import obligations, subjects
from services.shared import event_log
from services.shared.batching import Batcher
from services.shared.database import Database
from services.shared.delivery import Delivered
from tests.builders import NOW

RULES = """
decision: grade
title: {zh: 客户分级, en: customer grade}
subject: customer
returns: {grade: [A, B]}
hit: unique
rows:
  - {id: A, if: {annual_amount: ">= 50万"}, then: {grade: A}}
  - {id: B, if: {annual_amount: "< 50万 or null"}, then: {grade: B}}
---
clock: stalled
title: {zh: 商机停滞, en: stalled opportunity}
subject: opportunity
starts_at: {latest_of: [progressed_at, held_until]}
while: {status: open, stage: [need_analysis, proposal, negotiation, signing]}
ladder:
  - {id: warn, at: 14d, do: {task: {to: owner, severity: warning, title: "{opportunity.name}停滞", due: 3wd}}}
  - {id: manager, at: 16d, do: {escalate: {to: manager}}}
completes: person
asks: [cause, remedy]
"""

ROLES = """
roles:
  manager: {path: [manager]}
fallback: {queue: unassigned}
"""


def files_of(rules: str) -> dict[str, str]:
    """A rules directory with these rules."""
    return {"roles.yaml": ROLES, "rules.yaml": rules}


@dataclass
class MovableClock:
    """Time that only the test moves."""

    instant: datetime = NOW

    def now(self) -> datetime:
        """Return the instant it was moved to."""
        return self.instant

    def advance(self, **parts: float) -> None:
        """Move on by a timedelta's parts."""
        self.instant += timedelta(**parts)


@dataclass
class RulesRig:
    """Feeds messages to the rules service and reads what it says."""

    database: Database
    clock: MovableClock = field(default_factory=MovableClock)
    files: Mapping[str, str] = field(default_factory=lambda: files_of(RULES))

    async def start(self, *, is_alone: bool = True) -> Self:
        """Put the rules in force; `is_alone`: no other process has a directory of its own."""
        self.active = Active(compile_sampled)
        self.standing = Standing(self.active, "Asia/Shanghai")
        self.publisher = Publisher(self.database, self.clock, self.standing, "Asia/Shanghai")
        self.batcher = Batcher(
            database=self.database, clock=self.clock, subscriptions=subscriptions(self.standing)
        )
        self.positions: dict[tuple[str, int], int] = {}
        await offering.start(self.publisher, lambda: self.files, is_alone=is_alone)
        return self

    async def edit(self, files: Mapping[str, str]) -> tuple[Problem, ...]:
        """Publish an edit, confirmed where that is asked for; return what is wrong with it."""
        answer = await self.publisher.publish(files)
        if answer.outcome is Outcome.PENDING:
            answer = await self.publisher.confirm(digest_of(files))
        return answer.problems

    async def hear(self, *events: EventData, sequence: int = 1) -> None:
        """Deliver events, in one batch."""
        await self.deliver(self.envelopes(*events, sequence=sequence))

    async def deliver(self, envelopes: Iterable[Envelope]) -> None:
        """Deliver messages, each at the next place of its source's log."""
        await self.batcher.handle(self.placed(envelopes))

    def placed(self, envelopes: Iterable[Envelope]) -> list[Delivered]:
        """Give messages the next places of their sources' logs."""
        delivered = []
        for envelope in envelopes:
            key = (envelope.service, envelope.shard)
            self.positions[key] = self.positions.get(key, 0) + 1
            delivered.append(Delivered(envelope.service, envelope.shard, self.positions[key], envelope))
        return delivered

    def envelopes(self, *events: EventData, sequence: int = 1) -> list[Envelope]:
        """Put events into envelopes, as their owners would."""
        return [self._envelope(event, sequence) for event in events]

    def _envelope(self, event: EventData, sequence: int) -> Envelope:
        customer_id = getattr(event, "customer_id", None)
        record_id = record_id_of(event)
        return Envelope(
            id=new_id(),
            source=f"/genjin/{event.type.partition('.')[0]}",
            type=event.type,
            subject=str(customer_id or record_id),
            time=self.clock.now(),
            customerid=customer_id,
            record=f"{event.record_kind}/{record_id}",
            sequence=sequence,
            data=event.model_dump(mode="json"),
        )

    async def settle(self) -> None:
        """Evaluate until nothing is due."""
        while await evaluate_due(self.database, self.clock, self.standing):
            pass

    async def said(self, *models: type[EventData]) -> list[EventData]:
        """All events of these types that the service has said, in order of each shard."""
        async with self.database.session() as session:
            logged = [
                entry
                for shard in range(8)
                for entry in await event_log.read(session, shard=shard, after=0, limit=10_000)
            ]
        events = [decode(entry.envelope) for entry in sorted(logged, key=lambda e: str(e.envelope.id))]
        return [event for event in events if not models or isinstance(event, models)]

    async def open_tasks(self) -> list[TaskState]:
        """The open tasks of the ledger."""
        async with self.database.session() as session:
            rows = await session.execute(
                select(obligations.c.state).where(obligations.c.status == TaskStatus.OPEN.value)
            )
            return sorted((TaskState.model_validate(state) for state in rows.scalars()), key=lambda t: t.rule)

    async def values(self, subject_id: UUID) -> dict[str, object]:
        """What the decisions say of a subject."""
        async with self.database.session() as session:
            query = select(subjects.c["values"]).where(subjects.c.subject_id == subject_id)
            return dict((await session.execute(query)).scalar_one())


def record_id_of(event: EventData) -> UUID:
    """The id of the record whose state an event carries."""
    record_id: UUID = getattr(event, f"{event.record_kind}_id")
    return record_id
