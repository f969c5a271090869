"""What the measurements found, as a table."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import quantiles

from rich.console import Console
from rich.table import Table


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


def as_rows(findings: Iterable[Finding]) -> list[tuple[str, ...]]:
    """The cells of the table."""
    return [
        (
            each.name,
            f"{each.figure:,.4g} {each.unit}",
            f"{each.baseline:,.4g}" if each.baseline else "",
            f"{each.ratio:.2f}" if each.ratio else "",
            each.goal,
        )
        for each in findings
    ]


def show(findings: Sequence[Finding]) -> None:
    """Print the table."""
    table = Table("what", "figure", "baseline", "ratio", "goal")
    for row in as_rows(findings):
        table.add_row(*row)
    Console(width=140).print(table)


def percentiles(seconds: Sequence[float]) -> tuple[float, float]:
    """The median and the 99th percentile."""
    cuts = quantiles(seconds, n=100, method="inclusive")
    return cuts[49], cuts[98]
