"""What the followups service tells of its state: is everyone followed up?"""

from collections.abc import Iterable

from prometheus_client import Metric
from sqlalchemy import func, select

from contracts.rules import TaskStatus
from contracts.text import TaskKind
from services.followups.tables import task_endings, tasks
from services.shared.clock import Clock
from services.shared.database import Database
from services.shared.watching.scrape import Measure, gauge


def tasks_measure(database: Database, clock: Clock) -> Measure:
    """Return what asks how many tasks are open, and how many of them overdue in business time."""

    async def measure() -> Iterable[Metric]:
        """Ask the database for the open tasks."""
        is_overdue = tasks.c.overdue_at <= clock.now()
        ended = select(task_endings.c.task_id)
        query = (
            select(tasks.c.kind, func.count(), func.count().filter(is_overdue))
            .where(tasks.c.obligation == TaskStatus.OPEN.value, tasks.c.task_id.not_in(ended))
            .group_by(tasks.c.kind)
        )
        async with database.session() as session:
            found = {kind: (total, overdue) for kind, total, overdue in await session.execute(query)}
        counts = {kind.value: found.get(kind.value, (0, 0)) for kind in TaskKind}
        return [
            gauge(
                "genjin_tasks_open",
                "Tasks that somebody is to do.",
                ("kind",),
                {(kind,): float(total) for kind, (total, _) in counts.items()},
            ),
            gauge(
                "genjin_tasks_overdue",
                "Open tasks that should have been done by now.",
                ("kind",),
                {(kind,): float(overdue) for kind, (_, overdue) in counts.items()},
            ),
        ]

    return measure
