"""What was imported before, row by row, and which existing record a row means."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.shared.imports.errors import Reason
from services.shared.imports.planning import PlannedRow
from services.shared.imports.stored import Stored
from services.shared.imports.tables import import_rows
from services.shared.imports.targets import ImportTarget
from services.shared.imports.text import normalise_name
from services.shared.records import is_one_of


@dataclass(frozen=True)
class Prior:
    """The record that a row means, and the values last imported under the row's identity."""

    record_id: UUID
    values: Mapping[str, Stored] = field(default_factory=dict)


@dataclass(frozen=True)
class _Known:
    """A record that could be meant, and the ids that source systems gave it."""

    record_id: UUID
    ids: frozenset[tuple[str, str]] = frozenset()

    def fits(self, row: PlannedRow) -> bool:
        """Whether the record has no other id of the row's own system."""
        system, external_id = row.parsed.source_system, row.parsed.external_id
        return not any(known == system and given != external_id for known, given in self.ids)


async def find_prior(
    rows: Sequence[PlannedRow], target: ImportTarget, session: AsyncSession
) -> dict[str, Prior]:
    """What is known of each row, by identity; rows of new records are absent.

    A row is known by its identity, else by the id that its system gave to a record by a command, else by its
    natural key: from an earlier import, else as a record that was made in another way. A row whose natural
    key several records share is rejected, unless it has an external id, which then is a new record's.
    """
    by_identity = _rows_of(target).where(is_one_of(import_rows.c.identity, [row.identity for row in rows]))
    found = {
        record["identity"]: Prior(record["record_id"], record["values"])
        for record in (await session.execute(by_identity)).mappings()
    }
    found |= await _told_otherwise([row for row in rows if row.identity not in found], target, session)
    unknown = [row for row in rows if row.identity not in found and row.natural_key]
    if not unknown:
        return found
    candidates = await _by_natural_key(unknown, target, session)
    for row in unknown:
        fitting = {known.record_id for known in candidates.get(row.natural_key, ()) if known.fits(row)}
        if len(fitting) == 1:
            found[row.identity] = Prior(fitting.pop())
        elif fitting and not row.parsed.external_id:
            reason = Reason(
                zh=f"已有 {len(fitting)} 条同名记录,无法确定是哪一条",
                en=f"{len(fitting)} records are known by this name",
            )
            row.parsed.reject(target.identified_by[-1], reason)
    return found


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
            "source_system": row.parsed.source_system,
            "external_id": row.parsed.external_id,
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


async def _by_natural_key(
    rows: Sequence[PlannedRow], target: ImportTarget, session: AsyncSession
) -> dict[str, list[_Known]]:
    keys = {row.natural_key for row in rows}
    imported = _rows_of(target).where(is_one_of(import_rows.c.natural_key, keys))
    found: dict[str, set[UUID]] = {}
    for record in (await session.execute(imported)).mappings():
        found.setdefault(record["natural_key"], set()).add(record["record_id"])
    ids = await _made_otherwise(rows, found, target, session)
    every = {record_id for records in found.values() for record_id in records}
    given = _rows_of(target).where(
        is_one_of(import_rows.c.record_id, every), import_rows.c.external_id.is_not(None)
    )
    for record in (await session.execute(given)).mappings():
        ids.setdefault(record["record_id"], set()).add((record["source_system"], record["external_id"]))
    return {
        key: [_Known(record_id, frozenset(ids.get(record_id, ()))) for record_id in records]
        for key, records in found.items()
    }


async def _told_otherwise(
    rows: Sequence[PlannedRow], target: ImportTarget, session: AsyncSession
) -> dict[str, Prior]:
    """Find the records that have the external ids of rows, by the identity of the row."""
    lookup = target.lookups.get(target.record_kind)
    if lookup is None:
        return {}
    by_system: dict[str, dict[str, str]] = {}
    for row in rows:
        if row.parsed.source_system and row.parsed.external_id:
            by_system.setdefault(row.parsed.source_system, {})[row.parsed.external_id] = row.identity
    return {
        identities[match.external_id]: Prior(match.record_id)
        for system, identities in by_system.items()
        for match in await lookup.by_ids(session, system, identities)
        if match.external_id in identities
    }


async def _made_otherwise(
    rows: Sequence[PlannedRow],
    found: dict[str, set[UUID]],
    target: ImportTarget,
    session: AsyncSession,
) -> dict[UUID, set[tuple[str, str]]]:
    """Add to `found` records with the name of a row, whoever made them; return the ids they have."""
    lookup = target.lookups.get(target.record_kind)
    if lookup is None or "name" not in target.identified_by:
        return {}
    by_name: dict[str, list[PlannedRow]] = {}
    for row in rows:
        by_name.setdefault(normalise_name(str(row.parsed.values["name"])), []).append(row)
    ids: dict[UUID, set[tuple[str, str]]] = {}
    for match in await lookup.by_keys(session, by_name):
        for row in by_name.get(match.natural_key, ()):
            if "customer" in target.identified_by and row.parsed.values["customer"] != match.customer_id:
                continue
            found.setdefault(row.natural_key, set()).add(match.record_id)
            if match.source_system and match.external_id:
                ids.setdefault(match.record_id, set()).add((match.source_system, match.external_id))
    return ids


def _rows_of(target: ImportTarget) -> Select[tuple[object, ...]]:
    return select(import_rows).where(import_rows.c.what == target.what)
