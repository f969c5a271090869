"""Wires the customers service together."""

from functools import partial
from zoneinfo import ZoneInfo

from contracts.customers import PutCustomer, RecordPurchase
from services.customers import tables
from services.customers.api import make_router
from services.customers.handlers.commands import put_customer, record_purchase
from services.customers.imports import import_targets
from services.customers.repository import ContactRecords
from services.customers.subscribers import subscriptions
from services.shared.commands import Commands
from services.shared.imports.rows import Locality
from services.shared.privacy import Cipher
from services.shared.service import Service, ServiceContext


def build(context: ServiceContext) -> Service:
    """Return the service, ready to run; raises a SettingError without usable encryption keys."""
    keys = [key.get_secret_value() for key in context.settings.encryption_keys]
    contacts = ContactRecords(Cipher(keys))
    locality = Locality(ZoneInfo(context.settings.timezone), context.settings.currency)
    commands = Commands(
        {
            PutCustomer: partial(put_customer, locality=locality),
            RecordPurchase: partial(record_purchase, currency=locality.currency),
        }
    )
    return Service(
        name="customers",
        database=context.database,
        subscriptions=subscriptions(),
        router=make_router(
            context.database,
            context.clock,
            contact_records=contacts,
            locality=locality,
            patience=context.settings.reference_wait,
        ),
        import_targets=import_targets(zone=locality.zone, contacts=contacts),
        commands=commands,
        counted=(tables.customers, tables.contacts, tables.purchases),
    )
