"""The services of a process, and in one process who hears whom: a cursor from every log to every consumer."""

from collections.abc import Iterable, Mapping

from cryptography.fernet import Fernet
from pydantic import SecretStr

from services.customers import app as customers
from services.followups import app as followups
from services.hosting.hosted import Hosted
from services.opportunities import app as opportunities
from services.rules import app as rules
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


def make_cursors(hosted: Iterable[Hosted]) -> list[InProcessCursor]:
    """Make a cursor for each service here and each of them that it hears."""
    here = list(hosted)
    databases = {each.service.name: each.service.database for each in here}
    return [
        InProcessCursor(databases[source], source, each.batcher)
        for each in here
        for source in sorted(each.batcher.subscriptions.sources)
    ]
