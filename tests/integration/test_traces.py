"""One trace leads from a request to the task that follows from it, whoever handles what in between."""

from collections.abc import Hashable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from contracts.customers import CustomerCreated
from contracts.envelope import Envelope
from contracts.events import EventData
from services.followups.subscribers import subscriptions as followups_subscriptions
from services.shared.batching import Batcher
from services.shared.cursors import BrokerCursor
from services.shared.database import Database
from services.shared.delivery import Delivered, Subscriptions
from services.shared.event_log import Stored, read_shards
from services.shared.logs import origin
from services.shared.telemetry import tracing
from services.shared.unit_of_work import UnitOfWork, unit_of_work
from services.shared.watching.requests import WatchedRequests
from tests.builders import NOW, customer, opportunity
from tests.otlp import Received, Receiver, receiving
from tests.plumbing import CLOCK, customer_created, log_customers, logged, say
from tests.rules_rig import RulesRig


@dataclass
class Recording:
    """Spans that are being made, and the receiver to which they go."""

    receiver: Receiver
    ending: ExitStack

    def spans(self) -> list[Received]:
        """Make no more spans, and return those that were made."""
        self.ending.close()
        return self.receiver.spans


@pytest.fixture
def recording() -> Iterator[Recording]:
    with receiving() as receiver, ExitStack() as ending:
        ending.enter_context(tracing(receiver.url, origin("genjin")))
        yield Recording(receiver, ending)


@pytest.fixture
async def rig(databases: dict[str, Database]) -> RulesRig:
    return await RulesRig(databases["rules"]).start()


def writing_app(databases: dict[str, Database]) -> FastAPI:
    """An application whose one route says that there is a customer, and an opportunity that rests."""
    app = FastAPI()
    app.add_middleware(WatchedRequests, service="opportunities")

    @app.post("/v1/things/{thing}")
    async def write(thing: str) -> str:
        known = customer()
        key = known.customer_id
        async with unit_of_work(databases["customers"], now=NOW) as unit:
            unit.emit(known, record_id=key, sequence=1, subject=key, customer_id=key)
        resting = opportunity(key, progressed_at=NOW - timedelta(days=15))
        async with unit_of_work(databases["opportunities"], now=NOW) as unit:
            own = resting.opportunity_id
            unit.emit(resting, record_id=own, sequence=1, subject=own, customer_id=key)
        return thing

    return app


async def hand_on(source: Database, batcher: Batcher) -> None:
    """Publish a log to a consumer, by the cursor that publishes to a broker."""

    async def publish(event: Stored) -> None:
        await batcher.handle([Delivered(source.name, event.shard, event.position, event.envelope)])

    await BrokerCursor(source, publish, destination=batcher.subscriptions.consumer).drain()


async def test_from_a_request_to_the_task_it_is_one_tree(
    databases: dict[str, Database], recording: Recording, rig: RulesRig
) -> None:
    transport = httpx.ASGITransport(writing_app(databases))
    async with httpx.AsyncClient(transport=transport, base_url="http://genjin") as client:
        await client.post("/v1/things/7?q=13800001111")
    await hand_on(databases["customers"], rig.batcher)
    await hand_on(databases["opportunities"], rig.batcher)
    followups = Batcher(
        database=databases["followups"], clock=rig.clock, subscriptions=followups_subscriptions()
    )
    await hand_on(databases["rules"], followups)
    assert len(await rig.open_tasks()) == 1
    spans = recording.spans()
    [root] = [span for span in spans if span.kind == "SERVER"]
    tree = [span for span in spans if span.trace == root.trace]
    apart = {span.name for span in spans if span not in tree}
    assert apart <= {"handle batch followups", "publish rules.ruleset_published.v1"}
    assert (root.service, root.kind, root.name) == ("opportunities", "SERVER", "POST /v1/things/{thing}")
    assert "13800001111" not in str(tree)
    by_id = {span.id: span for span in tree}
    assert all(span.parent in by_id for span in tree if span is not root)
    [task] = [span for span in tree if (span.kind, span.name) == ("CONSUMER", "handle rules.task_raised.v1")]
    assert list(path(task, by_id)) == [
        ("followups", "handle rules.task_raised.v1"),
        ("rules", "handle opportunities.opportunity_created.v1"),
        ("opportunities", "POST /v1/things/{thing}"),
    ]
    assert ("rules", "publish rules.task_raised.v1", "PRODUCER") in {
        (span.service, span.name, span.kind) for span in tree
    }


async def test_messages_of_one_transaction_stay_in_their_traces_and_link_to_it(
    fresh_databases: dict[str, Database], recording: Recording
) -> None:
    messages = [
        traced(message, n) for n, message in enumerate(await log_customers(fresh_databases["there"], 3))
    ]
    here = fresh_databases["here"]
    await Batcher(database=here, clock=CLOCK, subscriptions=answering()).handle(messages)
    spans = recording.spans()
    [batch] = [span for span in spans if span.name == "handle batch here"]
    of_messages = [span for span in spans if span.kind == "CONSUMER"]
    assert {span.trace for span in of_messages} == {f"{n + 1:032x}" for n in range(3)}
    assert {link for span in of_messages for link in span.links} == {batch.id}
    assert batch.trace not in {span.trace for span in of_messages}
    said = [message.envelope for message in await logged(here)]
    by_message = {span.attributes["messaging.message.id"]: span for span in of_messages}
    answered = {e.causationid: e for e in said if isinstance(e, Envelope)}
    for message in messages:
        assert isinstance(message.envelope, Envelope)
        answer = answered[message.envelope.id]
        assert answer.customerid == message.envelope.customerid
        handled = by_message[str(answer.causationid)]
        assert in_span(answer) == (handled.trace, handled.id)


async def test_what_fails_is_told_without_its_words(
    fresh_databases: dict[str, Database], recording: Recording
) -> None:
    phone = "13800001111"

    async def fail(_data: EventData, _envelope: Envelope, _unit: UnitOfWork) -> Iterable[Hashable]:
        raise KeyError(phone)

    messages = await log_customers(fresh_databases["there"], 1)
    subscriptions = Subscriptions("here", {CustomerCreated: fail})
    await Batcher(database=fresh_databases["here"], clock=CLOCK, subscriptions=subscriptions).handle(messages)
    [span] = recording.spans()
    assert span.is_error
    assert phone not in str(span)


async def test_what_falls_due_begins_a_trace(recording: Recording, rig: RulesRig) -> None:
    known = customer()
    await rig.hear(known)
    await rig.hear(opportunity(known.customer_id, progressed_at=rig.clock.now()))
    rig.clock.advance(days=15)
    await rig.settle()
    assert len(await rig.open_tasks()) == 1
    [due] = [span for span in recording.spans() if span.name == "evaluate due"]
    assert due.parent == ""
    async with rig.database.session() as session:
        log = await read_shards(session, dict.fromkeys(range(8), 0), limit=100)
    [raised] = [entry.envelope for entry in log if entry.envelope.type == "rules.task_raised.v1"]
    assert in_span(raised) == (due.trace, due.id)


async def test_without_a_receiver_a_trace_is_carried_on_as_it_came(
    fresh_databases: dict[str, Database],
) -> None:
    [message] = await log_customers(fresh_databases["there"], 1)
    here = fresh_databases["here"]
    await Batcher(database=here, clock=CLOCK, subscriptions=answering()).handle([traced(message, 6)])
    [answer] = await logged(here)
    assert isinstance(answer.envelope, Envelope)
    assert answer.envelope.traceparent == f"00-{7:032x}-{7:016x}-01"


async def test_a_receiver_that_is_away_costs_spans_and_not_work(fresh_databases: dict[str, Database]) -> None:
    with tracing("http://127.0.0.1:9", origin("genjin")):
        async with unit_of_work(fresh_databases["here"], now=NOW) as unit:
            say(unit, customer_created())
    assert len(await logged(fresh_databases["here"])) == 1


def answering() -> Subscriptions:
    """A consumer that says something about each customer at the end of a batch."""

    async def hear(_data: EventData, envelope: Envelope, _unit: UnitOfWork) -> Iterable[Hashable]:
        return [envelope.customerid]

    async def finish(touched: frozenset[Hashable], unit: UnitOfWork) -> None:
        for key in touched:
            assert isinstance(key, UUID)
            say(unit, customer_created(key))

    return Subscriptions("here", {CustomerCreated: hear}, finish)


def traced(message: Delivered, n: int) -> Delivered:
    """The message as if it had been said in a trace of that number."""
    assert isinstance(message.envelope, Envelope)
    said_in = {"traceparent": f"00-{n + 1:032x}-{n + 1:016x}-01"}
    envelope = message.envelope.model_copy(update=said_in)
    return Delivered(message.source, message.shard, message.position, envelope)


def path(span: Received, by_id: dict[str, Received]) -> Iterable[tuple[str, str]]:
    """The service and name of a span and of those that led to it."""
    yield span.service, span.name
    if span.parent:
        yield from path(by_id[span.parent], by_id)


def in_span(envelope: Envelope) -> tuple[str, str]:
    """The trace and the span in which something was said."""
    assert envelope.traceparent is not None
    _, trace, span, _ = envelope.traceparent.split("-")
    return trace, span
