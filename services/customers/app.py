"""Wires the customers service together."""

from services.customers import tables
from services.customers.api import make_router
from services.customers.imports import import_targets
from services.customers.repository import ContactRecords
from services.customers.subscribers import subscriptions
from services.shared.privacy import Cipher
from services.shared.service import Service, ServiceContext


def build(context: ServiceContext) -> Service:
    """Return the service, ready to run; raises a SettingError without usable encryption keys."""
    keys = [key.get_secret_value() for key in context.settings.encryption_keys]
    contacts = ContactRecords(Cipher(keys))
    return Service(
        name="customers",
        database=context.database,
        subscriptions=subscriptions(),
        router=make_router(context.database, contacts),
        import_targets=import_targets(zone=context.settings.zone, contacts=contacts),
        counted=(tables.customers, tables.contacts, tables.purchases),
    )
