"""Opens everything in order and closes it in the opposite order."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fastapi import FastAPI

from services.embedded.databases import databases
from services.hosting.application import application
from services.hosting.broker import publishing
from services.hosting.imports import import_services
from services.hosting.shipped import place_rules, with_keys
from services.hosting.wiring import BUILDS, build_services, make_batchers, make_cursors
from services.hosting.work import background, retrying
from services.shared.clock import Clock
from services.shared.database import Database
from services.shared.imports.service import ImportService
from services.shared.service import Service
from services.shared.settings import Settings
from services.shared.watching.loop import measure_loop_lag


@dataclass(frozen=True)
class Embedded:
    """All services of a data directory, ready to answer; `app` has their routes."""

    settings: Settings
    clock: Clock
    app: FastAPI

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
            app = application(services, importers, clock=clock, locale=settings.locale)
            async with _working(opened, services, clock=clock, settings=settings, is_working=is_working):
                try:
                    yield cls(settings, clock, app)
                finally:
                    for importer in importers:
                        await importer.close()


async def _start(services: dict[str, Service], importers: list[ImportService]) -> None:
    for importer in importers:
        await importer.end_unfinished()
    for service in services.values():
        if service.start:
            await service.start()


@asynccontextmanager
async def _working(
    opened: dict[str, Database],
    services: dict[str, Service],
    *,
    clock: Clock,
    settings: Settings,
    is_working: bool,
) -> AsyncIterator[None]:
    if not is_working:
        yield
        return
    batchers = make_batchers(services, clock)
    async with publishing(opened, settings, consumers=[]) as published:
        cursors = [cursor.run for cursor in make_cursors(opened, batchers)]
        own = [each for service in services.values() for each in service.background]
        own.append(measure_loop_lag)
        async with background([*published, *cursors, *retrying(batchers.values()), *own]):
            yield
