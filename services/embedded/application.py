"""One HTTP application with the routes of all services."""

import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.metadata import version

from fastapi import FastAPI
from pydantic import BaseModel

from services.embedded.audit import Line, audit
from services.embedded.counts import counts
from services.shared.clock import Clock
from services.shared.errors import Locale
from services.shared.http import health_router, install_problems
from services.shared.imports.api import imports_router
from services.shared.imports.service import ImportService
from services.shared.service import Service


class InstanceView(BaseModel):
    """The process that answers, and the business instant it is at."""

    pid: int
    as_of: datetime


class AuditView(BaseModel):
    """What every consumer has made of every log; `missing` is 0 when all is quiet.

    `moved` counts all that was ever said or handled: it grows for as long as there is progress.
    """

    consumers: list[Line]
    missing: int
    dead: int
    moved: int


def application(
    services: Mapping[str, Service], importers: Sequence[ImportService], *, clock: Clock, locale: Locale
) -> FastAPI:
    """Return the application: each service's own routes, and those that are about all of them."""
    app = FastAPI(title="Genjin 跟进", version=version("genjin"))
    install_problems(app, locale=locale)
    databases = {name: service.database for name, service in services.items()}
    app.include_router(health_router(databases.values()))
    app.include_router(imports_router(importers))
    for service in services.values():
        app.include_router(service.router)

    @app.get("/v1/instance", tags=["operation"])
    async def read_instance() -> InstanceView:
        """Which process answers, and what time business is at."""
        return InstanceView(pid=os.getpid(), as_of=clock.now())

    @app.get("/v1/counts", tags=["operation"])
    async def read_counts() -> dict[str, int]:
        """How many records of each kind there are."""
        return await counts(databases)

    @app.get("/v1/audit", tags=["operation"])
    async def read_audit() -> AuditView:
        """Whether everything that was said has been heard: head = applied + dead + missing."""
        lines = await audit(services)
        return AuditView(
            consumers=lines,
            missing=sum(line.missing for line in lines),
            dead=sum(line.dead for line in lines),
            moved=sum(line.head + line.applied + line.dead for line in lines),
        )

    return app
