"""What services do at RabbitMQ: they publish logs, hear events, obey commands, collect what was given up.

Whatever may rest because something is away tells /readyz of it.
"""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from services.hosting.application import Outside
from services.hosting.hosted import Hosted
from services.hosting.work import Work
from services.shared.collecting import Collector
from services.shared.cursors import BrokerCursor
from services.shared.messaging import (
    UNROUTED,
    CommandConsumer,
    Consumer,
    ConsumerTopology,
    Deployment,
    Publisher,
    command_queue_of,
    dead_queue_of,
    queue_of,
)
from services.shared.readiness import Check, delivery_check
from services.shared.settings import SERVICES, Settings
from services.shared.watching.queues import queue_measure
from services.shared.watching.scrape import Measure


@dataclass
class AtBroker:
    """What a process does at the broker, and how it is watched."""

    work: list[Work] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    measures: list[Measure] = field(default_factory=list)

    @property
    def outside(self) -> Outside:
        """What /readyz and /metrics ask of it."""
        return Outside(tuple(self.checks), tuple(self.measures))

    def add(self, name: str, worker: BrokerCursor | Consumer | CommandConsumer | Collector) -> None:
        """Have something done that may rest while something is away."""
        self.work.append(worker.run)
        self.checks.append(delivery_check(name, worker.paused))


@asynccontextmanager
async def at_broker(
    hosted: Iterable[Hosted], settings: Settings, *, is_hearing: bool
) -> AsyncIterator[AtBroker]:
    """Give what these services do at the broker, if there is one; `is_hearing`: they hear from queues."""
    found = AtBroker()
    if settings.amqp_url is None:
        yield found
        return
    deployment = Deployment(
        settings.amqp_url,
        declare=settings.declare,
        locale=settings.locale,
        patience=settings.reference_wait,
    )
    publishers = []
    try:
        for each in hosted:
            name, sources = each.service.name, each.service.subscriptions.sources
            # Its queue is made before anything is published, so that it misses nothing that others say.
            topology = ConsumerTopology(
                name, sources if is_hearing else None, frozenset(each.service.commands.by_type)
            )
            publisher = Publisher(
                deployment.url, service=name, declare=deployment.declare, consumers=[topology]
            )
            publishers.append(publisher)
            found.add(name, BrokerCursor(each.service.database, publisher.publish))
            if is_hearing:
                found.add(queue_of(name), Consumer(deployment.url, each.batcher, declare=deployment.declare))
            _obey(each, deployment, found)
        found.measures.append(queue_measure(deployment.url, [UNROUTED, *map(queue_of, SERVICES)]))
        yield found
    finally:
        for publisher in publishers:
            await publisher.close()


def _obey(hosted: Hosted, deployment: Deployment, found: AtBroker) -> None:
    service = hosted.service
    if service.commands.handlers:
        commands = CommandConsumer(
            deployment, service.commands, database=service.database, clock=hosted.clock
        )
        found.add(command_queue_of(service.name), commands)
    collector = Collector(
        deployment.url, hosted.desk, hearing=service.subscriptions, declare=deployment.declare
    )
    found.add(dead_queue_of(service.name), collector)
