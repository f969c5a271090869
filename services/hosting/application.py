"""The HTTP application of a process, with the routes of the services that run in it."""

import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from importlib.metadata import version

from fastapi import APIRouter, FastAPI
from pydantic import BaseModel
from sqlalchemy import func, select

from services.hosting.audit import audit_router
from services.shared.clock import Clock
from services.shared.errors import Locale
from services.shared.http import health_router, install_problems
from services.shared.imports.api import imports_router
from services.shared.imports.service import ImportService
from services.shared.service import Service


class InstanceView(BaseModel):
    """The process that answers, which services run in it, and the business instant it is at."""

    pid: int
    services: list[str]
    as_of: datetime


def application(
    services: Mapping[str, Service], importers: Sequence[ImportService], *, clock: Clock, locale: Locale
) -> FastAPI:
    """Return the application: each service's own routes, and those that every service has, gathered."""
    app = FastAPI(title="Genjin 跟进", version=version("genjin"))
    install_problems(app, locale=locale)
    app.include_router(health_router([service.database for service in services.values()]))
    app.include_router(imports_router(importers))
    app.include_router(audit_router(services.values()))
    app.include_router(_instance_router(services, clock))
    for service in services.values():
        app.include_router(service.router)
    return app


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
