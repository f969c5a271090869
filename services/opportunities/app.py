"""Wires the opportunities service together."""

from services.opportunities import tables
from services.opportunities.api import make_router
from services.opportunities.imports import import_targets
from services.opportunities.subscribers import subscriptions
from services.shared.service import Service, ServiceContext


def build(context: ServiceContext) -> Service:
    """Return the service, ready to run."""
    return Service(
        name="opportunities",
        database=context.database,
        subscriptions=subscriptions(),
        router=make_router(context.database),
        import_targets=import_targets(),
        counted=(tables.opportunities,),
    )
