"""Commands through a real broker: carried out once committed, answered when asked, kept when refused."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, ClassVar, Protocol
from uuid import UUID, uuid4, uuid5

import aio_pika
import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from contracts.commands import CommandData
from services.shared.commands import Commands
from services.shared.database import Database, dead_letters
from services.shared.dead_letters import RECORD_HEADER, SUPERSEDED
from services.shared.errors import AwaitedError, TransientError
from services.shared.messaging import COMMANDS, UNROUTED, CommandConsumer, Deployment, command_queue_of
from services.shared.retrying import Result, Retrier, orders_for
from services.shared.unit_of_work import UnitOfWork
from tests.plumbing import CLOCK, add_effects, customer_created, effects, effects_of, until

NAMESPACE = UUID("7d6f8f4e-2b0b-4a52-9e0e-0d0a7f1c7a11")


class Broker(Protocol):
    """Where a broker is."""

    @property
    def url(self) -> str:
        """The address for clients."""
        ...


class PutThing(CommandData):
    """Order a thing to be as it says."""

    type: ClassVar[str] = "there.put_thing.v1"

    name: str
    size: int = 0


class UnwillingError(TransientError):
    """The thing cannot be put at the moment."""

    slug = "unwilling"
    zh = "现在不行。"


class Things:
    """Carries out the commands of the tests, and fails as often as it is told to."""

    def __init__(self) -> None:
        self.outages = 0
        self.unknown = 0
        self.done: list[str] = []

    async def put(self, command: PutThing, unit: UnitOfWork) -> UUID:
        """Leave one row for each external id, however often it is ordered."""
        if self.outages:
            self.outages -= 1
            raise UnwillingError
        if self.unknown:
            self.unknown -= 1
            raise AwaitedError
        if command.name == "bug":
            message = "a bug"
            raise LookupError(message)
        key = uuid5(NAMESPACE, f"{command.source_system}|{command.external_id}")
        if not await unit.session.scalar(select(effects.c.id).where(effects.c.event_id == key)):
            await unit.session.execute(effects.insert().values(event_id=key))
            data = customer_created(key)
            unit.emit(data, record_id=key, sequence=1, subject=key, customer_id=key)
        self.done.append(command.external_id)
        return key


@pytest.fixture
async def there(fresh_databases: dict[str, Database]) -> Database:
    # A name of its own for each test, so that queues are not shared.
    database = await add_effects(fresh_databases["there"])
    database.name = f"there-{uuid4().hex}"
    return database


@pytest.fixture
def things() -> Things:
    return Things()


def table(things: Things) -> Commands:
    return Commands({PutThing: things.put})


@asynccontextmanager
async def obeying(
    broker: Broker, there: Database, things: Things, *, patience: float = 0
) -> AsyncIterator["Sender"]:
    """Carry out commands; gives who sends them, once the queue is there."""
    deployment = Deployment(broker.url, patience=patience)
    consumer = CommandConsumer(deployment, table(things), database=there, clock=CLOCK)
    with capture_logs() as lines:
        task = asyncio.create_task(consumer.run())

        async def has_started() -> bool:
            return task.done() or any(line["event"] == "consuming_started" for line in lines)

        await until(has_started)
    try:
        async with await aio_pika.connect(broker.url) as connection:
            yield await Sender.on(await connection.channel(), there.name)
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


class Sender:
    """Another system, with a queue for its answers."""

    def __init__(self, channel: aio_pika.abc.AbstractChannel, queue: str) -> None:
        self.channel = channel
        self.queue = queue

    @classmethod
    async def on(cls, channel: aio_pika.abc.AbstractChannel, service: str) -> "Sender":
        """Return a sender of commands to a service."""
        return cls(channel, command_queue_of(service))

    async def ask(
        self,
        body: bytes,
        **properties: Any,  # noqa: ANN401 -- whatever a message has
    ) -> tuple[str | None, dict[str, Any]]:
        """Send a command and return the content type and the answer."""
        answers = await self.channel.declare_queue(exclusive=True)
        await self.send(body, reply_to=answers.name, correlation_id="c-1", **properties)
        async with asyncio.timeout(20), answers.iterator() as arriving:
            async for answer in arriving:
                await answer.ack()
                assert answer.correlation_id == "c-1"
                return answer.content_type, json.loads(answer.body)
        raise AssertionError

    async def send(self, body: bytes, **properties: Any) -> None:  # noqa: ANN401 -- whatever a message has
        """Put a command into the queue."""
        properties = {"type": PutThing.type, "content_type": "application/json", **properties}
        message = aio_pika.Message(body, **properties)
        await self.channel.default_exchange.publish(message, routing_key=self.queue)


def order(**more: object) -> bytes:
    return json.dumps({"source_system": "erp", "external_id": "7", "name": "a thing", **more}).encode()


async def letters(database: Database) -> list[dict[str, Any]]:
    async with database.session() as session:
        return [dict(row) for row in (await session.execute(select(dead_letters))).mappings()]


async def test_a_command_is_carried_out_and_answered_and_twice_is_once(
    rabbitmq: Broker, there: Database, things: Things
) -> None:
    async with obeying(rabbitmq, there, things) as sender:
        answers = [await sender.ask(order()) for _ in range(2)]
    expected = {"id": str(uuid5(NAMESPACE, "erp|7"))}
    assert answers == [("application/json", expected)] * 2
    assert list((await effects_of(there)).values()) == [1]
    assert await letters(there) == []


async def test_commands_of_a_sender_are_carried_out_in_their_order(
    rabbitmq: Broker, there: Database, things: Things
) -> None:
    sent = [str(number) for number in range(40)]
    async with obeying(rabbitmq, there, things) as sender:
        for key in sent:
            await sender.send(order(external_id=key))

        async def are_done() -> bool:
            return len(things.done) == len(sent)

        await until(are_done)
    assert things.done == sent


async def test_a_command_that_names_what_is_on_its_way_is_carried_out_when_it_has_come(
    rabbitmq: Broker, there: Database, things: Things
) -> None:
    things.unknown = 3
    async with obeying(rabbitmq, there, things, patience=30) as sender:
        assert (await sender.ask(order()))[1].keys() == {"id"}
    assert list((await effects_of(there)).values()) == [1]
    assert await letters(there) == []


async def test_a_command_that_names_what_never_comes_is_refused_and_those_behind_it_are_carried_out(
    rabbitmq: Broker, there: Database, things: Things
) -> None:
    things.unknown = 1_000
    async with obeying(rabbitmq, there, things, patience=0.1) as sender:
        assert (await sender.ask(order()))[1]["code"] == "awaited"
        things.unknown = 0
        assert (await sender.ask(order(external_id="8")))[1].keys() == {"id"}
    assert [letter["error_class"] for letter in await letters(there)] == ["AwaitedError"]


@pytest.mark.parametrize("header", ["cloudEvents_type", "cloudEvents:type"])
async def test_the_type_may_be_told_by_a_header_or_by_the_routing_key(
    rabbitmq: Broker, there: Database, things: Things, header: str
) -> None:
    async with obeying(rabbitmq, there, things) as sender:
        _, told = await sender.ask(order(), type=None, headers={header: PutThing.type})
        exchange = await sender.channel.get_exchange(COMMANDS)
        queue = await sender.channel.get_queue(sender.queue)
        await queue.bind(exchange, PutThing.type)
        await exchange.publish(aio_pika.Message(order(external_id="8")), routing_key=PutThing.type)

        async def both_are_done() -> bool:
            return "8" in things.done

        await until(both_are_done)
    assert told == {"id": str(uuid5(NAMESPACE, "erp|7"))}


async def test_a_structured_event_is_a_command_too(rabbitmq: Broker, there: Database, things: Things) -> None:
    body = json.dumps({"specversion": "1.0", "type": PutThing.type, "data": json.loads(order())}).encode()
    async with obeying(rabbitmq, there, things) as sender:
        _, answer = await sender.ask(body, type=None, content_type="application/cloudevents+json")
    assert answer == {"id": str(uuid5(NAMESPACE, "erp|7"))}


DEEP = b'{"source_system":"erp","external_id":"7","name":' + b"[" * 20_000 + b"]" * 20_000 + b"}"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param(b"\xff not JSON", "invalid-request", id="no JSON"),
        pytest.param(order(colour="red"), "invalid-request", id="unknown field"),
        pytest.param(order(size="wide"), "invalid-request", id="wrong type"),
        pytest.param(DEEP, "invalid-request", id="deep"),
        pytest.param(order(name=5 * 2**20 * "x", size="wide"), "invalid-request", id="5 MB"),
        pytest.param(order(name="bug"), "internal", id="bug"),
    ],
)
async def test_what_cannot_be_carried_out_is_answered_with_its_problem_and_kept(
    rabbitmq: Broker, there: Database, things: Things, *, body: bytes, code: str
) -> None:
    async with obeying(rabbitmq, there, things) as sender:
        content_type, answer = await sender.ask(body, headers={"accept-language": "en", "tried": 1})
        assert (await sender.ask(order(external_id="8")))[1].keys() == {"id"}
    assert (content_type, answer["code"]) == ("application/problem+json", code)
    (letter,) = await letters(there)
    assert letter["consumer"] == f"{there.name}.commands"
    assert (letter["type"], letter["body"]) == (PutThing.type, body)
    assert letter["headers"]["tried"] == 1


async def test_the_problem_is_told_in_the_language_asked_for(
    rabbitmq: Broker, there: Database, things: Things
) -> None:
    async with obeying(rabbitmq, there, things) as sender:
        _, chinese = await sender.ask(order(), type="there.unheard_of.v1")
        _, english = await sender.ask(order(), type="there.unheard_of.v1", headers={"accept-language": "en"})
    assert chinese["detail"] == "没有名为“there.unheard_of.v1”的命令。"
    assert english["detail"] == "No command is named 'there.unheard_of.v1'."
    assert (english["code"], english["status"]) == ("unknown-command", 404)


async def test_an_answer_that_nobody_awaits_hurts_nothing(
    rabbitmq: Broker, there: Database, things: Things
) -> None:
    async with obeying(rabbitmq, there, things) as sender:
        for wish in ("nobody.here", "a|genjin.events", "x" * 255):
            await sender.send(order(external_id=wish[:9]), reply_to=wish)
        assert (await sender.ask(order()))[1].keys() == {"id"}
        queue = await sender.channel.declare_queue(UNROUTED, passive=True)
        assert queue.declaration_result.message_count == 0
    assert await letters(there) == []


async def test_an_outage_keeps_a_command_and_burns_nothing(
    rabbitmq: Broker, there: Database, things: Things
) -> None:
    things.outages = 5
    async with obeying(rabbitmq, there, things) as sender:
        _, answer = await sender.ask(order())
    assert answer.keys() == {"id"}
    assert await letters(there) == []


async def test_a_dead_command_is_replayed_by_the_same_handler(
    rabbitmq: Broker, there: Database, things: Things
) -> None:
    async with obeying(rabbitmq, there, things) as sender:
        await sender.ask(order(name="bug"))
    (letter,) = await letters(there)
    apply_letter = orders_for(Commands({PutThing: Things().put}))
    consumer = f"{there.name}.commands"
    retrier = Retrier(there, consumer=consumer, apply_letter=apply_letter, clock=CLOCK)
    assert (await retrier.retry(letter["id"])).result is Result.FAILED

    async def repaired(command: PutThing, unit: UnitOfWork) -> UUID:
        return await things.put(command.model_copy(update={"name": "repaired"}), unit)

    repairer = orders_for(Commands({PutThing: repaired}))
    retrier = Retrier(there, consumer=consumer, apply_letter=repairer, clock=CLOCK)
    assert (await retrier.retry(letter["id"])).result is Result.APPLIED
    assert len(await effects_of(there)) == 1
    assert await letters(there) == []


async def test_a_header_that_postgresql_cannot_keep_ends_nothing(
    rabbitmq: Broker, there: Database, things: Things
) -> None:
    async with obeying(rabbitmq, there, things) as sender:
        headers = {"x\0y": "a\0b", "nested": {"c\0": [1.5, "d\0"]}}
        _, answer = await sender.ask(order(size="wide"), headers=headers)
        assert (await sender.ask(order(external_id="8")))[1].keys() == {"id"}
    assert answer["code"] == "invalid-request"
    (letter,) = await letters(there)
    assert letter["headers"]["x�y"] == "a�b"
    assert letter["headers"]["nested"] == {"c�": [1.5, "d�"]}


async def test_a_command_overtakes_the_refused_ones_before_it_about_the_same_record(
    rabbitmq: Broker, there: Database, things: Things
) -> None:
    async with obeying(rabbitmq, there, things) as sender:
        for key in ("7", "8"):
            await sender.ask(order(external_id=key, size="wide"), headers={RECORD_HEADER: ["erp", "7"]})
        await sender.ask(order(external_id=" 7 "))
    gone, kept = sorted(await letters(there), key=lambda letter: letter["headers"][RECORD_HEADER])
    assert (gone["headers"][RECORD_HEADER], gone["discarded_because"]) == (["erp", "7"], SUPERSEDED)
    assert (kept["headers"][RECORD_HEADER], kept["discarded_at"]) == (["erp", "8"], None)


async def test_an_answer_to_a_place_that_cannot_be_does_not_cost_the_next_one(
    rabbitmq: Broker, there: Database, things: Things
) -> None:
    async with obeying(rabbitmq, there, things) as sender:
        await sender.send(order(), reply_to="amq.rabbitmq.reply-to.garbage", correlation_id="c-0")
        assert (await sender.ask(order()))[1].keys() == {"id"}
        assert (await sender.ask(order()))[1].keys() == {"id"}
