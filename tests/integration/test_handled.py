"""One canonical line for each message, with what became of it; counts that agree; causes that are exact."""

import logging
from collections.abc import Hashable, Iterable
from uuid import UUID, uuid4

import pytest
from structlog.testing import capture_logs

from contracts.customers import CustomerCreated
from contracts.envelope import Envelope
from contracts.events import EventData
from services.shared.batching import Batcher
from services.shared.database import Database
from services.shared.delivery import Delivered, Subscriptions, Unreadable, apply
from services.shared.metrics import REGISTRY
from services.shared.unit_of_work import UnitOfWork, unit_of_work
from tests.plumbing import CLOCK, NOW, customer_created, log_customers, logged, say, subscribed


@pytest.fixture(autouse=True)
def _shown(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)


@pytest.fixture
def here(fresh_databases: dict[str, Database]) -> Database:
    return fresh_databases["here"]


@pytest.fixture
async def messages(fresh_databases: dict[str, Database]) -> list[Delivered]:
    return await log_customers(fresh_databases["there"], 3)


async def lines_of(batcher: Batcher, messages: list[Delivered]) -> list[dict[str, object]]:
    with capture_logs() as lines:
        await batcher.handle(messages)
    return [dict(line) for line in lines if line["event"] == "message_handled"]


def batcher_of(database: Database, subscriptions: Subscriptions) -> Batcher:
    return Batcher(database=database, clock=CLOCK, subscriptions=subscriptions)


def counted(consumer: str, outcome: str, message_type: str = CustomerCreated.type) -> float:
    labels = {"consumer": consumer, "type": message_type, "outcome": outcome}
    return REGISTRY.get_sample_value("genjin_messages_handled_total", labels) or 0.0


def fresh_name() -> str:
    """A consumer of this test alone: counts belong to the process."""
    return f"c{uuid4().hex}"


async def answer(_data: EventData, envelope: Envelope, unit: UnitOfWork) -> Iterable[Hashable]:
    """Say something because of a message."""
    say(unit, customer_created(envelope.customerid))
    return []


async def test_a_line_says_which_message_it_was_and_what_became_of_it(
    here: Database, messages: list[Delivered]
) -> None:
    name = fresh_name()
    lines = await lines_of(batcher_of(here, subscribed(answer, consumer=name)), messages)
    assert len(lines) == 3
    for line, message in zip(lines, messages, strict=True):
        assert isinstance(message.envelope, Envelope)
        assert (line["event_id"], line["customer_id"]) == (message.envelope.id, message.envelope.customerid)
        assert (line["source"], line["shard"], line["position"]) == message.place
        assert line["correlation_id"] == message.envelope.id
        assert (line["consumer"], line["type"], line["outcome"]) == (name, CustomerCreated.type, "applied")
        assert line["emitted"] == 1
        assert "华信" not in str(line)
    assert counted(name, "applied") == 3


async def test_what_comes_again_is_repeated(here: Database, messages: list[Delivered]) -> None:
    name = fresh_name()
    batcher = batcher_of(here, subscribed(answer, consumer=name))
    first = await lines_of(batcher, [*messages, messages[0]])
    again = await lines_of(batcher, messages)
    assert sorted(str(line["outcome"]) for line in first) == ["applied"] * 3 + ["repeated"]
    assert [(line["outcome"], line["emitted"]) for line in again] == [("repeated", 0)] * 3
    assert (counted(name, "applied"), counted(name, "repeated")) == (3, 4)


async def test_what_nobody_listens_to_is_skipped(here: Database, messages: list[Delivered]) -> None:
    lines = await lines_of(batcher_of(here, Subscriptions(fresh_name(), {})), messages)
    assert {line["outcome"] for line in lines} == {"skipped"}


async def test_what_cannot_be_handled_is_dead(here: Database, messages: list[Delivered]) -> None:
    async def refuse(data: EventData, envelope: Envelope, unit: UnitOfWork) -> Iterable[Hashable]:
        assert isinstance(messages[1].envelope, Envelope)
        if envelope.id == messages[1].envelope.id:
            raise KeyError("fault")  # noqa: EM101
        return await answer(data, envelope, unit)

    name = fresh_name()
    lines = await lines_of(batcher_of(here, subscribed(refuse, consumer=name)), messages)
    assert [line["outcome"] for line in lines] == ["applied", "dead", "applied"]
    assert (counted(name, "applied"), counted(name, "dead")) == (2, 1)


async def test_what_cannot_be_read_is_dead_and_makes_up_no_label(here: Database) -> None:
    name = fresh_name()
    garbage = Delivered("there", 1, 1, Unreadable(b"{", "no JSON"))
    [line] = await lines_of(batcher_of(here, subscribed(consumer=name)), [garbage])
    assert line["outcome"] == "dead"
    assert counted(name, "dead", "unreadable") == 1


async def test_no_line_is_made_when_none_is_shown(
    here: Database, messages: list[Delivered], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    assert await lines_of(batcher_of(here, subscribed(answer)), messages) == []


async def test_what_a_batch_says_at_its_end_is_caused_by_the_customers_last_message(
    here: Database, messages: list[Delivered]
) -> None:
    async def hear(_data: EventData, envelope: Envelope, _unit: UnitOfWork) -> Iterable[Hashable]:
        return [envelope.customerid]

    async def finish(touched: frozenset[Hashable], unit: UnitOfWork) -> None:
        for key in touched:
            assert isinstance(key, UUID)
            say(unit, customer_created(key))

    first = [message.envelope for message in messages if isinstance(message.envelope, Envelope)]
    second = [envelope.model_copy(update={"id": uuid4()}) for envelope in first]
    async with unit_of_work(here, now=NOW) as unit:
        await apply(Subscriptions("here", {CustomerCreated: hear}, finish), [*first, *second], unit)
    said = [message.envelope for message in await logged(here)]
    assert {(e.customerid, e.causationid) for e in said if isinstance(e, Envelope)} == {
        (envelope.customerid, envelope.id) for envelope in second
    }


async def test_without_a_message_of_the_customer_one_that_concerns_nobody_alone_is_the_cause(
    here: Database, messages: list[Delivered]
) -> None:
    envelopes = [message.envelope for message in messages if isinstance(message.envelope, Envelope)]
    of_a_person = envelopes[0].model_copy(update={"customerid": None})
    async with unit_of_work(here, now=NOW) as unit:
        with unit.hearing("here", [of_a_person, envelopes[1]]):
            stranger = say(unit, customer_created())
            known = say(unit, customer_created(envelopes[1].customerid))
    assert (stranger.causationid, known.causationid) == (of_a_person.id, envelopes[1].id)


async def test_what_is_counted_on_commit_has_been_committed(here: Database) -> None:
    called: list[str] = []

    async def change_its_mind() -> None:
        async with unit_of_work(here, now=NOW) as unit:
            unit.on_commit.append(lambda: called.append("rolled back"))
            raise LookupError

    async with unit_of_work(here, now=NOW) as unit:
        unit.on_commit.append(lambda: called.append("committed"))
        assert called == []
    with pytest.raises(LookupError):
        await change_its_mind()
    assert called == ["committed"]
