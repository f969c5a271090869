"""Memory and start-up of every process, beside an interpreter that only imports the frameworks."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median

import httpx

from benchmarks.places import Bench, Place
from benchmarks.table import Finding
from services.shared.settings import SERVICES
from tests.acceptance.deployment import Replica

ROUNDS = 3
PATIENCE_SECONDS = 120
POLL_SECONDS = 0.02
GENJIN = Path(sys.executable).with_name("genjin")

_BARE = """
import fastapi, faststream, sqlalchemy, sys
print("ready", flush=True)
sys.stdin.read()
"""
MEGABYTE = 1024.0


async def measure(bench: Bench) -> list[Finding]:
    """Seconds until it answers and megabytes then, of fresh interpreters; the median of some starts."""
    bare = [await asyncio.to_thread(_bare) for _ in range(ROUNDS)]
    findings: list[Finding] = []
    async with bench.place("processes") as place:
        deployment = place.deployment()
        for name in SERVICES:
            replica = deployment.replicas[name][0]
            command = ["serve", name, "--port", str(replica.port)]
            taken = [
                await asyncio.to_thread(_started, command, deployment.settings, replica)
                for _ in range(ROUNDS)
            ]
            findings += _findings(f"genjin serve {name}", taken, bare)
        findings += _findings("genjin up", await asyncio.to_thread(_embedded, place), bare)
    return findings


Taken = tuple[float, float]
"""Seconds and megabytes."""


def _findings(name: str, taken: list[Taken], bare: list[Taken]) -> list[Finding]:
    (seconds, memory), (bare_seconds, bare_memory) = _medians(taken), _medians(bare)
    return [
        Finding(f"{name}: start", seconds, "s", bare_seconds),
        Finding(f"{name}: memory", memory, "MB", bare_memory),
    ]


def _medians(taken: list[Taken]) -> Taken:
    return median(seconds for seconds, _ in taken), median(memory for _, memory in taken)


def _bare() -> Taken:
    started = time.monotonic()
    with subprocess.Popen(  # noqa: S603 -- ourselves
        [sys.executable, "-c", _BARE], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        next(iter(process.stdout or ()))
        taken = time.monotonic() - started, _megabytes(process.pid)
        process.kill()
    return taken


def _embedded(place: Place) -> list[Taken]:
    """On a data directory that was used before: the first start makes a cluster."""
    settings = {"GENJIN_LOCALE": "en"}
    replica = place.deployment().replicas["rules"][0]
    command = ["up", "--port", str(replica.port), "--data", str(place.directory / "embedded")]
    return [_started(command, settings, replica) for _ in range(ROUNDS + 1)][1:]


def _started(command: list[str], settings: Mapping[str, str], replica: Replica) -> Taken:
    started = time.monotonic()
    with _process(command, settings) as process:
        while not _answers(replica.url):
            if process.poll() is not None or time.monotonic() > started + PATIENCE_SECONDS:
                message = f"genjin {' '.join(command)} does not answer"
                raise RuntimeError(message)
            with suppress(subprocess.TimeoutExpired):
                process.wait(POLL_SECONDS)
        return time.monotonic() - started, _megabytes(process.pid)


@contextmanager
def _process(command: list[str], settings: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GENJIN_")}
    process = subprocess.Popen(  # noqa: S603 -- ourselves
        [GENJIN, *command],
        env={**environment, **settings},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz", trust_env=False).is_success
    except httpx.TransportError:
        return False


def _megabytes(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    resident = next(line for line in lines if line.startswith("VmRSS:"))
    return int(resident.split()[1]) / MEGABYTE
