"""Turns references, as they are written, into the ids of the records they mean."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from contracts.events import SourceRef
from services.shared.directory import directory_lookup
from services.shared.imports.conversion import Written
from services.shared.imports.errors import Reason
from services.shared.imports.kinds import Field, Ref
from services.shared.imports.parsed import ParsedRow
from services.shared.imports.text import normalise_name
from services.shared.lookups import Lookup, Match

_KINDS = {
    "customer": ("客户", "customer"),
    "person": ("人员", "person"),
    "opportunity": ("商机", "opportunity"),
}


def reference_fields(fields: Mapping[str, Field], names: Iterable[str]) -> list[tuple[str, Ref]]:
    """The fields among `names` that refer to records, those that depend on another field last."""
    found = [(name, kind) for name in names if isinstance(kind := fields[name].kind, Ref)]
    return sorted(found, key=lambda pair: pair[1].within is not None)


async def resolve(
    rows: Sequence[ParsedRow],
    references: Sequence[tuple[str, Ref]],
    lookups: Mapping[str, Lookup],
    session: AsyncSession,
) -> None:
    """Replace the references of these fields; a row with an unknown or ambiguous one is rejected."""
    for name, kind in references:
        told = [(row, value) for row in rows if isinstance(value := row.values.get(name), Written)]
        lookup = lookups.get(kind.record_kind) or directory_lookup(kind.record_kind)
        found = await _find({written for _, written in told}, lookup, session)
        for row, written in told:
            matches = found[written]
            if kind.within is not None:
                matches = [match for match in matches if match.customer_id == row.values.get(kind.within)]
            _settle(row, name, written, matches)


async def _find(
    references: set[Written], lookup: Lookup, session: AsyncSession
) -> defaultdict[Written, list[Match]]:
    found: defaultdict[Written, list[Match]] = defaultdict(list)
    for system in {written.source_system for written in references}:
        by_word: dict[str, list[Written]] = {}
        for written in references:
            if written.source_system == system:
                by_word.setdefault(reference_key(written)[1], []).append(written)
        if system is None:
            matches = [(match.natural_key, match) for match in await lookup.by_keys(session, by_word)]
        else:
            refs = [SourceRef(source_system=system, external_id=word) for word in by_word]
            matches = [(ref.external_id, match) for ref, match in await lookup.by_refs(session, refs)]
        for word, match in matches:
            for written in by_word.get(word, ()):
                found[written].append(match)
    return found


def reference_key(written: Written) -> tuple[str | None, str]:
    """What two ways of writing the same reference have in common: the system and id, or the natural key."""
    return written.source_system, written.text if written.is_id else normalise_name(written.text)


def _settle(row: ParsedRow, name: str, written: Written, matches: Sequence[Match]) -> None:
    ids: set[UUID] = {match.record_id for match in matches}
    if len(ids) == 1:
        row.values[name] = ids.pop()
        return
    zh, en = _KINDS.get(written.record_kind, (written.record_kind, written.record_kind))
    del row.values[name]
    text, count = written.text, len(ids)
    reason = Reason(zh=f"没有名为“{text}”的{zh}", en=f"No {en} is known as {text!r}")
    if ids:
        reason = Reason(
            zh=f"有 {count} 个{zh}名为“{text}”,无法确定是哪一个",
            en=f"{count} records of the kind {en} are known as {text!r}",
        )
    row.reject(name, reason)
