"""A load file: what to import, in which order, from which files, with which mappings.

as_of: 2025-06-30T18:00+08:00
steps:
- {what: people, file: sample.xlsx, sheet: 人员}
- {what: customers, file: accounts.csv, mapping: customers.yaml}
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from services.shared.imports.document import read_document, validate
from services.shared.imports.requests import ImportRequest


class Step(BaseModel):
    """One file as records of one kind; the file is relative to `--from`, the mapping to the load file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    what: str
    file: str
    sheet: str | None = None
    mapping: str | None = None


class LoadFile(BaseModel):
    """What a load file says; `as_of` is the business instant at which its data are complete, if fixed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    as_of: AwareDatetime | None = None
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]


@dataclass(frozen=True)
class Load:
    """A load file that was read, and the requests of its steps, in order."""

    as_of: datetime | None
    requests: tuple[ImportRequest, ...]


def read_load_file(path: Path, *, files_from: Path) -> Load:
    """Read a load file and all files that it names, so that nothing is half done when one is missing.

    Raises UnknownFileError, UnreadableFileError or BadDocumentError.
    """
    said = validate(read_document(path), LoadFile)
    requests = tuple(
        ImportRequest.from_disk(
            step.what,
            files_from / step.file,
            mapping=path.parent / step.mapping if step.mapping else None,
            sheet=step.sheet,
        )
        for step in said.steps
    )
    return Load(said.as_of, requests)
