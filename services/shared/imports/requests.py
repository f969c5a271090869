"""What is asked of an import, and the reading of it: everything before the database is touched."""

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from services.shared.imports.default_mapping import default_mapping
from services.shared.imports.errors import OtherTargetError, UnknownTargetError
from services.shared.imports.findings import UnusedColumn
from services.shared.imports.following import Continuation, continuations, following
from services.shared.imports.mapping import ImportMapping, parse_mapping
from services.shared.imports.parsed import ParsedRow
from services.shared.imports.reading import read_bytes, read_table
from services.shared.imports.rows import Locality, RowReader
from services.shared.imports.table import Table
from services.shared.imports.targets import ImportTarget
from services.shared.imports.unused import unused_columns


@dataclass(frozen=True)
class ImportRequest:
    """A file to import as records of one kind, perhaps with a mapping; both as bytes with their names.

    `sheet` goes before the one that the mapping names. A `dry_run` does everything and keeps nothing. With
    `follows` the file is a table of that other kind, and only its part about this kind is read.
    """

    what: str
    file: str
    content: bytes
    mapping: bytes | None = None
    mapping_file: str = "mapping.yaml"
    sheet: str | None = None
    dry_run: bool = False
    follows: str | None = None

    @classmethod
    def from_disk(
        cls,
        what: str,
        file: Path,
        *,
        mapping: Path | None = None,
        sheet: str | None = None,
        dry_run: bool = False,
    ) -> "ImportRequest":
        """Read both files; raises UnknownFileError or UnreadableFileError."""
        return cls(
            what=what,
            file=_name(file),
            content=read_bytes(file),
            mapping=read_bytes(mapping) if mapping else None,
            mapping_file=str(mapping) if mapping else "",
            sheet=sheet,
            dry_run=dry_run,
        )


def _name(file: Path) -> str:
    """The name of a file; bytes of another encoding become replacement characters."""
    return os.fsencode(file.name).decode("utf-8", "replace")


@dataclass(frozen=True)
class Prepared:
    """A request that was read: where it goes, how it was mapped, and its rows.

    `remarks` are rows that are no records; `continues` are the kinds that the file is to be imported as next.
    """

    request: ImportRequest
    target: ImportTarget
    mapping: ImportMapping
    rows: list[ParsedRow]
    locality: Locality
    remarks: list[ParsedRow] = field(default_factory=list)
    unused_columns: list[UnusedColumn] = field(default_factory=list)
    continues: list[Continuation] = field(default_factory=list)

    @property
    def source(self) -> str:
        """The file as rejections name it, with the sheet, if there are several, in which a row is counted."""
        sheet = self.request.sheet or self.mapping.sheet
        return f"{self.request.file} [{sheet}]" if sheet else self.request.file


def prepare(request: ImportRequest, targets: Mapping[str, ImportTarget], locality: Locality) -> Prepared:
    """Read file and mapping; raises one of the RefusedErrors of this package, with nothing done."""
    target = targets.get(request.what)
    if target is None:
        raise UnknownTargetError(what=request.what, known=", ".join(sorted(targets)))
    mapping = None
    if request.mapping is not None:
        mapping = parse_mapping(request.mapping, request.mapping_file, target.fields)
        meant = request.follows or request.what
        if mapping.what != meant:
            raise OtherTargetError(mapping=request.mapping_file, said=mapping.what, what=meant)
    table = read_table(
        request.content,
        request.file,
        sheet=request.sheet or (mapping.sheet if mapping else None),
        header_row=mapping.header_row if mapping else 1,
    )
    continues: list[Continuation] = []
    if mapping is None or not mapping.fields:
        continues = continuations(request.what, table)
        table, mapping = _understood(request, table, target, mapping)
    reader = RowReader(table, mapping, target.fields, locality=locality, identified_by=target.identified_by)
    rows = list(reader.read())
    if request.follows:
        _leave_out_what_is_known(rows, following(request.follows, request.what).shared(table))
    taken = [column for each in continues for column in each.columns]
    unused = unused_columns(table, mapping, target=target, targets=targets, taken=taken)
    return Prepared(request, target, mapping, rows, locality, reader.remarks, unused, continues)


def _leave_out_what_is_known(rows: Sequence[ParsedRow], shared: Collection[str]) -> None:
    """What is found in columns of the table's own kind was reported when it was imported as that."""
    for row in rows:
        row.notes = [note for note in row.notes if note.column not in shared]


def _understood(
    request: ImportRequest, table: Table, target: ImportTarget, mapping: ImportMapping | None
) -> tuple[Table, ImportMapping]:
    """What is to be read of a table whose columns no mapping names, and how its headers are understood."""
    mapping = mapping or ImportMapping(what=request.what)
    if request.follows:
        # Ids and numbers are those of the table's own kind; a row may hold several records of this one.
        ids = {"external_id": None, "number": None, "same_as": ()}
        mapping = mapping.model_copy(update={**ids, "what": request.what})
        table = following(request.follows, request.what).part(table, also=mapping.columns())
    table = target.unfold(table)
    mapping = default_mapping(table, what=request.what, fields=target.fields, said=mapping)
    numbers = [column for word in target.numbered_by for column in table.all_named(word)]
    if numbers and mapping.external_id is None and not set(numbers) & set(mapping.ignore):
        mapping = mapping.model_copy(update={"number": mapping.number or numbers[0]})
    return table, mapping
