"""What is asked of an import, and the reading of it: everything before the database is touched."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from services.shared.imports.default_mapping import default_mapping
from services.shared.imports.errors import OtherTargetError, UnknownTargetError
from services.shared.imports.mapping import ImportMapping, parse_mapping
from services.shared.imports.reading import read_bytes, read_table
from services.shared.imports.rows import Locality, ParsedRow, RowReader
from services.shared.imports.targets import ImportTarget


@dataclass(frozen=True)
class ImportRequest:
    """A file to import as records of one kind, perhaps with a mapping; both as bytes with their names.

    `sheet` goes before the one that the mapping names. A `dry_run` checks everything and writes nothing.
    """

    what: str
    file: str
    content: bytes
    mapping: bytes | None = None
    mapping_file: str = "mapping.yaml"
    sheet: str | None = None
    dry_run: bool = False

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
    """A request that was read: where it goes, how it was mapped, and its rows."""

    request: ImportRequest
    target: ImportTarget
    mapping: ImportMapping
    rows: list[ParsedRow]

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
        if mapping.what != request.what:
            raise OtherTargetError(mapping=request.mapping_file, said=mapping.what, what=request.what)
    table = read_table(
        request.content,
        request.file,
        sheet=request.sheet or (mapping.sheet if mapping else None),
        header_row=mapping.header_row if mapping else 1,
    )
    mapping = mapping or default_mapping(table, what=request.what, fields=target.fields)
    reader = RowReader(table, mapping, target.fields, locality=locality)
    return Prepared(request, target, mapping, list(reader.read()))
