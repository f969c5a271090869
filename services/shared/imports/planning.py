"""Which rows are to be applied, and in what order: identities, repetitions, rows that others refer to."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from contracts.events import SourceRef
from services.shared.imports.conversion import Written
from services.shared.imports.errors import Reason
from services.shared.imports.parsed import ParsedRow
from services.shared.imports.references import reference_key
from services.shared.imports.stored import Seal
from services.shared.imports.targets import ImportTarget, Repeated
from services.shared.imports.text import normalise_name

_NO_IDENTITY = Reason(zh="缺少识别记录所需的内容", en="What identifies the record is missing")
_CIRCLE = Reason(zh="引用成环，回到了该行自身", en="The references go round in a circle back to this row")


@dataclass
class PlannedRow:
    """A row with its natural key and its identity, which is the external id's or else the natural key's.

    `given` is an id for a new record that the row itself does not have.
    """

    parsed: ParsedRow
    natural_key: str
    identity: str
    given: SourceRef | None = None

    @property
    def source_refs(self) -> tuple[SourceRef, ...]:
        """The foreign ids of the record."""
        return (*self.parsed.source_refs, self.given) if self.given else self.parsed.source_refs


@dataclass
class Plan:
    """Rows to apply, in groups of which each may refer to records of earlier ones; and all other rows."""

    groups: list[list[PlannedRow]]
    rejected: list[ParsedRow]
    left_out: int

    @property
    def total(self) -> int:
        """How many rows count: applied or rejected, not those left out."""
        return sum(map(len, self.groups)) + len(self.rejected)


def make_plan(parsed: Sequence[ParsedRow], target: ImportTarget, *, keep: bool, seal: Seal) -> Plan:
    """Plan the rows of one file, whose references to other kinds of records are resolved.

    With `keep`, of the own rows of one record only the highest ranked stays. Rows found wanting on the way
    are rejected with their reason.
    """
    planned = [_identified(row, target, seal) for row in parsed]
    kept = _latest(planned) if keep else planned
    kept = _without_doubled_extras(kept)
    _reject_repeated(kept, target)
    _reject_repeated_numbers(kept, target)
    good = [row for row in kept if not row.parsed.bad]
    groups = _in_order(good, target)
    return Plan(
        groups=groups,
        rejected=[row.parsed for row in kept if row.parsed.bad],
        left_out=sum(row.parsed.is_own for row in planned) - sum(row.parsed.is_own for row in kept),
    )


def _identified(row: ParsedRow, target: ImportTarget, seal: Seal) -> PlannedRow:
    natural = target.identity(row.values)
    if natural is None and not row.bad:
        row.reject(target.identified_by[0], _NO_IDENTITY)
    natural = natural or ""
    if natural and any(target.fields[name].is_private for name in target.identified_by):
        natural = seal(natural)
    identity = f"id:{row.source_system}/{row.external_id}" if row.external_id else f"key:{natural}"
    return PlannedRow(row, natural, identity)


def _latest(rows: Sequence[PlannedRow]) -> list[PlannedRow]:
    """Of each identity the row with the highest rank, on a tie the later one; extra rows all stay."""
    best: dict[str, PlannedRow] = {}
    for row in rows:
        if row.parsed.is_own and row.identity != "key:":
            rival = best.get(row.identity)
            if rival is None or _rank(row) >= _rank(rival):
                best[row.identity] = row
    return [row for row in rows if best.get(row.identity, row) is row or not row.parsed.is_own]


def _rank(row: PlannedRow) -> tuple[bool, float]:
    rank = row.parsed.rank
    return rank is not None, rank.timestamp() if rank else 0.0


def _without_doubled_extras(rows: Sequence[PlannedRow]) -> list[PlannedRow]:
    """Leave out extra rows for records that have a good row of their own, or an earlier extra row."""
    seen = {row.natural_key for row in rows if row.parsed.is_own and not row.parsed.bad}
    kept = []
    for row in rows:
        if not row.parsed.is_own:
            if row.natural_key in seen:
                continue
            seen.add(row.natural_key)
        kept.append(row)
    return kept


def _reject_repeated(rows: Sequence[PlannedRow], target: ImportTarget) -> None:
    by_identity: defaultdict[str, list[PlannedRow]] = defaultdict(list)
    for row in rows:
        if not row.parsed.bad:
            by_identity[row.identity].append(row)
    for same in by_identity.values():
        if len(same) > 1:
            _settle_repeated(same, target)
    if target.repeated is not Repeated.IS_ANOTHER:
        _reject_repeated_without_id([row for row in rows if not row.parsed.bad], target)


def _reject_repeated_numbers(rows: Sequence[PlannedRow], target: ImportTarget) -> None:
    """A number in a list is that of one record."""
    first_with: dict[str, PlannedRow] = {}
    for row in rows:
        if row.parsed.bad or row.parsed.listed_as is None:
            continue
        first = first_with.setdefault(row.parsed.listed_as, row)
        if first.natural_key != row.natural_key:
            number, at = row.parsed.listed_as, first.parsed.number
            reason = Reason(
                zh=f"编号 {number} 与第 {at} 行重复", en=f"The number {number} repeats that of row {at}"
            )
            row.parsed.reject(target.identified_by[0], reason)


def _settle_repeated(same: Sequence[PlannedRow], target: ImportTarget) -> None:
    if same[0].parsed.external_id or target.repeated is Repeated.LATER_IS_REJECTED:
        _reject_later(same, target)
    elif target.repeated is Repeated.ALL_ARE_REJECTED:
        _reject_all(same, target)
    else:
        for occurrence, row in enumerate(same[1:], start=2):
            row.natural_key += f"#{occurrence}"
            row.identity += f"#{occurrence}"


def _reject_repeated_without_id(rows: Sequence[PlannedRow], target: ImportTarget) -> None:
    """A row without an external id repeats one that has an id and the same natural key."""
    with_id = {row.natural_key: row for row in reversed(rows) if row.parsed.external_id}
    for row in rows:
        if not row.parsed.external_id and row.natural_key in with_id:
            _reject_later([with_id[row.natural_key], row], target)


def _reject_later(same: Sequence[PlannedRow], target: ImportTarget) -> None:
    first = same[0].parsed.number
    for row in same[1:]:
        reason = Reason(zh=f"与第 {first} 行重复", en=f"This repeats row {first}")
        row.parsed.reject(target.identified_by[0], reason)


def _reject_all(same: Sequence[PlannedRow], target: ImportTarget) -> None:
    numbers = ", ".join(str(row.parsed.number) for row in same)
    for row in same:
        reason = Reason(zh=f"第 {numbers} 行同名,无法区分", en=f"Rows {numbers} have the same name")
        row.parsed.reject(target.identified_by[0], reason)


def _in_order(rows: Sequence[PlannedRow], target: ImportTarget) -> list[list[PlannedRow]]:
    """Group rows so that each comes after the rows of the file that it refers to."""
    by_key: dict[tuple[str | None, str], PlannedRow] = {}
    for row in rows:
        by_key[None, normalise_name(str(row.parsed.values.get("name", "")))] = row
        for ref in row.parsed.source_refs:
            by_key[ref.source_system, ref.external_id] = row
    needs = {id(row): list(_needed(row, by_key, target)) for row in rows}
    groups: list[list[PlannedRow]] = []
    waiting = list(rows)
    done: set[int] = set()
    while waiting:
        ready = [row for row in waiting if all(id(other) in done for _, other in needs[id(row)])]
        if not ready:
            _reject_circle(waiting, needs)
            ready = waiting
        done.update(map(id, ready))
        groups.append([row for row in ready if not row.parsed.bad])
        waiting = [row for row in waiting if id(row) not in done]
    return groups


def _needed(
    row: PlannedRow, by_key: dict[tuple[str | None, str], PlannedRow], target: ImportTarget
) -> Iterable[tuple[str, PlannedRow]]:
    for name, value in row.parsed.values.items():
        if isinstance(value, Written) and value.record_kind == target.record_kind:
            other = by_key.get(reference_key(value))
            if other is not None:
                yield name, other


def _reject_circle(rows: Sequence[PlannedRow], needs: dict[int, list[tuple[str, PlannedRow]]]) -> None:
    """Reject rows that wait for each other, or behind those that do."""
    waiting = {id(row) for row in rows}
    for row in rows:
        name = next(name for name, other in needs[id(row)] if id(other) in waiting)
        row.parsed.reject(name, _CIRCLE)
