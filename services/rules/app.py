"""Wires the rules service."""

from functools import partial

from services.rules import scheduler, watcher
from services.rules.api import build_router
from services.rules.handlers import loads
from services.rules.handlers.publishing import Publisher
from services.rules.ruleset.active import Active
from services.rules.ruleset.loader.directory import read_directory
from services.rules.ruleset.sampling import compile_sampled
from services.rules.subscribers import subscriptions
from services.shared.service import Service, ServiceContext


def build(context: ServiceContext) -> Service:
    """Make the service; it starts by putting rules in force and ending loads that a dead process left."""
    database, clock, settings = context.database, context.clock, context.settings
    active = Active(compile_sampled)
    publisher = Publisher(database, clock, active, settings.timezone)

    async def start() -> None:
        """Put rules in force."""
        await publisher.start(read_directory(settings.rules_dir))
        await loads.end(database, clock)

    return Service(
        name="rules",
        database=database,
        subscriptions=subscriptions(active),
        router=build_router(database, clock, active),
        import_targets={},
        start=start,
        background=(
            partial(scheduler.run, database, clock, active),
            partial(watcher.run, settings.rules_dir, publisher),
        ),
    )
