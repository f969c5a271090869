"""One message or request, one transaction: its rows and its events are committed together or not at all."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from contracts.envelope import Envelope
from contracts.events import EventData
from contracts.identity import new_id
from services.shared.database import Database
from services.shared.event_log import SOURCE_PREFIX, append
from services.shared.metrics import events_said
from services.shared.telemetry import UnitSpans


class UnitOfWork:
    """What a handler works with: a session in a transaction, the business instant, and a way to say things.

    `now` is the same for the whole unit, in UTC. `cause` is the message being handled, from which emitted
    events take their correlation, causation and trace; None for a request or a scheduler. `on_commit` is
    called in order when all has been committed: what is counted there has happened.
    """

    def __init__(
        self, session: AsyncSession, *, service: str, now: datetime, cause: Envelope | None = None
    ) -> None:
        self.session = session
        self.now = now
        self.cause = cause
        self.emitted: list[Envelope] = []
        self.on_commit: list[Callable[[], None]] = []
        self.spans = UnitSpans(service)
        self._source = SOURCE_PREFIX + service
        self._heard: dict[UUID | None, Envelope] = {}

    @contextmanager
    def hearing(self, consumer: str, messages: Sequence[Envelope]) -> Iterator[None]:
        """Handle messages together, after which each customer's events are caused by its own last message."""
        self._heard = {message.customerid: message for message in messages}
        with self.spans.handling(consumer, messages):
            yield

    def cause_of(self, customer_id: UUID | None) -> Envelope | None:
        """Return the message because of which something is said about a customer, if there is one.

        It is the one in hand; of several that were heard together the customer's last; and where there is
        none, the last that concerns nobody alone, like a change among our own people.
        """
        return self.cause or self._heard.get(customer_id) or self._heard.get(None)

    def emit(
        self, data: EventData, *, record_id: UUID, sequence: int, subject: UUID, customer_id: UUID | None
    ) -> Envelope:
        """Say that something happened; it is appended to the log when the unit commits.

        `sequence` is the new version of the record `record_id`, `subject` the customer or opportunity.
        """
        cause = self.cause_of(customer_id)
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
            traceparent=self.spans.traceparent(cause),
            data=data.model_dump(mode="json"),
        )
        self.emitted.append(envelope)
        return envelope


@asynccontextmanager
async def dry_unit(session: AsyncSession, *, service: str, now: datetime) -> AsyncIterator[UnitOfWork]:
    """Open a unit within a transaction that is to be rolled back: nothing is said, and no call made.

    Later units of the transaction see what it did, unless it ended with an exception.
    """
    async with session.begin_nested():
        yield UnitOfWork(session, service=service, now=now)
        await session.flush()


@asynccontextmanager
async def unit_of_work(
    database: Database, *, now: datetime, cause: Envelope | None = None
) -> AsyncIterator[UnitOfWork]:
    """Open a unit; on leaving it, append its events, commit, then wake the cursors of this process.

    Any exception rolls everything back. Raises DatabaseAwayError when the database cannot be reached.
    """
    async with database.session() as session:
        unit = UnitOfWork(session, service=database.name, now=now, cause=cause)
        try:
            yield unit
            # What the rows refuse is refused before the heads of the log are locked.
            await session.flush()
            await append(session, unit.emitted)
            await session.commit()
        except BaseException as error:
            unit.spans.end(error)
            raise
    unit.spans.end()
    for event_type, count in Counter(envelope.type for envelope in unit.emitted).items():
        events_said.labels(database.name, event_type).inc(count)
    for call in unit.on_commit:
        call()
    if unit.emitted:
        database.appended.set()
