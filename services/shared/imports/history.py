"""What was imported before, row by row, and which existing record a row means."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.events import SourceRef
from services.shared import foreign_ids
from services.shared.imports.errors import Reason
from services.shared.imports.planning import PlannedRow
from services.shared.imports.stored import Stored
from services.shared.imports.tables import import_rows
from services.shared.imports.targets import ImportTarget, Repeated
from services.shared.imports.text import normalise_name
from services.shared.lookups import Lookup
from services.shared.statements import is_one_of

_LIKELY_DUPLICATE = Reason(
    zh="已有同名记录，但该系统对它另有编号，或同名记录不止一条；本行另立了一条记录，可能重复",
    en="A record of this name is there, with another id of this system, or several are;"
    " this row became another record and is likely a duplicate",
)


@dataclass(frozen=True)
class Prior:
    """What is known of a row before it is applied.

    `record_id` is the record that it means, None for a new one. `values` were last imported under the row's
    identity, `refs` are those of its foreign ids that the record has. `remark` is to be reported with it.
    """

    record_id: UUID | None = None
    values: Mapping[str, Stored] = field(default_factory=dict)
    refs: frozenset[SourceRef] = frozenset()
    remark: Reason | None = None


async def find_prior(
    rows: Sequence[PlannedRow], target: ImportTarget, session: AsyncSession
) -> dict[str, Prior]:
    """What is known of each row, by identity; rows that nothing identifies are absent.

    A row is known by its foreign ids, else by its identity, else by its natural key (A12): by the name that a
    record has now, or, of records without a name, as imports have identified them. A row that may mean
    several records is rejected; with an external id it is a new one, and reported. Until the transaction ends
    nobody else takes the ids and the names.
    """
    found = await _by_identity(rows, target, session)
    unknown = [row for row in rows if row.identity not in found and row.natural_key and not row.parsed.bad]
    return found | (await _by_name(unknown, target, session) if unknown else {})


async def keep_values(
    rows: Sequence[tuple[PlannedRow, UUID, Mapping[str, Stored]]], target: ImportTarget, session: AsyncSession
) -> None:
    """Keep the values of rows that were imported, beside those that other files gave for the same key."""
    if not rows:
        return
    records = [
        {
            "what": target.what,
            "identity": row.identity,
            "record_id": record_id,
            "natural_key": row.natural_key,
            "values": dict(values),
        }
        for row, record_id, values in rows
    ]
    statement = insert(import_rows)
    new = statement.excluded
    statement = statement.on_conflict_do_update(
        index_elements=[import_rows.c.what, import_rows.c.identity],
        set_={
            "record_id": new.record_id,
            "natural_key": new.natural_key,
            "values": import_rows.c["values"].concat(new["values"]),
        },
    )
    await session.execute(statement, records)


async def _by_identity(
    rows: Sequence[PlannedRow], target: ImportTarget, session: AsyncSession
) -> dict[str, Prior]:
    refs = {ref for row in rows for ref in row.parsed.source_refs}
    owners = await foreign_ids.claim(session, target.record_kind, refs)
    imported = _rows_of(target).where(is_one_of(import_rows.c.identity, [row.identity for row in rows]))
    stored = {record["identity"]: record for record in (await session.execute(imported)).mappings()}
    found = {}
    for row in rows:
        known = frozenset(row.parsed.source_refs) & owners.keys()
        records = {owners[ref] for ref in known}
        before = stored.get(row.identity)
        if len(records) > 1:
            row.parsed.reject(target.identified_by[-1], _several_owners(known))
        elif before:
            found[row.identity] = Prior(next(iter(records), before["record_id"]), before["values"], known)
        elif records:
            found[row.identity] = Prior(records.pop(), refs=known)
    return found


async def _by_name(
    rows: Sequence[PlannedRow], target: ImportTarget, session: AsyncSession
) -> dict[str, Prior]:
    namesakes = await _find_namesakes(rows, target, session)
    every = {record_id for records in namesakes.values() for record_id in records}
    systems = await foreign_ids.systems_of(session, target.record_kind, every)
    found = {}
    entered: set[str] = set()
    for row in rows:
        system, records = row.parsed.own_system, namesakes.get(row.natural_key, set())
        single = next(iter(records)) if len(records) == 1 else None
        if single and system not in systems[single]:
            found[row.identity] = Prior(single)
            if system:
                # Another row of this file with another id of the system is another record.
                systems[single].add(system)
        elif system is None and records:
            row.parsed.reject(target.identified_by[-1], _ambiguous(len(records)))
        else:
            is_likely = (records or row.natural_key in entered) and target.repeated is not Repeated.IS_ANOTHER
            found[row.identity] = Prior(remark=_LIKELY_DUPLICATE if is_likely else None)
            entered.add(row.natural_key)
    return found


async def _find_namesakes(
    rows: Sequence[PlannedRow], target: ImportTarget, session: AsyncSession
) -> dict[str, set[UUID]]:
    """All records with the natural key of a row, by that key."""
    lookup = target.lookups.get(target.record_kind)
    if lookup and "name" in target.identified_by:
        pairs = await _named_now(rows, target, lookup, session)
    else:
        pairs = await _imported_before(rows, target, session)
    found: dict[str, set[UUID]] = {}
    for key, record_id in pairs:
        found.setdefault(key, set()).add(record_id)
    return found


async def _named_now(
    rows: Sequence[PlannedRow], target: ImportTarget, lookup: Lookup, session: AsyncSession
) -> Iterable[tuple[str, UUID]]:
    """Records that have the name of a row, whoever made them, each with the natural key of the row."""
    by_name: dict[str, list[PlannedRow]] = {}
    for row in rows:
        by_name.setdefault(normalise_name(str(row.parsed.values["name"])), []).append(row)
    await lookup.claim_names(session, by_name)
    return [
        (row.natural_key, match.record_id)
        for match in await lookup.by_keys(session, by_name)
        for row in by_name.get(match.natural_key, ())
        if "customer" not in target.identified_by or row.parsed.values["customer"] == match.customer_id
    ]


async def _imported_before(
    rows: Sequence[PlannedRow], target: ImportTarget, session: AsyncSession
) -> Iterable[tuple[str, UUID]]:
    """Records that have no name of their own, as imports have identified them."""
    imported = _rows_of(target).where(is_one_of(import_rows.c.natural_key, [row.natural_key for row in rows]))
    return [
        (record["natural_key"], record["record_id"])
        for record in (await session.execute(imported)).mappings()
    ]


def _several_owners(refs: Iterable[SourceRef]) -> Reason:
    ids = ", ".join(sorted(f"{ref.source_system}/{ref.external_id}" for ref in refs))
    return Reason(
        zh=f"{ids} 属于不同的记录，编号不能改属",
        en=f"{ids} belong to different records, and an id stays with its record",
    )


def _ambiguous(count: int) -> Reason:
    return Reason(
        zh=f"已有 {count} 条同名记录，无法确定是哪一条",
        en=f"{count} records are known by this name",
    )


def _rows_of(target: ImportTarget) -> Select[tuple[object, ...]]:
    return select(import_rows).where(import_rows.c.what == target.what)
