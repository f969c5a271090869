"""Fifty thousand subjects that fall due within one minute."""

import asyncio
import time
from datetime import timedelta

from benchmarks.places import Bench, Place
from benchmarks.population import populate, shipped_rules
from benchmarks.table import Finding
from services.rules import scheduler

SUBJECTS = 50_000
MINUTE_SECONDS = 60.0
LATER = timedelta(days=20)
"""By then every opportunity stands still, and every customer waits for a contact."""

_LEFT = "select count(*) from subjects where next_check_at <= '{now}'"


async def measure(bench: Bench) -> list[Finding]:
    """Seconds until all are evaluated by one process, against the minute that there is."""
    subjects = bench.sized(SUBJECTS)
    async with bench.place("due") as place:
        await populate(place, subjects // 2)  # each customer has an opportunity
        quiet = await _seconds(place, timedelta())
        raising = await _seconds(place, LATER)
    allowed = MINUTE_SECONDS * subjects / SUBJECTS
    return [
        Finding(f"{subjects:,} due, nothing changes", quiet, "s", allowed, "<= 1"),
        Finding(f"{subjects:,} due, tasks are raised", raising, "s", allowed, "<= 1"),
    ]


async def _seconds(place: Place, later: timedelta) -> float:
    rig = shipped_rules(place)
    rig.clock.instant += later
    await rig.start(is_alone=False)
    await place.execute(
        "rules", f"update subjects set next_check_at = '{rig.clock.now()}'", "analyze subjects"
    )
    left = _LEFT.format(now=rig.clock.now())
    started = time.monotonic()
    evaluating = asyncio.create_task(scheduler.run(rig.database, rig.clock, rig.standing))
    while await place.scalar("rules", left):
        await asyncio.sleep(0.1)
    seconds = time.monotonic() - started
    evaluating.cancel()
    await asyncio.gather(evaluating, return_exceptions=True)
    return seconds
