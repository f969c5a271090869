"""Reports of imports in and out of PostgreSQL."""

from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, func, insert, select, update

from services.shared.database import Database
from services.shared.imports.errors import Reason, UnknownImportError
from services.shared.imports.report import MOST_KEPT, Counts, ImportReport, Rejection
from services.shared.imports.tables import imports


class ImportStore:
    """The reports of one service's imports; each call is a transaction of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database

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

    async def end_unfinished(self) -> int:
        """Mark imports that are not running any more, but say so, as interrupted; return how many."""
        ended = update(imports).where(imports.c.state == "running")
        ended = ended.values(state="interrupted", finished_at=func.now())
        async with self._database.session() as session:
            ids = await session.scalars(ended.returning(imports.c.id))
            count = len(ids.all())
            await session.commit()
        return count


def _result(report: ImportReport) -> dict[str, Any]:
    return {
        "state": report.state,
        "counts": asdict(report.counts),
        "rejected": [rejection.as_json() for rejection in report.rejected[:MOST_KEPT]],
        "rejected_file": report.rejected_file,
        "problem": asdict(report.problem) if report.problem else None,
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
    )
