"""Wires the opportunities service together."""

from functools import partial

from contracts.opportunities import PutOpportunity
from services.opportunities import tables
from services.opportunities.api import make_router
from services.opportunities.handlers.commands import put_opportunity
from services.opportunities.imports import import_targets
from services.opportunities.subscribers import subscriptions
from services.shared.commands import Commands
from services.shared.service import Service, ServiceContext


def build(context: ServiceContext) -> Service:
    """Return the service, ready to run."""
    currency = context.settings.currency
    return Service(
        name="opportunities",
        database=context.database,
        subscriptions=subscriptions(),
        router=make_router(
            context.database,
            context.clock,
            currency=currency,
            patience=context.settings.reference_wait,
        ),
        import_targets=import_targets(),
        commands=Commands({PutOpportunity: partial(put_opportunity, currency=currency)}),
        counted=(tables.opportunities,),
    )
