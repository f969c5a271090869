"""What became of an import: counts, and every rejection, also as a file."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, Self
from uuid import UUID

from services.shared.errors import Locale
from services.shared.imports.errors import Reason
from services.shared.imports.findings import Findings

State = Literal["running", "done", "failed", "interrupted"]
MOST_KEPT = 10_000
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_HEADER = {"zh": ("文件", "行", "列", "值", "原因"), "en": ("file", "row", "column", "value", "reason")}


@dataclass
class Counts:
    """Rows by what became of them; `total` are all that count, `left_out` those that do not."""

    total: int = 0
    done: int = 0
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: int = 0
    left_out: int = 0

    def add(self, other: "Counts") -> None:
        """Add the rows of a part that were done."""
        for name in ("done", "created", "changed", "unchanged", "rejected"):
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(frozen=True)
class Rejection:
    """One cell that kept a row from being imported; rows are numbered as a person sees them.

    `file` names a workbook together with the sheet: `sample.xlsx [人员]`.
    """

    file: str
    row: int
    column: str
    value: str
    reason: Reason

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The rejection that `as_json` wrote down."""
        return cls(**{**data, "reason": Reason(**data["reason"])})

    def as_json(self) -> dict[str, Any]:
        """The rejection as JSON knows it, its reason in both languages."""
        return asdict(self)


@dataclass
class ImportReport:
    """One import: its state, counts, rejections (of which MOST_KEPT are kept) and findings."""

    id: UUID
    what: str
    file: str
    state: State = "running"
    dry_run: bool = False
    counts: Counts = field(default_factory=Counts)
    rejected: list[Rejection] = field(default_factory=list)
    rejected_file: str | None = None
    problem: Reason | None = None
    findings: Findings = field(default_factory=Findings)

    def as_json(self) -> dict[str, Any]:
        """The report as the HTTP interface shows it."""
        told = {name: value for name, value in vars(self).items() if name not in {"findings", "rejected"}}
        return {
            **told,
            "id": str(self.id),
            "counts": asdict(self.counts),
            "rejected": [rejection.as_json() for rejection in self.rejected],
            "problem": asdict(self.problem) if self.problem else None,
            **self.findings.as_json(),
        }


def write_rejections(path: Path, rejections: Sequence[Rejection], locale: Locale) -> None:
    """Write a CSV that spreadsheets open safely, all or nothing: no cell of it is taken for a formula."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(_HEADER[locale])
    for each in rejections:
        cells = (each.file, str(each.row), each.column, each.value, each.reason.message(locale))
        writer.writerow([_harmless(cell) for cell in cells])
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    aside = path.with_suffix(".part")
    aside.write_bytes(text.getvalue().encode("utf-8-sig"))
    aside.replace(path)


def rejections_path(data_dir: Path, report: ImportReport) -> Path:
    """Where the rejections of an import are written."""
    stem = re.sub(r"[^\w.-]+", "-", Path(report.file).stem)[:60]
    return data_dir / "rejected" / f"{report.what}-{stem}-{report.id}.csv"


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell
