"""Routes of the followups service: one module for each kind of record."""

from fastapi import APIRouter

from services.followups.api import contacts_held, follow_ups, notices, people, plans, tasks
from services.shared.clock import Clock
from services.shared.database import Database
from services.shared.http import service_router


def make_router(database: Database, clock: Clock, *, patience: float) -> APIRouter:
    """Return the routes, which work on this database; `patience` in seconds, as routes have it."""
    router = service_router(database, clock, prefix="/v1", tags=["followups"], patience=patience)
    people.add_routes(router, database)
    plans.add_routes(router, database)
    contacts_held.add_routes(router, database)
    follow_ups.add_routes(router, database)
    tasks.add_reads(router, database, clock)
    tasks.add_acts(router)
    notices.add_routes(router, database)
    return router
