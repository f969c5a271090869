"""The imports of all services on one port."""

from collections.abc import Iterable
from zoneinfo import ZoneInfo

from services.shared.clock import Clock
from services.shared.imports.rows import Locality
from services.shared.imports.service import ImportPlace, ImportService
from services.shared.imports.stored import Seal, sealing_with
from services.shared.service import Service
from services.shared.settings import Settings


def import_services(services: Iterable[Service], *, clock: Clock, settings: Settings) -> list[ImportService]:
    """Make the importer of every service that has something to import."""
    place = ImportPlace(
        locality=Locality(ZoneInfo(settings.timezone), settings.currency),
        data_dir=settings.data_dir,
        locale=settings.locale,
        seal=_seal(settings),
    )
    return [
        ImportService(service.database, service.import_targets, clock=clock, place=place)
        for service in services
        if service.import_targets
    ]


def _seal(settings: Settings) -> Seal:
    # With the oldest key: a new one is put in front, and what was imported must not look changed. Only the
    # service with private fields needs keys, and does not start without them.
    keys = [key.get_secret_value() for key in settings.encryption_keys]
    return sealing_with((keys[-1] if keys else "").encode())
