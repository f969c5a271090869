"""The services that own records, on real databases, with time, files and delivery in the test's hands."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response
from pydantic import SecretStr

from contracts.customers import CustomerState, PurchaseRecorded
from contracts.envelope import Envelope
from contracts.events import EventData
from contracts.opportunities import OpportunityState
from contracts.registry import decode
from services.customers import app as customers
from services.followups import app as followups
from services.opportunities import app as opportunities
from services.shared.batching import Batcher
from services.shared.clock import FrozenClock
from services.shared.cursors import InProcessCursor
from services.shared.database import Database
from services.shared.event_log import read_shards
from services.shared.http import install_problems
from services.shared.imports.report import ImportReport
from services.shared.imports.requests import ImportRequest
from services.shared.imports.rows import Locality
from services.shared.imports.service import ImportPlace, ImportService
from services.shared.imports.stored import sealing_with
from services.shared.privacy import new_key
from services.shared.service import Service, ServiceContext
from services.shared.settings import Settings
from services.shared.unit_of_work import unit_of_work

NOW = datetime(2025, 3, 3, 1, tzinfo=UTC)
"""Monday, 9:00 in Shanghai."""

BUILDS: Mapping[str, Callable[[ServiceContext], Service]] = {
    "customers": customers.build,
    "followups": followups.build,
    "opportunities": opportunities.build,
}
TARGETS = {
    "customers": "customers",
    "contacts": "customers",
    "purchases": "customers",
    "people": "followups",
    "plans": "followups",
    "follow_ups": "followups",
    "opportunities": "opportunities",
}
"""What can be imported, and by whom."""


def local_day(text: str) -> datetime:
    """The start of a day in Shanghai."""
    return datetime.fromisoformat(f"{text}T00:00+08:00").astimezone(UTC)


@dataclass
class RecordsRig:
    """Imports files, delivers what was said, and asks over HTTP; `now` is the business instant."""

    databases: Mapping[str, Database]
    data_dir: Path
    now: datetime = NOW
    key: SecretStr = field(default_factory=lambda: SecretStr(new_key()))

    def service(self, name: str) -> Service:
        """Build a service as it is at this instant."""
        settings = Settings.load({"encryption_keys": (self.key,)})
        context = ServiceContext(
            database=self.databases[name], clock=FrozenClock(self.now), settings=settings
        )
        return BUILDS[name](context)

    async def load(
        self,
        what: str,
        text: str,
        *,
        mapping: str | None = None,
        follows: str | None = None,
        dry_run: bool = False,
    ) -> ImportReport:
        """Import the text of a CSV file, then deliver all that was said."""
        service = self.service(TARGETS[what])
        locality = Locality(ZoneInfo("Asia/Shanghai"), "CNY")
        place = ImportPlace(locality, self.data_dir, "zh", sealing_with(b"secret"))
        imports = ImportService(
            service.database, service.import_targets, clock=FrozenClock(self.now), place=place
        )
        content = text.strip().encode()
        report = await imports.run(
            ImportRequest(
                what=what,
                file=f"{what}.csv",
                content=content,
                mapping=mapping.encode() if mapping else None,
                follows=follows,
                dry_run=dry_run,
            )
        )
        await self.deliver()
        return report

    async def deliver(self) -> None:
        """Hand on everything to everyone until nothing is left."""
        services = {name: self.service(name) for name in BUILDS}
        clock = FrozenClock(self.now)
        moved = True
        while moved:
            moved = False
            for service in services.values():
                batcher = Batcher(database=service.database, clock=clock, subscriptions=service.subscriptions)
                for source in service.subscriptions.sources:
                    cursor = InProcessCursor(self.databases[source], source, batcher)
                    moved = bool(await cursor.drain()) or moved

    async def rules_say(self, data: EventData, *, record_id: UUID, sequence: int, customer: UUID) -> None:
        """Put an event of the rules service into its log, and deliver it."""
        async with unit_of_work(self.databases["rules"], now=self.now) as unit:
            unit.emit(data, record_id=record_id, sequence=sequence, subject=customer, customer_id=customer)
        await self.deliver()

    async def said(self, service: str) -> list[Envelope]:
        """Everything a service has said, in the order in which it was said."""
        async with self.databases[service].session() as session:
            logged = await read_shards(session, dict.fromkeys(range(8), 0), limit=100_000)
        return sorted((event.envelope for event in logged), key=lambda envelope: envelope.id)

    async def types_said(self, service: str) -> list[str]:
        """The types of everything a service has said, without owner and version."""
        return [envelope.type.split(".")[1] for envelope in await self.said(service)]

    async def customer(self, name: str) -> CustomerState:
        """A customer as the customers service told it last."""
        told = [decode(envelope) for envelope in await self.said("customers")]
        states = [data for data in told if isinstance(data, CustomerState) and data.name == name]
        return max(states, key=lambda state: state.version)

    async def purchases(self) -> list[PurchaseRecorded]:
        """All purchases, as they were told."""
        told = [decode(envelope) for envelope in await self.said("customers")]
        return [data for data in told if isinstance(data, PurchaseRecorded)]

    async def opportunity(self, name: str) -> OpportunityState:
        """An opportunity as the opportunities service told it last."""
        told = [(envelope.sequence, decode(envelope)) for envelope in await self.said("opportunities")]
        states = [(n, data) for n, data in told if isinstance(data, OpportunityState) and data.name == name]
        return max(states, key=lambda pair: pair[0])[1]

    async def ask(self, path: str, **query: Any) -> Any:  # noqa: ANN401 -- JSON
        """The answer to a GET, as JSON; it must be 200."""
        response = await self.request("GET", path, params=query)
        assert response.status_code == 200, response.text
        return response.json()

    async def request(self, method: str, path: str, **more: Any) -> Response:  # noqa: ANN401 -- as httpx
        """The response to a request to any of the three services."""
        app = FastAPI()
        install_problems(app, locale="en")
        for name in BUILDS:
            app.include_router(self.service(name).router)
        async with AsyncClient(transport=ASGITransport(app), base_url="http://genjin") as client:
            return await client.request(method, path, **more)
