"""Evaluates subjects whose time has come, those due longest first (A3)."""

from datetime import timedelta

import structlog

from services.rules.handlers.evaluation import evaluate
from services.rules.handlers.standing import Standing
from services.rules.metrics import evaluating_due
from services.rules.repository import subjects
from services.shared.clock import Clock
from services.shared.database import Database, is_transient
from services.shared.unit_of_work import unit_of_work

SUBJECTS_AT_ONCE = 200
"""What is lost when the transaction fails, and how long the customers in it are locked, against its cost."""

POSTPONED = timedelta(minutes=5)
"""Business time after which a subject that could not be evaluated is tried again."""

log = structlog.stdlib.get_logger()


async def evaluate_due(database: Database, clock: Clock, standing: Standing) -> int:
    """Evaluate some due subjects in one transaction; return how many customers were looked at.

    When that fails for a reason that trying again does not mend, each customer is tried alone, and those
    that fail are postponed, so that one never holds up the others. Nothing is done while a load is under way.
    """
    try:
        return await _evaluate_some(database, clock, standing, limit=SUBJECTS_AT_ONCE)
    except Exception as error:
        if is_transient(error):
            raise
        log.exception("evaluation_failed", error=str(error))
    done = 0
    for _ in range(SUBJECTS_AT_ONCE):
        done += await _evaluate_one(database, clock, standing)
    return done


async def _evaluate_some(database: Database, clock: Clock, standing: Standing, *, limit: int) -> int:
    async with unit_of_work(database, now=clock.now()) as unit:
        await subjects.share(unit.session)
        basis = await standing.basis(unit.session)
        if basis.is_loading:
            return 0
        due = await subjects.take_due(unit.session, unit.now, limit)
        if due:
            with evaluating_due(unit, due):
                await evaluate(unit, basis, due)
        return len(due)


async def _evaluate_one(database: Database, clock: Clock, standing: Standing) -> int:
    async with unit_of_work(database, now=clock.now()) as unit:
        await subjects.share(unit.session)
        basis = await standing.basis(unit.session)
        due = await subjects.take_due(unit.session, unit.now, 1)
        if not due:
            return 0
        try:
            with evaluating_due(unit, due):
                async with unit.session.begin_nested():
                    await evaluate(unit, basis, due)
        except Exception as error:
            if is_transient(error):
                raise
            unit.emitted.clear()  # what was said and counted belongs to what was rolled back
            unit.on_commit.clear()
            log.exception("evaluation_postponed", customers=[str(customer_id) for customer_id in due])
            ids = {subject_id for subject_ids in due.values() for subject_id in subject_ids}
            await subjects.postpone(unit.session, ids, unit.now + POSTPONED)
        return 1
