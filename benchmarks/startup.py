"""How long `genjin rules check` works, beside an interpreter that only imports the libraries it stands on."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.places import Bench
from benchmarks.processes import GENJIN
from benchmarks.table import Finding
from services.hosting.shipped import RULES

ROUNDS = 9

CHECK = (str(GENJIN), "rules", "check", str(RULES))
BARE = (sys.executable, "-c", "import pydantic, ruamel.yaml, typer, rich")


async def measure(_bench: Bench) -> list[Finding]:
    """Return the CPU seconds of a check of the shipped rules: a median, measured in turn with the baseline.

    CPU time, because other processes of the machine do not count; of compiled modules, which an installed
    product has.
    """
    with TemporaryDirectory() as compiled:
        await asyncio.to_thread(_rounds, 1, Path(compiled))
        check, bare = await asyncio.to_thread(_rounds, ROUNDS, Path(compiled))
    return [Finding("genjin rules check", check, "s", bare, "<= 2")]


def _rounds(count: int, compiled: Path) -> tuple[float, float]:
    taken = [(_seconds(CHECK, compiled), _seconds(BARE, compiled)) for _ in range(count)]
    return median(check for check, _ in taken), median(bare for _, bare in taken)


def _seconds(command: tuple[str, ...], compiled: Path) -> float:
    places = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(compiled)}
    before = _cpu_of_children()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, **places})  # noqa: S603 -- ourselves
    return _cpu_of_children() - before


def _cpu_of_children() -> float:
    used = getrusage(RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
