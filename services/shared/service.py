"""What a service is made from, and what it is made into: wiring that every `app.py` fills in."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from fastapi import APIRouter
from sqlalchemy import Table

from services.shared.clock import Clock
from services.shared.commands import Commands
from services.shared.database import Database
from services.shared.delivery import Subscriptions
from services.shared.imports.targets import ImportTarget
from services.shared.readiness import Check
from services.shared.settings import Settings
from services.shared.watching.scrape import Measure


@dataclass(frozen=True)
class ServiceContext:
    """What a service's `build` is given; `is_alone`: no other process of this deployment runs the service."""

    database: Database
    clock: Clock
    settings: Settings
    is_alone: bool = True


@dataclass(frozen=True)
class Service:
    """What a service's `build` returns; embedded and distributed mode run it alike.

    `router` has its /v1 routes, `import_targets` what `genjin import` can feed it, by name, `commands` what
    other systems may order, `counted` the tables whose rows /v1/counts counts, `checks` what /readyz asks
    beside the database, `measures` what /metrics tells beside what every service has. `start` runs to its end
    before anything is heard or served; each of `background` runs until cancelled.
    """

    name: str
    database: Database
    subscriptions: Subscriptions
    router: APIRouter
    import_targets: Mapping[str, ImportTarget]
    commands: Commands = field(default_factory=Commands)
    counted: tuple[Table, ...] = ()
    checks: tuple[Check, ...] = ()
    measures: tuple[Measure, ...] = ()
    background: tuple[Callable[[], Awaitable[None]], ...] = ()
    start: Callable[[], Awaitable[None]] | None = None
