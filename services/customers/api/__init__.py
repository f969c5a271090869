"""Routes of the customers service, one module for each kind of record."""

from fastapi import APIRouter

from services.customers.api import contacts, customers, history, purchases, reveals, tags
from services.customers.repository import ContactRecords
from services.shared.clock import Clock
from services.shared.database import Database
from services.shared.http import service_router
from services.shared.imports.rows import Locality


def make_router(
    database: Database,
    clock: Clock,
    *,
    contact_records: ContactRecords,
    locality: Locality,
    patience: float,
) -> APIRouter:
    """Return the routes, which work on this database; `patience` in seconds, as routes have it."""
    router = service_router(database, clock, prefix="/v1/customers", tags=["customers"], patience=patience)
    reveals.add_routes(router, database, contact_records)
    customers.add_routes(router, database, contact_records=contact_records, locality=locality)
    contacts.add_routes(router, database, contact_records)
    purchases.add_routes(router, database, locality.currency)
    tags.add_routes(router, database, locality)
    history.add_routes(router, database)
    return router
