"""Runs the measurements and prints what they found."""

import argparse
import asyncio
import traceback
from collections.abc import Awaitable, Callable, Sequence

import pytest
import structlog
from rich.console import Console

from benchmarks import (
    crm_sales,
    due,
    growth,
    latency,
    processes,
    publishing,
    rules_process,
    scale,
    startup,
    whole_path,
)
from benchmarks.places import Bench, bench
from benchmarks.table import Failed, Findings, as_markdown, show

MEASUREMENTS: dict[str, Callable[[Bench], Awaitable[Findings]]] = {
    "whole_path": whole_path.measure,
    "rules_process": rules_process.measure,
    "latency": latency.measure,
    "publishing": publishing.measure,
    "growth": growth.measure,
    "due": due.measure,
    "processes": processes.measure,
    "startup": startup.measure,
    "crm_sales": crm_sales.measure,
    "scale": scale.measure,
}

progress = Console(stderr=True)


def main() -> None:
    """Measure what the command line names, or everything, one after the other."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(MEASUREMENTS))
    parser.add_argument("--quick", action="store_true", help="a tenth of everything, to see that it runs")
    parser.add_argument("--size", type=int, help="how many customers `scale` has, instead of 100,000")
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    asked = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger("warning"))
    if unknown := set(asked.names) - MEASUREMENTS.keys():
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    found = asyncio.run(_measure(asked.names or list(MEASUREMENTS), is_quick=asked.quick, size=asked.size))
    if asked.markdown:
        Console(width=10_000, markup=False, highlight=False).print(as_markdown(found))
    else:
        show(found)


async def _measure(names: Sequence[str], *, is_quick: bool, size: int | None) -> Findings:
    async with bench(is_quick=is_quick, size=size) as place:
        return [each for name in names for each in await _one(name, place)]


async def _one(name: str, place: Bench) -> Findings:
    progress.print(f"{name} ...")
    try:
        found = await MEASUREMENTS[name](place)
    except (Exception, pytest.fail.Exception, pytest.skip.Exception) as error:  # noqa: BLE001 -- the rest goes on
        progress.print("".join(traceback.format_exception(error)), markup=False)
        return [Failed(name, (str(error) or type(error).__name__).splitlines()[0])]
    progress.print(as_markdown(found), markup=False, highlight=False, soft_wrap=True)
    return found


if __name__ == "__main__":
    main()
