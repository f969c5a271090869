"""Opens everything in order and closes it in the opposite order."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fastapi import FastAPI
from pydantic import SecretStr

from services.embedded.databases import databases
from services.hosting.application import Callers, application
from services.hosting.broker import at_broker
from services.hosting.first_start import place_rules, with_keys
from services.hosting.hosted import host
from services.hosting.imports import import_services
from services.hosting.wiring import BUILDS, build_services, make_cursors
from services.hosting.work import background
from services.shared.auth import new_token
from services.shared.clock import Clock
from services.shared.imports.service import ImportService
from services.shared.service import Service
from services.shared.settings import Settings
from services.shared.watching.loop import measure_loop_lag


@dataclass(frozen=True)
class Embedded:
    """All services of a data directory, ready to answer; `app` has their routes.

    `token` is what the person at the machine brings, another one at each start.
    """

    settings: Settings
    clock: Clock
    app: FastAPI
    token: SecretStr

    @classmethod
    @asynccontextmanager
    async def open(
        cls, settings: Settings, *, clock: Clock, is_working: bool = True
    ) -> AsyncIterator["Embedded"]:
        """Run all services while the context lasts.

        `is_working`: events are delivered, what is due is evaluated, rules are watched; without it the data
        stays as it is and can be read. Raises the errors of `databases` and of the services' starts; what
        fails in the background ends the context with an exception group.
        """
        async with databases(settings, BUILDS) as opened:
            settings = with_keys(settings)
            place_rules(settings)
            services = build_services(opened, clock=clock, settings=settings, is_alone=True)
            importers = import_services(services.values(), clock=clock, settings=settings)
            await _start(services, importers)
            hosted = host(services.values(), clock)
            async with at_broker(hosted, settings, is_hearing=False) as broker:
                token = new_token()
                app = application(
                    *(hosted, importers),
                    clock=clock,
                    locale=settings.locale,
                    outside=broker.outside,
                    callers=Callers(token=token),
                )
                cursors = [cursor.run for cursor in make_cursors(hosted)]
                own = [work for each in hosted for work in each.work]
                work = [*cursors, *broker.work, *own, measure_loop_lag] if is_working else []
                async with background(work):
                    try:
                        yield cls(settings, clock, app, token)
                    finally:
                        for importer in importers:
                            await importer.close()


async def _start(services: dict[str, Service], importers: list[ImportService]) -> None:
    for importer in importers:
        await importer.end_unfinished()
    for service in services.values():
        if service.start:
            await service.start()
