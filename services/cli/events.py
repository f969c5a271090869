"""`genjin events tail`: what the services say, as they say it."""

import asyncio
import json
import sys
from dataclasses import dataclass
from datetime import datetime, tzinfo
from fnmatch import fnmatchcase
from typing import Annotated

import typer

from services.cli.connection import connect
from services.cli.console import say
from services.cli.environment import settings
from services.cli.options import DataDir
from services.cli.running import run
from services.client import PAGE, Client, Json
from services.shared.settings import SERVICES, Settings

POLL_SECONDS = 1.0
LAST = 10


@dataclass(frozen=True)
class Wanted:
    """Which events, from how far back (None: from the first one), and whether to end when all are shown."""

    services: tuple[str, ...]
    type: str
    last: int | None
    once: bool
    as_json: bool


def tail(  # noqa: PLR0913 -- each is an option of the command
    *,
    message_type: Annotated[
        str, typer.Option("--type", metavar="T", help="Only events of this type; * stands for anything.")
    ] = "*",
    service: Annotated[
        str | None, typer.Option(metavar="S", help=f"Only of this service: {' | '.join(SERVICES)}.")
    ] = None,
    last: Annotated[int, typer.Option(min=0, max=PAGE, help="How many of the latest to begin with.")] = LAST,
    everything: Annotated[bool, typer.Option("--all", help="From the first event on.")] = False,
    once: Annotated[bool, typer.Option("--once", help="End when all there is has been shown.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on each line.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Show the latest events and follow the feeds until Ctrl-C."""
    if service is not None and service not in SERVICES:
        message = f"--service: {' | '.join(SERVICES)}"
        raise typer.BadParameter(message)
    wanted = Wanted(
        services=(service,) if service else SERVICES,
        type=message_type,
        last=None if everything else last,
        once=once,
        as_json=as_json,
    )
    run(_tail(settings(data_dir), wanted))


class Feeds:
    """Reads events of one type from the feeds of services, on from where it stands in each shard."""

    def __init__(self, client: Client, services: tuple[str, ...], message_type: str) -> None:
        self._client = client
        self._services = services
        self._type = message_type
        self._after: dict[tuple[str, int], int] = {}

    async def start(self, last: int | None) -> list[Json]:
        """Stand at the end of each shard and return so many of the latest; None: stand before the first."""
        events: list[Json] = []
        for service in self._services:
            for shard, head in (await self._heads(service)).items():
                self._after[service, shard] = 0 if last is None else head
                events += await self._latest(service, shard, head=head, count=last or 0)
        return _in_order(events)[-last:] if last else []

    async def read(self) -> tuple[list[Json], bool]:
        """Read on by at most a page of each shard: the events as they were said, and whether that is all."""
        events: list[Json] = []
        is_at_the_end = True
        for service in self._services:
            for shard, head in (await self._heads(service)).items():
                after = self._after[service, shard]
                if head > after:
                    read, self._after[service, shard] = await self._page(service, shard, after, limit=PAGE)
                    events += read
                    is_at_the_end = False
        return _in_order(events), is_at_the_end

    async def _latest(self, service: str, shard: int, *, head: int, count: int) -> list[Json]:
        """Read back from the head until so many are found; the rarer they are, the more at once."""
        found: list[Json] = []
        after, size = head, count
        while after and len(found) < count:
            before, after = after, max(0, after - size)
            read, _ = await self._page(service, shard, after, limit=before - after)
            found = read + found
            size = min(PAGE, 2 * size)
        return found[-count:]

    async def _page(self, service: str, shard: int, after: int, *, limit: int) -> tuple[list[Json], int]:
        """Return the wanted events of a page, and after which position the next one starts."""
        place = {"shard": shard, "after": after, "limit": limit}
        page = await self._client.get(f"/v1/feeds/{service}", at=service, **place)
        wanted = (item for item in page["items"] if fnmatchcase(item["envelope"]["type"], self._type))
        return [{"service": service, **item} for item in wanted], page["next"]

    async def _heads(self, service: str) -> dict[int, int]:
        page = await self._client.get(f"/v1/feeds/{service}", at=service)
        return {int(shard): head for shard, head in page["heads"].items()}


def _in_order(events: list[Json]) -> list[Json]:
    return sorted(events, key=lambda event: str(event["envelope"]["id"]))


async def _tail(configured: Settings, wanted: Wanted) -> None:
    async with connect(configured, is_working=False) as client:
        feeds = Feeds(client, wanted.services, wanted.type)
        _show(await feeds.start(wanted.last), wanted, configured.zone)
        is_at_the_end = False
        while not (is_at_the_end and wanted.once):
            if is_at_the_end:
                await asyncio.sleep(POLL_SECONDS)
            events, is_at_the_end = await feeds.read()
            _show(events, wanted, configured.zone)


def _show(events: list[Json], wanted: Wanted, zone: tzinfo) -> None:
    for event in events:
        envelope = event["envelope"]
        if wanted.as_json:
            say(json.dumps(event, ensure_ascii=False))
        else:
            time = f"{datetime.fromisoformat(envelope['time']).astimezone(zone):%Y-%m-%d %H:%M:%S}"
            say(f"{time}  {envelope['type']}  {envelope['record']}  v{envelope['sequence']}")
    sys.stdout.flush()  # for whoever reads on while we wait
