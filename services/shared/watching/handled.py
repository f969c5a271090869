"""One canonical line for each message and command, and the counts that go with them."""

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from contracts.envelope import Envelope
from contracts.registry import EVENTS
from services.shared import metrics
from services.shared.delivery import Delivered, Unreadable
from services.shared.inbox import Position
from services.shared.logs import canonical, is_shown
from services.shared.telemetry import current_trace, trace_of

Outcome = Literal["applied", "skipped", "repeated", "dead"]

_LOGGER = __name__


@dataclass(frozen=True)
class Batch:
    """Messages that were handled in one committed transaction.

    `new`: the places of those that had not been handled before. `types`: those the consumer has a handler
    for. `emitted`: what the transaction said. `seconds`: how long it took.
    """

    consumer: str
    messages: Sequence[Delivered]
    new: Iterable[Position]
    types: Container[str]
    emitted: Sequence[Envelope]
    seconds: float


def tell_batch(batch: Batch) -> None:
    """Tell what became of each message of a batch."""
    outcomes = list(_outcomes(batch))
    metrics.batch_messages.labels(batch.consumer).observe(len(outcomes))
    metrics.batch_seconds.labels(batch.consumer).observe(batch.seconds)
    _count(batch.consumer, outcomes)
    if is_shown(_LOGGER):
        canonical(_LOGGER, "message_handled", _lines(batch, outcomes))


def tell_dead(consumer: str, message: Delivered, *, seconds: float) -> None:
    """Tell that a message was tried alone, could not be handled, and has become a dead letter."""
    _count(consumer, [(message, "dead")])
    if is_shown(_LOGGER):
        canonical(_LOGGER, "message_handled", [_line(consumer, message, "dead", emitted=0, seconds=seconds)])


def tell_command(
    service: str, command: str, *, outcome: str, seconds: float, **more: str | UUID | None
) -> None:
    """Tell what became of a command: applied, repeated, refused or dead; `more` are ids and codes alone."""
    metrics.commands_handled.labels(service, command, outcome).inc()
    if is_shown(_LOGGER):
        line = {"type": command, "outcome": outcome, "seconds": round(seconds, 4), **more}
        canonical(_LOGGER, "command_handled", [{**line, "trace_id": current_trace()}])


def _outcomes(batch: Batch) -> Iterator[tuple[Delivered, Outcome]]:
    new = set(batch.new)
    for message in batch.messages:
        if message.place not in new:
            yield message, "repeated"
            continue
        new.remove(message.place)  # a message that is twice in the batch was taken once
        if isinstance(message.envelope, Unreadable):
            yield message, "dead"
        else:
            yield message, "applied" if message.envelope.type in batch.types else "skipped"


def _count(consumer: str, outcomes: Iterable[tuple[Delivered, Outcome]]) -> None:
    counted = Counter((_type_of(message), outcome) for message, outcome in outcomes)
    for (message_type, outcome), count in counted.items():
        metrics.messages_handled.labels(consumer, message_type, outcome).inc(count)


def _type_of(message: Delivered) -> str:
    if isinstance(message.envelope, Unreadable):
        return "unreadable"
    # What others make up must not make up our labels.
    return message.envelope.type if message.envelope.type in EVENTS else "other"


def _lines(batch: Batch, outcomes: Iterable[tuple[Delivered, Outcome]]) -> Iterator[dict[str, object]]:
    said = Counter(envelope.causationid for envelope in batch.emitted)
    for message, outcome in outcomes:
        envelope = message.envelope
        is_cause = outcome == "applied" and isinstance(envelope, Envelope)
        emitted = said[envelope.id] if is_cause and isinstance(envelope, Envelope) else 0
        yield _line(batch.consumer, message, outcome, emitted=emitted, seconds=batch.seconds)


def _line(
    consumer: str, message: Delivered, outcome: Outcome, *, emitted: int, seconds: float
) -> dict[str, object]:
    place: dict[str, object] = {
        "consumer": consumer,
        "outcome": outcome,
        "source": message.source,
        "shard": message.shard,
        "position": message.position,
        "emitted": emitted,
        "seconds": round(seconds, 4),
    }
    envelope = message.envelope
    if isinstance(envelope, Unreadable):
        return place
    return {
        "type": envelope.type,
        "event_id": envelope.id,
        "customer_id": envelope.customerid,
        "correlation_id": envelope.correlationid or envelope.id,
        "trace_id": trace_of(envelope.traceparent),
        **place,
    }
