"""A service in this process, with what handles its events and its dead letters."""

from collections.abc import Iterable
from dataclasses import dataclass

from services.hosting.work import Work
from services.shared.batching import Batcher
from services.shared.clock import Clock
from services.shared.letters import Desk, desk_of
from services.shared.service import Service


@dataclass(frozen=True)
class Hosted:
    """A service that runs here."""

    service: Service
    batcher: Batcher
    desk: Desk
    clock: Clock

    @property
    def work(self) -> list[Work]:
        """What it does by itself: its own work, and trying dead letters again when their time has come."""
        return [*self.service.background, *(retrier.run for retrier in self.desk.retriers.values())]


def host(services: Iterable[Service], clock: Clock) -> list[Hosted]:
    """Prepare services to run here."""
    return [
        Hosted(
            service,
            Batcher(database=service.database, clock=clock, subscriptions=service.subscriptions),
            desk_of(
                service.database, subscriptions=service.subscriptions, commands=service.commands, clock=clock
            ),
            clock,
        )
        for service in services
    ]
