"""`genjin load` and `genjin import`: files into the running instance, or into the data directory."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from services.audit import audit
from services.cli.connection import connect
from services.cli.console import locale, pick, say, say_json
from services.cli.environment import settings
from services.cli.findings import finding_tables, findings_as_json
from services.cli.options import AsJson, DataDir
from services.cli.progress import continuation, progress, summary
from services.cli.running import run
from services.cli.terminal import notes, output
from services.client import Client
from services.loading import Imported, import_file, load
from services.report.result import Rejected
from services.report.tables import rejected_rows
from services.report.words import Words
from services.shared.clock import RunningClock
from services.shared.imports.load_file import read_load_file
from services.shared.imports.requests import ImportRequest
from services.shared.settings import Settings

LoadFile = Annotated[
    Path, typer.Argument(metavar="FILE", help="What to import, in order: what, file, mapping.")
]
FilesFrom = Annotated[
    Path | None, typer.Option("--from", metavar="DIR", help="Where the files are; by default beside FILE.")
]


_FINDINGS = ("more_not_understood", "continues", "preview")


def load_files(
    file: LoadFile, *, files_from: FilesFrom = None, data_dir: DataDir = None, as_json: AsJson = False
) -> None:
    """Import what a load file lists, and evaluate what it touched once, at the end."""
    configured = settings(data_dir)
    requests = read_load_file(file, files_from=files_from or file.parent).requests
    _show(run(_load(configured, requests)), configured, as_json=as_json)


def import_one(  # noqa: PLR0913 -- each is an option of the command
    what: Annotated[str, typer.Argument(metavar="WHAT", help="customers, contacts, people, opportunities …")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV or Excel (.xlsx).")],
    *,
    mapping: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Which column feeds which field; by default by name.")
    ] = None,
    sheet: Annotated[str | None, typer.Option(metavar="NAME", help="The sheet of a workbook.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything and write nothing.")] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Import one file as records of one kind; the same file again changes nothing."""
    configured = settings(data_dir)
    request = ImportRequest.from_disk(what, file, mapping=mapping, sheet=sheet, dry_run=dry_run)
    _show(run(_load(configured, [request])), configured, as_json=as_json)


def rejected_of(imported: Sequence[Imported]) -> list[Rejected]:
    """Return the rejections of some imports, with reasons in the user's language."""
    return [
        Rejected(row["file"], row["row"], row["column"], row["value"], row["reason"][locale()])
        for one in imported
        for row in one.report["rejected"]
    ]


def rejected_files(imported: Sequence[Imported]) -> list[str]:
    """Return the CSV files that list all rejections."""
    return [path for one in imported if (path := one.report["rejected_file"])]


async def tell_of_dead_letters(client: Client) -> None:
    """Say how many messages no service could handle, if there are any: what is shown lacks them."""
    if dead := (await audit(client)).dead:
        notes().print(
            pick(
                zh=f"注意:有 {dead} 条消息未能处理(死信),结果可能不完整;详见 genjin audit 和日志。",
                en=f"Note: {dead} messages could not be handled (dead letters); the result is not whole, "
                "see genjin audit and the log.",
            )
        )


async def _load(configured: Settings, requests: Sequence[ImportRequest]) -> list[Imported]:
    with progress() as shown:
        async with connect(configured, is_working=True) as client:
            if all(request.dry_run for request in requests):
                return [await import_file(client, request, shown) for request in requests]
            imported = await load(client, requests, shown)
            await tell_of_dead_letters(client)
            return imported


def _show(imported: Sequence[Imported], configured: Settings, *, as_json: bool) -> None:
    if as_json:
        say_json([_as_json(one) for one in imported])
        return
    for one in imported:
        say(summary(one.request, one.report))
        if one.request.dry_run and one.report["continues"]:
            say(continuation(one.report))
    words = Words(locale(), configured.zone, RunningClock().now())
    table = rejected_rows(rejected_of(imported), rejected_files(imported), words)
    if table:
        output().print(table)
    for findings in finding_tables(imported):
        output().print(findings)


def _as_json(one: Imported) -> dict[str, Any]:
    kept = ("what", "file", "state", "dry_run", "counts", "rejected_file", *_FINDINGS)
    counts = one.report["counts"]
    return {
        **{name: one.report[name] for name in kept},
        "rows": counts["total"],
        **{name: counts[name] for name in ("created", "changed", "unchanged")},
        "rejected": [vars(row) for row in rejected_of([one])],
        **findings_as_json([one]),
    }
