"""Writes planned rows, many in one transaction; a row that cannot be written never spoils its neighbours."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import text
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from services.shared.database import is_transient
from services.shared.directory import directory_lookup
from services.shared.errors import NotFoundError, RefusedError, TransientError
from services.shared.http.wording import why_invalid
from services.shared.imports.conflicts import settle_conflicts
from services.shared.imports.errors import Reason
from services.shared.imports.history import Prior, find_prior, keep_values
from services.shared.imports.numbers import settle_numbers
from services.shared.imports.planning import PlannedRow
from services.shared.imports.preview import MOST_ROWS, PreviewRow
from services.shared.imports.references import reference_fields, resolve
from services.shared.imports.report import Counts
from services.shared.imports.stored import Seal, Stored, stored_values
from services.shared.imports.targets import ImportRow, ImportTarget, RowRejectedError
from services.shared.unit_of_work import UnitOfWork

_REFUSALS = (RowRejectedError, RefusedError, NotFoundError, ValidationError, IntegrityError, DataError)
_PAUSES = (0.05, 0.2, 1.0)
_UNKNOWN = Reason(zh="没有这条记录", en="There is no such record")


@dataclass
class _Ready:
    """A row with what was imported before, what is to be set, and the values to keep."""

    planned: PlannedRow
    row: ImportRow
    is_new: bool
    kept: dict[str, Stored]
    is_kept: bool


Units = Callable[[], AbstractAsyncContextManager[UnitOfWork]]
"""Opens the transactions of an import, one after the other."""


class Applier:
    """Applies the rows of one import in `units`; a `preview`, if given, gets what the first of them do."""

    def __init__(
        self,
        units: Units,
        target: ImportTarget,
        *,
        seal: Seal,
        only_existing: bool,
        preview: list[PreviewRow] | None = None,
    ) -> None:
        self._units = units
        self._target = target
        self._seal = seal
        self._only_existing = only_existing
        self._preview = preview

    async def apply(self, rows: Sequence[PlannedRow]) -> Counts:
        """Apply rows in one transaction, or each in one of its own when they cannot be applied together.

        Rows that turn out not to be acceptable are rejected. Raises TransientError or SQLAlchemyError when
        the database fails; then none of the rows that the transaction held is applied.
        """
        try:
            return await self._patiently(rows)
        except _REFUSALS as refusal:
            if len(rows) == 1:
                _reject(rows[0], refusal, self._target)
                return Counts(done=1, rejected=1)
        counts = Counts()
        for row in rows:
            if row.parsed.bad:
                counts.add(Counts(done=1, rejected=1))
            else:
                counts.add(await self.apply([row]))
        return counts

    async def _patiently(self, rows: Sequence[PlannedRow]) -> Counts:
        """Try again after a deadlock or a short absence of the database."""
        for pause in _PAUSES:
            try:
                return await self._together(rows)
            except (SQLAlchemyError, TransientError, ConnectionError) as error:
                if not is_transient(error):
                    raise
            await asyncio.sleep(pause)
        return await self._together(rows)

    async def _together(self, rows: Sequence[PlannedRow]) -> Counts:
        async with self._units() as unit:
            # A plan that was kept since a table was small would read the whole of it for every batch.
            await unit.session.execute(text("set local plan_cache_mode = 'force_custom_plan'"))
            await self._resolve_own(rows, unit)
            good = [row for row in rows if not row.parsed.bad]
            prior = await find_prior(good, self._target, unit.session)
            await settle_numbers(good, prior, self._target, unit.session)
            ready = [self._ready(row, prior.get(row.identity, Prior())) for row in good if not row.parsed.bad]
            ready = [each for each in ready if not each.planned.parsed.bad]
            before = await self._settle_conflicts(ready, prior, unit)
            changing = [each for each in ready if each.row.changed or each.row.source_refs or each.is_new]
            await self._target.apply_all([each.row for each in changing], unit)
            kept = [
                (each.planned, each.row.record_id, each.kept)
                for each in ready
                if each.row.record_id and not each.is_kept
            ]
            await keep_values(kept, self._target, unit.session)
        self._report(ready, changing, before)
        created = sum(each.is_new for each in changing)
        return Counts(
            done=len(rows),
            created=created,
            changed=len(changing) - created,
            unchanged=len(ready) - len(changing),
            rejected=len(rows) - len(ready),
        )

    async def _settle_conflicts(
        self, ready: Sequence[_Ready], prior: Mapping[str, Prior], unit: UnitOfWork
    ) -> Mapping[UUID, Mapping[str, object]]:
        """Settle what both the file and a person changed; return what the records hold that rows change."""
        ids = [each.row.record_id for each in ready if each.row.record_id and each.row.changed]
        before = await self._target.current(ids, unit.session) if ids else {}
        for each in ready:
            current = before.get(each.row.record_id) if each.row.record_id else None
            if current is not None:
                last = prior[each.planned.identity].values
                settle_conflicts(each.row, target=self._target, last=last, current=current, seal=self._seal)
        return before if self._preview is None else await self._with_names(before, unit)

    async def _with_names(
        self, records: Mapping[UUID, Mapping[str, object]], unit: UnitOfWork
    ) -> Mapping[UUID, Mapping[str, object]]:
        """Put names in the place of ids, for people to read."""
        references = reference_fields(self._target.fields, self._target.fields)
        names: dict[UUID, str] = {}
        for name, kind in references:
            ids = [held for record in records.values() if isinstance(held := record.get(name), UUID)]
            if ids:
                lookup = self._target.lookups.get(kind.record_kind) or directory_lookup(kind.record_kind)
                names |= await lookup.names(unit.session, ids)

        def named(held: object) -> object:
            """The name in the place of an id."""
            return names.get(held, held) if isinstance(held, UUID) else held

        return {key: {name: named(held) for name, held in record.items()} for key, record in records.items()}

    def _report(
        self,
        ready: Sequence[_Ready],
        changing: Sequence[_Ready],
        before: Mapping[UUID, Mapping[str, object]],
    ) -> None:
        """Note what was done otherwise than the rows say, and show what the first of them do."""
        for each in ready:
            for name, why in each.row.notes:
                each.planned.parsed.note(name, why)
        if self._preview is None:
            return
        for each in changing[: MOST_ROWS - len(self._preview)]:
            parsed = each.planned.parsed
            named = (parsed.columns[name][1] for name in self._target.identified_by if name in parsed.columns)
            is_there = not each.is_new and each.row.record_id
            held = before.get(is_there, {}) if is_there else None
            self._preview.append(
                PreviewRow.of(
                    parsed,
                    each.row.changed,
                    fields=self._target.fields,
                    record=" / ".join(filter(None, named)),
                    before=held,
                )
            )

    async def _resolve_own(self, rows: Sequence[PlannedRow], unit: UnitOfWork) -> None:
        """Resolve references among the records that this import itself makes, such as a person's manager."""
        names = {name for row in rows for name in row.parsed.values}
        references = [
            (name, kind)
            for name, kind in reference_fields(self._target.fields, sorted(names))
            if kind.record_kind == self._target.record_kind
        ]
        await resolve([row.parsed for row in rows], references, self._target.lookups, unit.session)

    def _ready(self, planned: PlannedRow, prior: Prior) -> _Ready:
        parsed, name = planned.parsed, self._target.identified_by[-1]
        kept = stored_values(parsed.values, self._target.fields, self._seal)
        changed = {field for field, value in kept.items() if value != prior.values.get(field)}
        if self._only_existing:
            changed -= set(self._target.identified_by)
            if prior.record_id is None:
                parsed.reject(name, _UNKNOWN)
        row = ImportRow(
            number=parsed.number,
            record_id=prior.record_id,
            source_refs=tuple(ref for ref in planned.source_refs if ref not in prior.refs),
            values=parsed.values,
            changed=frozenset(changed),
        )
        if prior.remark:
            row.note(name, prior.remark)
        is_new, is_kept = prior.record_id is None, prior.values.items() >= kept.items()
        return _Ready(planned, row, is_new, kept, is_kept)


def _reject(row: PlannedRow, refusal: Exception, target: ImportTarget) -> None:
    """Note why a single row was refused."""
    if isinstance(refusal, RowRejectedError):
        row.parsed.reject(refusal.field, refusal.reason)
        return
    if isinstance(refusal, RefusedError | NotFoundError):
        reason = Reason(zh=refusal.message("zh"), en=refusal.message("en"))
    elif isinstance(refusal, ValidationError):
        wrong = refusal.errors(include_input=False)[0]
        reason = Reason(zh=f"内容无效：{why_invalid(wrong, 'zh')}", en=why_invalid(wrong, "en"))
    else:
        reason = Reason(zh="数据库不接受该行", en="The database does not accept this row")
    row.parsed.reject(target.identified_by[0], reason)
