"""Shows how far a load is: bars on a terminal, plain lines elsewhere; always on standard error."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from services.cli.console import pick
from services.cli.terminal import notes
from services.client import Json
from services.loading import Progress
from services.shared.imports.requests import ImportRequest


@contextmanager
def progress() -> Iterator[Progress]:
    """Show progress for as long as the context lasts."""
    if not sys.stderr.isatty():
        yield PlainLines()
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Bars(*columns, console=notes()) as bars:
        yield ProgressBars(bars)


class ProgressBars:
    """A bar for each file, and one for what follows from them."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._files: dict[str, TaskID] = {}
        self._settling: TaskID | None = None
        self._most = 0

    def importing(self, request: ImportRequest, report: Json) -> None:
        """Move the file's bar."""
        counts = report["counts"]
        if report["id"] not in self._files:
            self._files[report["id"]] = self._bars.add_task(_name(request), total=None)
        self._bars.update(self._files[report["id"]], total=counts["total"] or None, completed=counts["done"])

    def settling(self, *, missing: int, due: int) -> None:
        """Move the bar of what is left; it grows when more turns up."""
        left = missing + due
        if self._settling is None:
            if not left:
                return
            self._settling = self._bars.add_task(pick(zh="评估", en="evaluating"))
        self._most = max(self._most, left)
        self._bars.update(self._settling, total=self._most, completed=self._most - left)


class PlainLines:
    """One line when a file is begun, and one when what follows from them is."""

    def __init__(self) -> None:
        self._begun: set[str] = set()

    def importing(self, request: ImportRequest, report: Json) -> None:
        """Say that a file is being imported."""
        self._say(str(report["id"]), pick(zh=f"导入 {_name(request)} …", en=f"importing {_name(request)} …"))

    def settling(self, *, missing: int, due: int) -> None:
        """Say that there is something to evaluate."""
        if due and not missing:
            self._say("evaluating", pick(zh="评估 …", en="evaluating …"))

    def _say(self, what: str, line: str) -> None:
        if what not in self._begun:
            self._begun.add(what)
            sys.stderr.write(f"{line}\n")


def summary(request: ImportRequest, report: Json) -> str:
    """Return what became of a file, in one line."""
    counts = report["counts"]
    return pick(
        zh=f"{_name(request)}：共 {counts['total']} 行，新增 {counts['created']}，更新 {counts['changed']}，"
        f"未变 {counts['unchanged']}，拒绝 {counts['rejected']}",
        en=f"{_name(request)}: {counts['total']} rows, {counts['created']} created, "
        f"{counts['changed']} changed, {counts['unchanged']} unchanged, {counts['rejected']} rejected",
    )


def continuation(report: Json) -> str:
    """Return as what else the file of a dry run would be imported, in one line."""
    kinds = [(each["what"], pick(zh="、", en=", ").join(each["columns"])) for each in report["continues"]]
    return pick(
        zh="随后还将导入：" + "；".join(f"{what}（{columns}）" for what, columns in kinds),
        en="then also imported: " + "; ".join(f"{what} ({columns})" for what, columns in kinds),
    )


def _name(request: ImportRequest) -> str:
    sheet = f" [{request.sheet}]" if request.sheet else ""
    return f"{request.what} {request.file}{sheet}"
