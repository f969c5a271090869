"""What the measurements found, as a table."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import quantiles

from rich.console import Console
from rich.table import Table

HEADINGS = ("what", "figure", "baseline", "ratio", "goal")


@dataclass(frozen=True)
class Finding:
    """One figure with its unit, the baseline's in the same unit, and their ratio with the goal for it.

    `goal` says what the ratio should be, like `>= 0.8`; a figure without a baseline stands for itself.
    """

    name: str
    figure: float
    unit: str
    baseline: float | None = None
    goal: str = ""

    @property
    def ratio(self) -> float | None:
        """The figure as a multiple of the baseline."""
        return self.figure / self.baseline if self.baseline else None


@dataclass(frozen=True)
class Failed:
    """A measurement that came to nothing, and why."""

    name: str
    reason: str


Findings = Sequence[Finding | Failed]


def as_rows(findings: Iterable[Finding | Failed]) -> list[tuple[str, ...]]:
    """The cells of the table."""
    return [_row(each) for each in findings]


def as_markdown(findings: Findings) -> str:
    """The table as Markdown."""
    lines = [HEADINGS, ("---", "--:", "--:", "--:", "---"), *as_rows(findings)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def show(findings: Findings) -> None:
    """Print the table."""
    table = Table(*HEADINGS)
    for row in as_rows(findings):
        table.add_row(*row)
    Console(width=140).print(table)


def percentiles(seconds: Sequence[float]) -> tuple[float, float]:
    """The median and the 99th percentile."""
    cuts = quantiles(seconds, n=100, method="inclusive")
    return cuts[49], cuts[98]


def _row(found: Finding | Failed) -> tuple[str, ...]:
    if isinstance(found, Failed):
        return (found.name, f"failed: {found.reason}", "", "", "")
    return (
        found.name,
        f"{_short(found.figure)} {found.unit}",
        _short(found.baseline) if found.baseline else "",
        f"{found.ratio:.2f}" if found.ratio else "",
        found.goal,
    )


def _short(figure: float) -> str:
    """Three digits that say something, or all before the point."""
    return f"{figure:,.0f}" if figure >= 100 else f"{figure:.3g}"  # noqa: PLR2004 -- from three digits on
