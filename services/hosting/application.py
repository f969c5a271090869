"""The HTTP application of a process, with the routes of the services that run in it."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version

from fastapi import APIRouter, FastAPI
from fastapi_offline import FastAPIOffline
from pydantic import BaseModel, SecretStr
from sqlalchemy import func, select

from services.hosting.audit import audit_router
from services.hosting.hosted import Hosted
from services.shared.auth import install_token
from services.shared.clock import Clock
from services.shared.errors import Locale
from services.shared.feeds import feeds_router
from services.shared.http import AllowedHosts, RequestGuard, health_router, install_problems
from services.shared.imports.api import imports_router
from services.shared.imports.service import ImportService
from services.shared.letters import dead_letters_router
from services.shared.migrations import schema_check
from services.shared.readiness import Check, database_check
from services.shared.service import Service
from services.shared.watching.requests import WatchedRequests
from services.shared.watching.scrape import Measure, metrics_router


@dataclass(frozen=True)
class Outside:
    """What a process depends on beside its services, like the broker and its background work."""

    checks: tuple[Check, ...] = ()
    measures: tuple[Measure, ...] = ()


ALONE = Outside()


@dataclass(frozen=True)
class Callers:
    """Who is answered: who names one of the `hosts`; who brings the `token` is the person at the machine."""

    hosts: AllowedHosts = field(default_factory=AllowedHosts)
    token: SecretStr | None = None


ON_THIS_MACHINE = Callers()
"""Who names a loopback address, and no one is trusted."""


class InstanceView(BaseModel):
    """The process that answers, which services run in it, and the business instant it is at."""

    pid: int
    services: list[str]
    as_of: datetime


def application(
    hosted: Sequence[Hosted],
    importers: Sequence[ImportService],
    *,
    clock: Clock,
    locale: Locale,
    outside: Outside = ALONE,
    callers: Callers = ON_THIS_MACHINE,
) -> FastAPI:
    """Return the application: each service's own routes, and those that every service has, gathered.

    `outside`: what /readyz and /metrics ask beside the services.
    """
    services = {each.service.name: each.service for each in hosted}
    # As FastAPI, with the scripts of its pages: where Genjin runs there may be no internet.
    app = FastAPIOffline(title="Genjin 跟进", version=version("genjin"))
    app.add_middleware(RequestGuard, hosts=callers.hosts)
    app.add_middleware(WatchedRequests, service=next(iter(services)) if len(services) == 1 else "genjin")
    install_problems(app, locale=locale)
    install_token(app, callers.token)
    checks = [*(check for each in services.values() for check in _checks(each)), *outside.checks]
    app.include_router(health_router(checks))
    app.include_router(metrics_router(services.values(), checks=checks, measures=outside.measures))
    app.include_router(imports_router(importers))
    app.include_router(dead_letters_router([each.desk for each in hosted], clock))
    app.include_router(feeds_router({name: each.database for name, each in services.items()}, clock))
    app.include_router(audit_router(services.values()))
    app.include_router(_instance_router(services, clock))
    for service in services.values():
        app.include_router(service.router)
    return app


def _checks(service: Service) -> list[Check]:
    return [database_check(service.database), schema_check(service.database), *service.checks]


def _instance_router(services: Mapping[str, Service], clock: Clock) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["operation"])

    @router.get("/instance")
    async def read_instance() -> InstanceView:
        """Which process answers, and what time business is at."""
        return InstanceView(pid=os.getpid(), services=sorted(services), as_of=clock.now())

    @router.get("/counts")
    async def read_counts() -> dict[str, int]:
        """How many records of each kind there are."""
        return await _counts(services.values())

    return router


async def _counts(services: Iterable[Service]) -> dict[str, int]:
    counted: dict[str, int] = {}
    for service in services:
        async with service.database.session() as session:
            for table in service.counted:
                count = await session.scalar(select(func.count()).select_from(table))
                counted[table.name] = count or 0
    return counted
