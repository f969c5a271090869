"""Wires the followups service together."""

from services.followups import tables
from services.followups.api import make_router
from services.followups.imports import import_targets
from services.followups.subscribers import subscriptions
from services.shared.service import Service, ServiceContext


def build(context: ServiceContext) -> Service:
    """Return the service, ready to run."""
    return Service(
        name="followups",
        database=context.database,
        subscriptions=subscriptions(),
        router=make_router(context.database, context.clock),
        import_targets=import_targets(),
        counted=(tables.people, tables.follow_ups),
    )
