"""Runs one import from its prepared rows to its report."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, tzinfo
from functools import partial

from services.shared.database import Database
from services.shared.imports.applying import Applier, Units
from services.shared.imports.errors import Reason
from services.shared.imports.parsed import ParsedRow
from services.shared.imports.planning import Plan, PlannedRow, make_plan
from services.shared.imports.references import reference_fields, resolve
from services.shared.imports.report import Counts, ImportReport, Rejection
from services.shared.imports.requests import Prepared
from services.shared.imports.stored import Seal
from services.shared.instants import is_future
from services.shared.statements import LEAVES_NOTHING
from services.shared.unit_of_work import dry_unit, unit_of_work

ROWS_AT_ONCE = 200
_FUTURE = Reason(zh="该时间尚未到来", en="This is yet to come")
Step = Callable[[ImportReport], Awaitable[None]]
"""Hears after every transaction how far the import is."""


class ImportRun:
    """One import under way; `report` always says how far it is.

    Running the same file again after it was interrupted anywhere ends in the same state: rows that were
    written are found unchanged.
    """

    def __init__(self, prepared: Prepared, report: ImportReport, *, database: Database, seal: Seal) -> None:
        self.report = report
        self._prepared = prepared
        self._database = database
        self._seal = seal

    async def run(self, *, now: datetime, step: Step) -> None:
        """Apply all rows at the business instant `now`, telling `step` after every transaction.

        Raises TransientError or SQLAlchemyError when the database fails; what was done until then stays.
        """
        plan = await self._plan(now)
        counts = Counts(total=plan.total, done=len(plan.rejected), rejected=len(plan.rejected))
        counts.left_out = plan.left_out + len(self._prepared.remarks)
        self.report.counts = counts
        self.report.findings.unused_columns = self._prepared.unused_columns
        self.report.findings.continues = self._prepared.continues
        self._note(plan.rejected)
        await step(self.report)
        async with self._units(now) as units:
            await self._reserve_numbers(units)
            applier = self._applier(units)
            for rows in _batches(plan):
                counts.add(await applier.apply(rows))
                self._note([row.parsed for row in rows if row.parsed.bad])
                await step(self.report)
        self.report.findings.add([*self._prepared.rows, *self._prepared.remarks])
        self.report.rejected.sort(key=lambda rejection: rejection.row)

    async def _plan(self, now: datetime) -> Plan:
        """Resolve the references to records that exist, check the file, then identify and order the rows."""
        target, mapping, rows = self._prepared.target, self._prepared.mapping, self._prepared.rows
        _reject_future(rows, target.past, now=now, zone=self._prepared.locality.zone)
        names = {*mapping.fields, *(name for also in mapping.also for name in also.fields)}
        references = [
            (name, kind)
            for name, kind in reference_fields(target.fields, sorted(names))
            if kind.record_kind != target.record_kind
        ]
        async with self._database.session() as session:
            await resolve(rows, references, target.lookups, session)
            await target.check_file(rows, session)
        keep = mapping.keep is not None
        # A long file takes seconds of thought, in which this process has other things to do.
        return await asyncio.to_thread(make_plan, rows, target, keep=keep, seal=self._seal)

    @asynccontextmanager
    async def _units(self, now: datetime) -> AsyncIterator[Units]:
        """Give the transactions of the import; those of a dry run are parts of one that is rolled back."""
        if not self.report.dry_run:
            yield partial(unit_of_work, self._database, now=now)
            return
        async with self._database.session() as session:
            session.info[LEAVES_NOTHING] = True
            yield partial(dry_unit, session, service=self._database.name, now=now)
            await session.rollback()

    async def _reserve_numbers(self, units: Units) -> None:
        numbers = {row.listed_as for row in self._prepared.rows if row.listed_as}
        if numbers:
            async with units() as unit:
                await self._prepared.target.reserve_numbers(numbers, unit)

    def _applier(self, units: Units) -> Applier:
        return Applier(
            units,
            self._prepared.target,
            seal=self._seal,
            only_existing=self._prepared.mapping.only_existing,
            preview=self.report.findings.preview if self.report.dry_run else None,
        )

    def _note(self, rows: Sequence[ParsedRow]) -> None:
        self.report.rejected += [
            Rejection(self._prepared.source, row.number, bad.column, bad.value, bad.reason)
            for row in rows
            for bad in row.bad
        ]


def _reject_future(rows: Sequence[ParsedRow], past: Sequence[str], *, now: datetime, zone: tzinfo) -> None:
    """Reject what is said to have taken place and is yet to come, as requests and commands are."""
    for row in rows:
        for name in past:
            if is_future(row.values.get(name), now=now, zone=zone):
                row.reject(name, _FUTURE)


def _batches(plan: Plan) -> list[list[PlannedRow]]:
    """Groups in pieces of at most ROWS_AT_ONCE rows: no piece has rows that refer to each other."""
    return [
        group[start : start + ROWS_AT_ONCE]
        for group in plan.groups
        for start in range(0, len(group), ROWS_AT_ONCE)
    ]
