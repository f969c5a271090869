"""One service as a process of its own: events from its queue on RabbitMQ, its own log published there."""

import socket
from collections.abc import Callable

from services.hosting.application import application
from services.hosting.broker import consuming, publishing
from services.hosting.databases import connected
from services.hosting.imports import import_services
from services.hosting.serving import serve
from services.hosting.shipped import place_rules
from services.hosting.wiring import build_services, make_batchers
from services.hosting.work import background, retrying
from services.shared.clock import Clock, FileClock, RunningClock
from services.shared.settings import Settings
from services.shared.watching.loop import measure_loop_lag


async def run_service(
    name: str, settings: Settings, listener: socket.socket, *, ready: Callable[[], None]
) -> None:
    """Run a service until cancelled; `ready` is called when it is about to answer.

    GENJIN_DATABASE_URL and GENJIN_AMQP_URL must be set; with GENJIN_CLOCK_FILE business is at that time.
    Raises DatabaseServerAwayError and the errors of the service's start; a broker that is away is waited for.
    """
    url = settings.require("database_url", purpose="the PostgreSQL on which the service works")
    clock = _clock(settings)
    async with connected(url, [name], settings) as databases:
        if name == "rules":
            place_rules(settings)
        services = build_services(databases, clock=clock, settings=settings, is_alone=False)
        service = services[name]
        importers = import_services([service], clock=clock, settings=settings)
        for importer in importers:
            await importer.end_unfinished()
        if service.start:
            await service.start()
        batchers = make_batchers(services, clock)
        app = application(services, importers, clock=clock, locale=settings.locale)
        async with publishing(databases, settings, consumers=[service.subscriptions]) as published:
            consumed = consuming(batchers.values(), settings)
            work = [*published, *consumed, *retrying(batchers.values()), *service.background]
            async with background([*work, measure_loop_lag]):
                ready()
                await serve(app, listener)
        for importer in importers:
            await importer.close()


def _clock(settings: Settings) -> Clock:
    return FileClock(settings.clock_file) if settings.clock_file else RunningClock()
