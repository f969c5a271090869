"""Whether a message costs more when there are more customers."""

from benchmarks.places import Bench
from benchmarks.population import populate
from benchmarks.rules_process import through_rules
from benchmarks.table import Finding

SIZES = (10_000, 100_000, 1_000_000)
MESSAGES = 4_000


async def measure(bench: Bench) -> list[Finding]:
    """Milliseconds per message through one rules process, against the smallest size."""
    findings: list[Finding] = []
    count = bench.sized(MESSAGES)
    for size in map(bench.sized, SIZES):
        async with bench.place(f"growth_{size}") as place:
            population = await populate(place, size)
            rates = [
                await through_rules(population, replicas=1, first=first, stalled=True, count=count)
                for first in (1, 2)
            ]
        cost = 1000 / max(rates)
        smallest = findings[0].figure if findings else None
        findings.append(Finding(f"a message among {size:,} customers", cost, "ms", smallest, "<= 1.3"))
    return findings
