"""Numbers in a list that came without a system's name: ours, or those of somebody's table.

They say which record is meant only as long as its name agrees: a number that another list gave to something
else never takes its place.
"""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from contracts.events import SourceRef
from services.shared.imports.errors import Reason
from services.shared.imports.history import Prior
from services.shared.imports.planning import PlannedRow
from services.shared.imports.targets import ImportTarget
from services.shared.lookups import Lookup, Match

LIST = "table"
"""The source system of numbers that stand in a table of no known system."""


async def settle_numbers(
    rows: Sequence[PlannedRow], prior: dict[str, Prior], target: ImportTarget, session: AsyncSession
) -> None:
    """Find the records that rows mean by their numbers; reject a row whose number is that of another record.

    A number that is not known is kept with a new record.
    """
    numbers = {row.parsed.listed_as for row in rows if row.parsed.listed_as}
    if not numbers:
        return
    lookup = target.lookups.get(target.record_kind)
    known = await _known(numbers, target, session, lookup)
    every = [match.record_id for matches in known.values() for match in matches]
    names = await lookup.names(session, every) if lookup else {}
    for row in rows:
        row.given = None
        number, meant = row.parsed.listed_as or "", prior.get(row.identity, Prior()).record_id
        matches = known[number]
        fitting = [each for each in matches if meant == each.record_id or row.natural_key == each.natural_key]
        if not matches:
            if number and meant is None:
                row.given = _ref(number)
        elif not fitting:
            other = matches[0]
            name = names.get(other.record_id, other.natural_key)
            row.parsed.reject(target.identified_by[0], _another(number, name))
        elif meant is None:
            prior[row.identity] = Prior(fitting[0].record_id)


async def _known(
    numbers: set[str], target: ImportTarget, session: AsyncSession, lookup: Lookup | None
) -> defaultdict[str, list[Match]]:
    """Find the records that we, and that a list, gave each number: it may be two."""
    known: defaultdict[str, list[Match]] = defaultdict(list)
    for number, match in (await target.by_number(session, numbers)).items():
        known[number].append(match)
    if lookup is not None:
        for ref, match in await lookup.by_refs(session, [_ref(number) for number in numbers]):
            known[ref.external_id].append(match)
    return known


def _ref(number: str) -> SourceRef:
    return SourceRef(source_system=LIST, external_id=number)


def _another(number: str, name: str) -> Reason:
    return Reason(
        zh=f"编号 {number} 已属于“{name}”，名称不符；"
        "若编号出自其他系统，请在映射中写明 source_system 和 external_id",
        en=f"The number {number} is that of {name!r}; if another system gave it, "
        "give a mapping with source_system and external_id",
    )
