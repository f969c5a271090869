"""The imports of one service: started, recorded, reported, and marked when the process died under them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

import structlog

from contracts.identity import new_id
from services.shared.clock import Clock
from services.shared.database import Database
from services.shared.errors import GenjinError, Locale
from services.shared.imports.errors import Reason
from services.shared.imports.report import ImportReport, rejections_path, write_rejections
from services.shared.imports.requests import ImportRequest, Prepared, prepare
from services.shared.imports.rows import Locality
from services.shared.imports.running import ImportRun
from services.shared.imports.store import ImportStore
from services.shared.imports.stored import Seal
from services.shared.imports.targets import ImportTarget

log = structlog.stdlib.get_logger()

Progress = Callable[[ImportReport], None]
"""Told after every transaction how far an import is."""


@dataclass(frozen=True)
class ImportPlace:
    """Where imports happen: the organisation's zone and currency, the data directory, the people's language.

    `seal` makes fingerprints of private values under a key of this deployment.
    """

    locality: Locality
    data_dir: Path
    locale: Locale
    seal: Seal


class ImportService:
    """Imports the kinds of records that one service owns, one file at a time."""

    def __init__(
        self, database: Database, targets: Mapping[str, ImportTarget], *, clock: Clock, place: ImportPlace
    ) -> None:
        self.name = database.name
        self.targets = targets
        self._database = database
        self._store = ImportStore(database)
        self._clock = clock
        self._place = place
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, request: ImportRequest, *, progress: Progress | None = None) -> ImportReport:
        """Import a file to its end and report; the clock's present is its business instant throughout.

        Raises one of the package's RefusedErrors, with nothing done, when file or mapping are not usable.
        """
        prepared = await self._prepare(request)
        async with self._opened(request) as (report, now):
            await self._run(prepared, report, now=now, progress=progress)
        return report

    async def start(self, request: ImportRequest) -> UUID:
        """Begin an import in the background and return its id; refuses what `run` refuses, at once."""
        prepared = await self._prepare(request)
        async with AsyncExitStack() as stack:
            report, now = await stack.enter_async_context(self._opened(request))
            task = asyncio.create_task(self._run_aside(prepared, report, now, until_its_end=stack.pop_all()))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return report.id

    async def check(self, request: ImportRequest) -> Prepared:
        """Read a file and its mapping as an import would; refuses what `run` refuses, and does nothing."""
        return await self._prepare(request)

    async def report(self, import_id: UUID) -> ImportReport:
        """What became of an import so far; raises UnknownImportError."""
        return await self._store.load(import_id)

    async def end_unfinished(self) -> int:
        """Mark imports that a dead process left running as interrupted; returns how many there were."""
        return await self._store.end_unfinished()

    async def finish(self) -> None:
        """Return when the imports in the background have ended, each in its own way."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def close(self) -> None:
        """Stop the imports in the background; they can be run again."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _prepare(self, request: ImportRequest) -> Prepared:
        return await asyncio.to_thread(prepare, request, self.targets, self._place.locality)

    @asynccontextmanager
    async def _opened(self, request: ImportRequest) -> AsyncIterator[tuple[ImportReport, datetime]]:
        """Keep a new report, of an import that is alive before anybody can see it."""
        now = self._clock.now()
        report = ImportReport(id=new_id(), what=request.what, file=request.file, dry_run=request.dry_run)
        async with self._store.alive(report.id):
            await self._store.add(report, as_of=now)
            yield report, now

    async def _run_aside(
        self, prepared: Prepared, report: ImportReport, now: datetime, *, until_its_end: AsyncExitStack
    ) -> None:
        """Run where nobody waits: the report says that it failed, the log says why."""
        try:
            async with until_its_end:
                await self._run(prepared, report, now=now, progress=None)
        except Exception:
            log.exception("import_failed", import_id=str(report.id), what=report.what)

    async def _run(
        self, prepared: Prepared, report: ImportReport, *, now: datetime, progress: Progress | None
    ) -> None:
        async def step(report: ImportReport) -> None:
            await self._store.save(report)
            if progress is not None:
                progress(report)

        run = ImportRun(prepared, report, database=self._database, seal=self._place.seal)
        try:
            async with self._store.turn():
                await run.run(now=now, step=step)
            report.state = "done"
        except asyncio.CancelledError:
            report.state = "interrupted"
            raise
        except Exception as error:
            report.state = "failed"
            report.problem = _problem(error)
            raise
        finally:
            self._write_rejections(report)
            await self._store.save(report)

    def _write_rejections(self, report: ImportReport) -> None:
        if report.rejected and not report.dry_run:
            path = rejections_path(self._place.data_dir, report)
            write_rejections(path, report.rejected, self._place.locale)
            report.rejected_file = str(path)


def _problem(error: Exception) -> Reason:
    if isinstance(error, GenjinError):
        return Reason(zh=error.message("zh"), en=error.message("en"))
    return Reason(zh="导入因内部错误中断。", en="The import stopped because of an internal error.")
