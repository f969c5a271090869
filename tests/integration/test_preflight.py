"""A broker that is not as it has to be is refused by name, whoever looks; one that is, is not (A9)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Protocol
from uuid import uuid4

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel
from faststream.rabbit import RabbitBroker

from services.shared.messaging import (
    EVENTS,
    UNROUTED,
    ConsumerTopology,
    declare_topology,
    preflight,
    queue_of,
)
from services.shared.messaging.connections import consuming_broker, require_publishing_only
from services.shared.messaging.errors import (
    BrokerAwayError,
    MissingOnBrokerError,
    NotDurableError,
    SharedConnectionError,
    UndeclaredTopologyError,
    UnsafeTopologyError,
    WrongAlternateExchangeError,
    WrongDeadLetteringError,
    WrongDeliveryLimitError,
    WrongQueueTypeError,
)
from services.shared.messaging.preflight import differences, require_alternate_exchange
from services.shared.messaging.topology import topology_of

WHERETO = ("exchange", "routing-key", "strategy")


class Broker(Protocol):
    """Where a broker is."""

    @property
    def url(self) -> str:
        """The address for clients."""
        ...


@pytest.fixture
def wanted() -> ConsumerTopology:
    return ConsumerTopology(f"test-{uuid4().hex}", frozenset({"customers"}), frozenset({"a.b.v1"}))


@asynccontextmanager
async def channel_to(broker: Broker) -> AsyncIterator[AbstractChannel]:
    async with await aio_pika.connect(broker.url) as connection:
        yield await connection.channel()


async def declare_otherwise(broker: Broker, name: str, *, durable: bool = True, **arguments: Any) -> None:  # noqa: ANN401 -- as AMQP has them
    async with channel_to(broker) as channel:
        await channel.declare_queue(name, durable=durable, arguments=arguments)


def arguments_of(wanted: ConsumerTopology) -> dict[str, Any]:
    queues = {queue.name: dict(queue.arguments) for queue in topology_of([wanted]).queues}
    return queues[queue_of(wanted.consumer)]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        (
            {"x-queue-type": "classic", "x-delivery-limit": None, "x-dead-letter-strategy": None},
            WrongQueueTypeError,
        ),
        (
            dict.fromkeys(["x-dead-letter-exchange", "x-dead-letter-routing-key", "x-dead-letter-strategy"]),
            WrongDeadLetteringError,
        ),
        ({"x-dead-letter-exchange": "other"}, WrongDeadLetteringError),
        ({"x-dead-letter-routing-key": "other"}, WrongDeadLetteringError),
        ({"x-dead-letter-strategy": "at-most-once"}, WrongDeadLetteringError),
        ({"x-overflow": None}, WrongDeadLetteringError),
        ({"x-delivery-limit": None}, WrongDeliveryLimitError),
        ({"x-delivery-limit": 1000}, WrongDeliveryLimitError),
        ({"x-max-length-bytes": 1000}, UnsafeTopologyError),
    ],
)
async def test_a_queue_that_was_made_otherwise_is_refused_by_its_name(
    rabbitmq: Broker, wanted: ConsumerTopology, *, changes: dict[str, Any], error: type[UnsafeTopologyError]
) -> None:
    name = queue_of(wanted.consumer)
    arguments = {key: value for key, value in (arguments_of(wanted) | changes).items() if value is not None}
    await declare_otherwise(rabbitmq, name, **arguments)
    with pytest.raises(error) as refused:
        await preflight(rabbitmq.url, [wanted], declare=True)
    assert name in refused.value.message("en")
    assert name in refused.value.message("zh")
    with pytest.raises(UndeclaredTopologyError):
        await preflight(rabbitmq.url, [wanted], declare=False)


async def test_a_queue_that_is_not_durable_is_refused(rabbitmq: Broker, wanted: ConsumerTopology) -> None:
    await declare_otherwise(rabbitmq, queue_of(wanted.consumer), durable=False)
    with pytest.raises((NotDurableError, WrongQueueTypeError)):
        await preflight(rabbitmq.url, [wanted], declare=True)


async def test_what_is_missing_is_refused_by_who_may_not_make_it_and_made_by_who_may(
    rabbitmq: Broker, wanted: ConsumerTopology
) -> None:
    await declare_topology(rabbitmq.url)
    with pytest.raises(MissingOnBrokerError) as refused:
        await preflight(rabbitmq.url, [wanted], declare=False)
    assert f"genjin.{wanted.consumer}" in str(refused.value)
    await preflight(rabbitmq.url, [wanted], declare=True)
    await preflight(rabbitmq.url, [wanted], declare=False)


async def test_a_check_makes_nothing_and_tells_all_that_is_missing(
    rabbitmq: Broker, wanted: ConsumerTopology
) -> None:
    await declare_topology(rabbitmq.url)
    for _ in range(2):
        problems = await differences(rabbitmq.url, topology_of([wanted]), is_declaring=False)
        assert {each.slug for each in problems} == {"missing-on-broker"}
        assert len(problems) == 3
    await declare_topology(rabbitmq.url, [wanted])
    assert await differences(rabbitmq.url, topology_of([wanted]), is_declaring=False) == []


async def test_events_without_an_alternate_exchange_are_refused(rabbitmq: Broker) -> None:
    await declare_topology(rabbitmq.url)
    async with channel_to(rabbitmq) as channel:
        await channel.exchange_delete(EVENTS)
        await channel.declare_exchange(EVENTS, "topic", durable=True)
    try:
        with pytest.raises(WrongAlternateExchangeError):
            await declare_topology(rabbitmq.url)
        with pytest.raises(WrongAlternateExchangeError):
            await require_alternate_exchange(rabbitmq.url)
    finally:
        async with channel_to(rabbitmq) as channel:
            await channel.exchange_delete(EVENTS)
        await declare_topology(rabbitmq.url)
    await require_alternate_exchange(rabbitmq.url)
    async with channel_to(rabbitmq) as channel:  # what it sent is forgotten soon
        await (await channel.get_queue(UNROUTED)).purge()


async def test_a_broker_that_consumes_refuses_to_publish_and_one_that_publishes_to_consume(
    rabbitmq: Broker,
) -> None:
    broker: RabbitBroker = consuming_broker(rabbitmq.url, "rules", prefetch=1)
    await broker.connect()
    try:
        with pytest.raises(SharedConnectionError):
            await broker.publish(b"x", queue="anywhere")
    finally:
        await broker.stop()
    _ = broker.subscriber("anything")
    with pytest.raises(SharedConnectionError):
        require_publishing_only(broker)


async def test_a_broker_that_is_away_is_no_refusal() -> None:
    with pytest.raises(BrokerAwayError):
        await preflight("amqp://guest:guest@127.0.0.1:1/", [], declare=True)
