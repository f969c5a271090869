"""Fifty thousand subjects that fall due within one minute."""

import time

from sqlalchemy import text

from benchmarks.places import Bench
from benchmarks.population import populate
from benchmarks.table import Finding
from services.rules.handlers.due import evaluate_due
from tests.rules_rig import MovableClock, RulesRig

SUBJECTS = 50_000
MINUTE_SECONDS = 60.0


async def measure(bench: Bench) -> list[Finding]:
    """Seconds until all of them are evaluated by one process, against the minute that there is."""
    async with bench.place("due") as place:
        await populate(place, SUBJECTS // 2)  # each customer has an opportunity
        rig = await RulesRig(place.databases["rules"], clock=MovableClock(place.clock.instant)).start()
        async with place.databases["rules"].session() as session:
            await session.execute(text("update subjects set next_check_at = :now"), {"now": rig.clock.now()})
            await session.commit()
        started = time.monotonic()
        while await evaluate_due(rig.database, rig.clock, rig.standing):
            pass
        seconds = time.monotonic() - started
    return [Finding(f"{SUBJECTS:,} subjects due", seconds, "s", MINUTE_SECONDS, "<= 1")]
