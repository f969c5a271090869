"""Reports of imports in and out of PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, func, insert, select, text, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.shared.database import Database
from services.shared.imports.errors import Reason, UnknownImportError
from services.shared.imports.findings import Findings
from services.shared.imports.report import MOST_KEPT, Counts, ImportReport, Rejection
from services.shared.imports.tables import imports

_LOCK = text("select pg_advisory_lock(hashtextextended(:name, 0))")
_TRY = text("select pg_try_advisory_xact_lock(hashtextextended(:name, 0))")
_UNLOCK = text("select pg_advisory_unlock(hashtextextended(:name, 0))")


class ImportStore:
    """The reports of one service's imports; each call is a transaction of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._one_at_a_time = asyncio.Lock()
        self._holding = asyncio.Lock()
        self._connection: AsyncConnection | None = None
        self._alive: set[UUID] = set()

    async def add(self, report: ImportReport, *, as_of: datetime) -> None:
        """Keep a new report; `as_of` is the business instant of its import."""
        values = {
            "id": report.id,
            "what": report.what,
            "file": report.file,
            "dry_run": report.dry_run,
            "as_of": as_of,
            "started_at": func.now(),
            **_result(report),
        }
        async with self._database.session() as session:
            await session.execute(insert(imports).values(**values))
            await session.commit()

    async def save(self, report: ImportReport) -> None:
        """Write how far an import is; its rejections are written when it has ended."""
        if report.state == "running":
            values: dict[str, Any] = {"counts": asdict(report.counts)}
        else:
            values = {**_result(report), "finished_at": func.now()}
        async with self._database.session() as session:
            await session.execute(update(imports).where(imports.c.id == report.id).values(**values))
            await session.commit()

    async def load(self, import_id: UUID) -> ImportReport:
        """Read a report; raises UnknownImportError."""
        async with self._database.session() as session:
            rows = await session.execute(select(imports).where(imports.c.id == import_id))
            row = rows.mappings().one_or_none()
        if row is None:
            raise UnknownImportError(import_id=import_id)
        return _report(row)

    @asynccontextmanager
    async def alive(self, import_id: UUID) -> AsyncIterator[None]:
        """Show that an import is alive: by a lock, which ends with the connection and so with the process.

        All imports of this process share a connection, so that however many wait, others find theirs.
        """
        async with self._sharing() as connection:
            await connection.execute(_LOCK, {"name": str(import_id)})
            self._alive.add(import_id)
        try:
            yield
        finally:
            self._alive.discard(import_id)
            # Where the connection has gone, the lock has gone with it.
            with suppress(SQLAlchemyError, OSError):
                async with self._sharing() as connection:
                    await connection.execute(_UNLOCK, {"name": str(import_id)})

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for the service's turn to import, in whatever process, and have it while the context lasts."""
        async with self._one_at_a_time, self._database.engine.connect() as connection:
            alone = await connection.execution_options(isolation_level="AUTOCOMMIT")
            name = {"name": f"genjin.imports.{self._database.name}"}
            await alone.execute(_LOCK, name)
            try:
                yield
            finally:
                await alone.execute(_UNLOCK, name)

    @asynccontextmanager
    async def _sharing(self) -> AsyncIterator[AsyncConnection]:
        """Give the connection that shows which imports are alive; it is there while one is."""
        async with self._holding:
            try:
                yield await self._connected()
            except BaseException:
                await self._let_go()
                if self._alive:  # the others are alive all the same
                    with suppress(SQLAlchemyError, OSError):
                        _ = await self._connected()
                raise
            if not self._alive:
                await self._let_go()

    async def _connected(self) -> AsyncConnection:
        if self._connection is None:
            connection = await self._database.engine.connect()
            self._connection = await connection.execution_options(isolation_level="AUTOCOMMIT")
            for import_id in self._alive:
                await self._connection.execute(_LOCK, {"name": str(import_id)})
        return self._connection

    async def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.invalidate()
            await connection.close()

    async def end_unfinished(self) -> int:
        """Mark imports as interrupted that say they run but are alive in no process; return how many."""
        ended = 0
        async with self._database.session() as session:
            running = await session.scalars(select(imports.c.id).where(imports.c.state == "running"))
            for import_id in running.all():
                if await session.scalar(_TRY, {"name": str(import_id)}):
                    ended += 1
                    table = update(imports).where(imports.c.id == import_id, imports.c.state == "running")
                    await session.execute(table.values(state="interrupted", finished_at=func.now()))
            await session.commit()
        return ended


def _result(report: ImportReport) -> dict[str, Any]:
    return {
        "state": report.state,
        "counts": asdict(report.counts),
        "rejected": [rejection.as_json() for rejection in report.rejected[:MOST_KEPT]],
        "rejected_file": report.rejected_file,
        "problem": asdict(report.problem) if report.problem else None,
        "findings": report.findings.as_json(),
    }


def _report(row: RowMapping) -> ImportReport:
    return ImportReport(
        id=row["id"],
        what=row["what"],
        file=row["file"],
        state=row["state"],
        dry_run=row["dry_run"],
        counts=Counts(**row["counts"]),
        rejected=[Rejection.from_json(each) for each in row["rejected"]],
        rejected_file=row["rejected_file"],
        problem=Reason(**row["problem"]) if row["problem"] else None,
        findings=Findings.from_json(row["findings"]),
    )
