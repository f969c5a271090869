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
from services.cli.options import DataDir, settings
from services.cli.running import run
from services.client import PAGE, Client, Json
from services.shared.settings import SERVICES, Settings

app = typer.Typer(no_args_is_help=True, help="Follow what the services say.")

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


@app.command("tail")
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
    """Reads the feeds of services on from where it stands in each shard."""

    def __init__(self, client: Client, services: tuple[str, ...]) -> None:
        self._client = client
        self._services = services
        self._after: dict[tuple[str, int], int] = {}

    async def start(self, *, back: int | None) -> None:
        """Stand so many events before the end of each shard; None: before the first."""
        for service in self._services:
            for shard, head in (await self._heads(service)).items():
                self._after[service, shard] = 0 if back is None else max(0, head - back)

    async def read(self) -> list[Json]:
        """Read on by at most a page of each shard; the events in the order in which they were said."""
        events: list[Json] = []
        for service in self._services:
            for shard, head in (await self._heads(service)).items():
                after = self._after[service, shard]
                if head > after:
                    place = {"shard": shard, "after": after, "limit": PAGE}
                    page = await self._client.get(f"/v1/feeds/{service}", at=service, **place)
                    events += [{"service": service, **item} for item in page["items"]]
                    self._after[service, shard] = page["next"]
        return sorted(events, key=lambda event: str(event["envelope"]["id"]))

    async def _heads(self, service: str) -> dict[int, int]:
        page = await self._client.get(f"/v1/feeds/{service}", at=service)
        return {int(shard): head for shard, head in page["heads"].items()}


async def _tail(configured: Settings, wanted: Wanted) -> None:
    async with connect(configured, is_working=False) as client:
        feeds = Feeds(client, wanted.services)
        await feeds.start(back=wanted.last)
        events = await feeds.read()
        # Of each shard as many were read as are wanted of all together.
        _show(
            events if wanted.last is None else events[max(0, len(events) - wanted.last) :],
            wanted,
            configured.zone,
        )
        while events or not wanted.once:
            if not events:
                await asyncio.sleep(POLL_SECONDS)
            events = await feeds.read()
            _show(events, wanted, configured.zone)


def _show(events: list[Json], wanted: Wanted, zone: tzinfo) -> None:
    for event in events:
        envelope = event["envelope"]
        if not fnmatchcase(envelope["type"], wanted.type):
            continue
        if wanted.as_json:
            say(json.dumps(event, ensure_ascii=False))
        else:
            time = f"{datetime.fromisoformat(envelope['time']).astimezone(zone):%Y-%m-%d %H:%M:%S}"
            say(f"{time}  {envelope['type']}  {envelope['record']}  v{envelope['sequence']}")
    sys.stdout.flush()  # for whoever reads on while we wait
