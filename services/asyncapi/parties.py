"""Who says, hears and obeys what: the services, as they say it themselves."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from contracts.registry import EVENTS
from services.hosting.wiring import described_services
from services.shared.messaging import ConsumerTopology
from services.shared.messaging.topology import Topology, topology_of
from services.shared.service import Service


@dataclass(frozen=True)
class Parties:
    """The services of a deployment, by name, and what they need on the broker."""

    services: Mapping[str, Service]

    @classmethod
    def gather(cls) -> "Parties":
        """Ask all services."""
        return cls(described_services())

    @cached_property
    def topology(self) -> Topology:
        """Exchanges, queues and bindings."""
        return topology_of(
            ConsumerTopology.of(each.subscriptions, each.commands) for each in self.services.values()
        )

    def heard_by(self, event_type: str) -> list[str]:
        """Return the services that do something when they hear an event of this type."""
        return [name for name, each in self.services.items() if event_type in each.subscriptions.by_type]

    def obeyed_by(self, command_type: str) -> str:
        """Return the service that carries out commands of this type; StopIteration when none does."""
        return next(name for name, each in self.services.items() if command_type in each.commands.by_type)


def events_of(owner: str) -> list[str]:
    """Return the types of event that a service says."""
    return [event_type for event_type in EVENTS if owner_of(event_type) == owner]


def owner_of(message_type: str) -> str:
    """Return the service that says an event of this type, or carries out a command of it."""
    return message_type.partition(".")[0]
