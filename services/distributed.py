"""One service as a process of its own: events from its queue on RabbitMQ, its own log published there."""

import socket
from collections.abc import Callable

from fastapi import FastAPI

from services.embedded.broker import consuming, publishing
from services.embedded.databases import connected
from services.embedded.serving import serve
from services.embedded.shipped import place_rules
from services.embedded.wiring import build_services, make_batchers
from services.embedded.work import background, retrying
from services.shared.clock import RunningClock
from services.shared.database import Database
from services.shared.http import health_router, install_problems
from services.shared.service import Service
from services.shared.settings import Settings


async def run_service(
    name: str, settings: Settings, listener: socket.socket, *, ready: Callable[[], None]
) -> None:
    """Run a service until cancelled; `ready` is called when it is about to answer.

    GENJIN_DATABASE_URL and GENJIN_AMQP_URL must be set.
    Raises DatabaseServerAwayError and the errors of the service's start; a broker that is away is waited for.
    """
    url = settings.require("database_url", purpose="the PostgreSQL on which the service works")
    clock = RunningClock()
    place_rules(settings)
    async with connected(url, [name]) as databases:
        services = build_services(databases, clock=clock, settings=settings)
        service = services[name]
        if service.start:
            await service.start()
        batchers = make_batchers(services, clock)
        async with publishing(databases, settings, consumers=[service.subscriptions]) as published:
            consumed = consuming(batchers.values(), settings)
            work = [*published, *consumed, *retrying(batchers.values()), *service.background]
            async with background(work):
                ready()
                await serve(_application(service, databases[name], settings), listener)


def _application(service: Service, database: Database, settings: Settings) -> FastAPI:
    app = FastAPI(title=f"Genjin {service.name}")
    install_problems(app, locale=settings.locale)
    app.include_router(health_router([database]))
    app.include_router(service.router)
    return app
