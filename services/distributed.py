"""One service as a process of its own: events from its queue on RabbitMQ, its own log published there."""

import socket
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from services.hosting.application import Callers, application
from services.hosting.broker import at_broker
from services.hosting.databases import connected
from services.hosting.first_start import place_rules
from services.hosting.hosted import host
from services.hosting.imports import import_services
from services.hosting.serving import serve
from services.hosting.wiring import build_services
from services.hosting.work import background
from services.shared.clock import Clock, FileClock, RunningClock
from services.shared.healing import Healer
from services.shared.http import LOOPBACK_NAMES, AllowedHosts
from services.shared.imports.service import ImportService
from services.shared.service import Service
from services.shared.settings import Settings
from services.shared.watching.loop import measure_loop_lag


async def run_service(
    name: str, settings: Settings, listener: socket.socket, *, ready: Callable[[], None]
) -> None:
    """Run a service until cancelled; `ready` is called when it is about to answer.

    GENJIN_DATABASE_URL and GENJIN_AMQP_URL must be set; with GENJIN_CLOCK_FILE business is at that time.
    Raises BadClockFileError, DatabaseServerAwayError, the errors of the service's start, and the
    RefusedErrors of a broker that is not as it has to be; one that is away is waited for.
    """
    url = settings.require("database_url", purpose="the PostgreSQL on which the service works")
    clock = _clock(settings)
    async with connected(url, [name], settings) as databases:
        if name == "rules":
            place_rules(settings)
        services = build_services(databases, clock=clock, settings=settings, is_alone=False)
        importers = import_services(services.values(), clock=clock, settings=settings)
        await _start(services[name], importers)
        hosted = host(services.values(), clock)
        async with at_broker(hosted, settings, is_hearing=True) as broker:
            app = application(
                *(hosted, importers),
                clock=clock,
                locale=settings.locale,
                outside=broker.outside,
                callers=Callers(allowed_hosts(settings)),
            )
            healers = [Healer(each.batcher, settings.service_urls).run for each in hosted]
            own = [work for each in hosted for work in each.work]
            async with background([*broker.work, *healers, *own, measure_loop_lag]):
                ready()
                await serve(app, listener)
        for importer in importers:
            await importer.close()


def allowed_hosts(settings: Settings) -> AllowedHosts:
    """The names under which services reach each other, and those that are set.

    Under addresses too: by them Prometheus and health checks ask each replica.
    """
    known = {urlsplit(url).hostname or "" for url in settings.service_urls.values()}
    return AllowedHosts(LOOPBACK_NAMES | known | set(settings.allowed_hosts), any_address=True)


async def _start(service: Service, importers: Iterable[ImportService]) -> None:
    for importer in importers:
        await importer.end_unfinished()
    if service.start:
        await service.start()


def _clock(settings: Settings) -> Clock:
    return FileClock.of(settings.clock_file) if settings.clock_file else RunningClock()
