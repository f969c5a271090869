"""Wires the rules service."""

from functools import partial

from services.rules import scheduler, watcher
from services.rules.api import build_router
from services.rules.handlers import loads, offering
from services.rules.handlers.answers import Answers
from services.rules.handlers.publishing import Publisher
from services.rules.handlers.standing import Standing
from services.rules.ruleset.active import Active
from services.rules.ruleset.loader.directory import read_directory
from services.rules.ruleset.sampling import compile_sampled
from services.rules.subscribers import subscriptions
from services.rules.watching import pending_check, rules_check, rules_measure
from services.shared.service import Service, ServiceContext


def build(context: ServiceContext) -> Service:
    """Make the service; it starts by putting rules in force and, if alone, ending loads of a dead process."""
    database, clock, settings = context.database, context.clock, context.settings
    standing = Standing(Active(compile_sampled), settings.timezone)
    publisher = Publisher(
        database,
        clock,
        standing,
        settings.timezone,
        directory=settings.rules_dir,
        answers=Answers(settings.locale),
    )

    async def start() -> None:
        """Put rules in force; where others may be loading, their loads go on or expire by themselves."""
        await offering.start(
            publisher, partial(read_directory, settings.rules_dir), is_alone=context.is_alone
        )
        if context.is_alone:
            await loads.end(database, clock)

    return Service(
        name="rules",
        database=database,
        subscriptions=subscriptions(standing),
        router=build_router(database, clock, standing, publisher),
        import_targets={},
        checks=(rules_check(standing.active), pending_check(database)),
        measures=(rules_measure(database, clock, standing.active),),
        start=start,
        background=(
            partial(scheduler.run, database, clock, standing),
            partial(standing.follow, database),
            partial(watcher.run, publisher),
        ),
    )
