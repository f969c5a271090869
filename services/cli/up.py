"""`genjin up`: everything in one process."""

import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from services.cli.connection import attached
from services.cli.console import pick, say_long_json
from services.cli.environment import settings
from services.cli.findings import finding_tables, findings_as_json
from services.cli.loads import rejected_files, rejected_of, tell_of_dead_letters
from services.cli.options import AsJson, DataDir, instant
from services.cli.progress import progress
from services.cli.rules.shipped import lacking_in, lacking_lines
from services.cli.running import run
from services.cli.terminal import notes, output
from services.client import Client
from services.embedded import Embedded
from services.hosting.instance import serving
from services.hosting.serving import address, bind, serve
from services.hosting.shipped import SAMPLE
from services.loading import Imported, load, settled
from services.report.result import as_json, assignees, open_tasks, read, stalled
from services.report.tables import SHOWN_STALLED, draw, shown_of_each
from services.report.words import Words
from services.shared.clock import Clock, FrozenClock, RunningClock
from services.shared.imports.load_file import Load, read_load_file
from services.shared.logs import origin
from services.shared.settings import Settings
from services.shared.telemetry import tracing

PORT = 8000


@dataclass(frozen=True)
class Asked:
    """What `genjin up` was asked to do; without a listener it ends when all is settled."""

    settings: Settings
    clock: Clock
    load: Load | None
    listener: socket.socket | None
    as_json: bool


def up(  # noqa: PLR0913 -- each is an option of the command
    *,
    sample: Annotated[bool, typer.Option("--sample", help="Import the sample workbook.")] = False,
    load_file: Annotated[
        Path | None, typer.Option("--load", metavar="FILE", help="Import what a load file lists.")
    ] = None,
    files_from: Annotated[
        Path | None, typer.Option("--from", metavar="DIR", help="Where its files are; by default beside it.")
    ] = None,
    as_of: Annotated[
        str | None, typer.Option(metavar="INSTANT", help="The business time; it stands still with --once.")
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Where the API listens on 127.0.0.1.")] = PORT,
    once: Annotated[
        bool, typer.Option("--once", help="Print the result when all is settled, and exit.")
    ] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Run everything in one process: import, grade, find what is due, show it, serve the API."""
    configured = settings(data_dir)
    if sample and load_file:
        message = "--sample and --load exclude each other"
        raise typer.BadParameter(message)
    file = SAMPLE / "load.yaml" if sample else load_file
    wanted = read_load_file(file, files_from=files_from or file.parent) if file else None
    moment = instant(as_of, timezone=configured.timezone) or (wanted.as_of if wanted else None)
    asked = Asked(
        settings=configured,
        clock=_clock(moment, stands_still=once),
        load=wanted,
        listener=None if once else bind(port),
        as_json=as_json,
    )
    with tracing(configured.otel_exporter_otlp_endpoint, origin("genjin")):
        run(_up(asked))


def _clock(moment: datetime | None, *, stands_still: bool) -> Clock:
    if moment is None:
        return RunningClock()
    return FrozenClock(moment) if stands_still else RunningClock(moment - RunningClock().now())


async def _up(asked: Asked) -> None:
    async with Embedded.open(asked.settings, clock=asked.clock) as embedded:
        async with attached(embedded) as client:
            imported = await _imported(client, asked.load)
            await _show(imported, client, asked)
        _tell_of_new_rules(asked.settings)
        if asked.listener:
            with _told(embedded, asked.listener):
                await serve(embedded.app, asked.listener)


def _tell_of_new_rules(configured: Settings) -> None:
    """Name the rules of this release that a rules directory of an older one lacks."""
    missing = lacking_in(configured.rules_dir, timezone=configured.timezone)
    for line in lacking_lines(missing):
        notes().print(line, markup=False, soft_wrap=True)


async def _imported(client: Client, wanted: Load | None) -> list[Imported]:
    with progress() as shown:
        imported = await load(client, wanted.requests, shown) if wanted else []
        await settled(client, shown)
    await tell_of_dead_letters(client)
    return imported


async def _show(imported: Sequence[Imported], client: Client, asked: Asked) -> None:
    result = await read(client, rejected=rejected_of(imported), files=rejected_files(imported))
    if asked.as_json:
        await say_long_json(as_json(result, open_tasks(client)) | findings_as_json(imported))
        return
    everyone = await assignees(client, most=0)
    shown = await assignees(client, most=shown_of_each(everyone))
    words = Words(asked.settings.locale, asked.settings.zone, result.as_of)
    output().print(draw(result, shown, await stalled(client, most=SHOWN_STALLED), words))
    for findings in finding_tables(imported):
        output().print(findings)


@contextmanager
def _told(embedded: Embedded, listener: socket.socket) -> Iterator[None]:
    """Say where the API is, to the user and to other commands, for as long as it is there."""
    where = address(listener)
    words = pick(
        zh=f"API 地址 {where}(文档 {where}/docs),按 Ctrl-C 停止。",
        en=f"The API is at {where} (pages at {where}/docs). Ctrl-C stops it.",
    )
    with serving(embedded.settings.data_dir, where, embedded.token):
        notes().print(words)
        yield
    notes().print(pick(zh="已停止。", en="Stopped."))
