"""How long `genjin rules check` takes, beside an interpreter that only imports the libraries it stands on."""

import asyncio
import subprocess
import sys
import time
from statistics import median

from benchmarks.places import Bench
from benchmarks.processes import GENJIN
from benchmarks.table import Finding
from services.hosting.shipped import RULES

ROUNDS = 7

CHECK = (str(GENJIN), "rules", "check", str(RULES))
BARE = (sys.executable, "-c", "import pydantic, ruamel.yaml, typer, rich")


async def measure(_bench: Bench) -> list[Finding]:
    """Seconds of a check of the shipped rules; the median of some runs, in turn with the baseline."""
    await asyncio.to_thread(_rounds, 1)  # which leaves the compiled modules behind
    check, bare = await asyncio.to_thread(_rounds, ROUNDS)
    return [Finding("genjin rules check", check, "s", bare, "<= 2")]


def _rounds(count: int) -> tuple[float, float]:
    taken = [(_seconds(CHECK), _seconds(BARE)) for _ in range(count)]
    return median(check for check, _ in taken), median(bare for _, bare in taken)


def _seconds(command: tuple[str, ...]) -> float:
    started = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 -- ourselves
    return time.monotonic() - started
