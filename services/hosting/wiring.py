"""The services of a process, and in one process who hears whom: a cursor from every log to every consumer."""

from collections.abc import Mapping

from cryptography.fernet import Fernet
from pydantic import SecretStr

from services.customers import app as customers
from services.followups import app as followups
from services.opportunities import app as opportunities
from services.rules import app as rules
from services.shared.batching import Batcher
from services.shared.clock import Clock, RunningClock
from services.shared.cursors import InProcessCursor
from services.shared.database import Database
from services.shared.service import Service, ServiceContext
from services.shared.settings import Settings

BUILDS = {
    "customers": customers.build,
    "followups": followups.build,
    "opportunities": opportunities.build,
    "rules": rules.build,
}
"""The four services, by name, which is also their schema."""


def build_services(
    databases: Mapping[str, Database], *, clock: Clock, settings: Settings, is_alone: bool
) -> dict[str, Service]:
    """Make the service of every database; `is_alone`: no other process of the deployment runs them."""
    return {
        name: BUILDS[name](
            ServiceContext(database=database, clock=clock, settings=settings, is_alone=is_alone)
        )
        for name, database in databases.items()
    }


def described_services(settings: Settings | None = None) -> dict[str, Service]:
    """Make all services to be asked what they say, hear and obey, on databases that nobody connects to."""
    # Some are not made without a key; with this one nothing is ever encrypted.
    key = SecretStr(Fernet.generate_key().decode())
    given = (settings or Settings.load()).model_copy(update={"encryption_keys": (key,)})
    databases = {name: Database.connect("postgresql://nowhere/genjin", schema=name) for name in BUILDS}
    return build_services(databases, clock=RunningClock(), settings=given, is_alone=False)


def make_batchers(services: Mapping[str, Service], clock: Clock) -> dict[str, Batcher]:
    """Make the batcher of each service's consumer, by the service's name."""
    return {
        name: Batcher(database=service.database, clock=clock, subscriptions=service.subscriptions)
        for name, service in services.items()
    }


def make_cursors(databases: Mapping[str, Database], batchers: Mapping[str, Batcher]) -> list[InProcessCursor]:
    """Make a cursor for each of these consumers and each service that it hears."""
    return [
        InProcessCursor(databases[source], source, batcher)
        for batcher in batchers.values()
        for source in sorted(batcher.subscriptions.sources)
    ]
