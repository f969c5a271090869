"""One message or request, one transaction: its rows and its events are committed together or not at all."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from contracts.envelope import Envelope
from contracts.events import EventData
from contracts.identity import new_id
from services.shared.database import Database
from services.shared.event_log import SOURCE_PREFIX, append


class UnitOfWork:
    """What a handler works with: a session in a transaction, the business instant, and a way to say things.

    `now` is the same for the whole unit, in UTC. `cause` is the message being handled, from which emitted
    events take their correlation and causation; None for a request or a scheduler.
    """

    def __init__(
        self, session: AsyncSession, *, service: str, now: datetime, cause: Envelope | None = None
    ) -> None:
        self.session = session
        self.now = now
        self.cause = cause
        self.emitted: list[Envelope] = []
        self._source = SOURCE_PREFIX + service

    def emit(
        self, data: EventData, *, record_id: UUID, sequence: int, subject: UUID, customer_id: UUID | None
    ) -> Envelope:
        """Say that something happened; it is appended to the log when the unit commits.

        `sequence` is the new version of the record `record_id`, `subject` the customer or opportunity.
        """
        cause = self.cause
        envelope = Envelope(
            id=new_id(),
            source=self._source,
            type=data.type,
            subject=str(subject),
            time=self.now,
            customerid=customer_id,
            record=f"{data.record_kind}/{record_id}",
            sequence=sequence,
            correlationid=(cause.correlationid or cause.id) if cause else None,
            causationid=cause.id if cause else None,
            traceparent=cause.traceparent if cause else None,
            data=data.model_dump(mode="json"),
        )
        self.emitted.append(envelope)
        return envelope


@asynccontextmanager
async def unit_of_work(
    database: Database, *, now: datetime, cause: Envelope | None = None
) -> AsyncIterator[UnitOfWork]:
    """Open a unit; on leaving it, append its events, commit, then wake the cursors of this process.

    Any exception rolls everything back. Raises DatabaseAwayError when the database cannot be reached.
    """
    async with database.session() as session:
        unit = UnitOfWork(session, service=database.name, now=now, cause=cause)
        yield unit
        # What the rows refuse is refused before the heads of the log are locked.
        await session.flush()
        await append(session, unit.emitted)
        await session.commit()
    if unit.emitted:
        database.appended.set()
