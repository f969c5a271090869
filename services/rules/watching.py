"""What the rules service tells of its state: who is due, which rules are in force, what was refused."""

from collections.abc import Iterable
from datetime import datetime

from prometheus_client import Metric
from sqlalchemy import func, select

from services.rules.repository import pending, subjects
from services.rules.ruleset.active import Active
from services.rules.tables import pending_edits, rejections
from services.shared.clock import Clock
from services.shared.database import Database
from services.shared.errors import ConflictError
from services.shared.readiness import Check, NoRulesInForceError
from services.shared.watching.scrape import Measure, gauge


class EditPendingError(ConflictError):
    """The edit {digest} of the rules waits to be confirmed: {losses} things would go."""

    slug = "edit-pending"
    zh = "规则改动 {digest} 等待确认：将失去 {losses} 项。"
    digest: str
    losses: int


def rules_check(active: Active) -> Check:
    """Return the check that rules are in force in this process."""

    async def ask() -> None:
        """See whether rules are in force."""
        if not active.is_ready:
            raise NoRulesInForceError

    return Check("rules", ask)


def pending_check(database: Database) -> Check:
    """Return the check that no edit of the rules waits to be confirmed; the process works all the same."""

    async def ask() -> None:
        """See whether an edit waits."""
        async with database.session() as session:
            waiting = await pending.read(session)
        if waiting:
            raise EditPendingError(digest=waiting.digest[:12], losses=len(waiting.losses))

    return Check("rules:pending", ask, is_vital=False)


def rules_measure(database: Database, clock: Clock, active: Active) -> Measure:
    """Return what asks for the state of the rules; ages are in business time."""

    async def measure() -> Iterable[Metric]:
        """Ask the database what is due."""
        now = clock.now()
        async with database.session() as session:
            count, oldest = await subjects.due(session, now)
            rejected = await session.scalar(select(func.count()).select_from(rejections))
            waiting = await session.scalar(select(func.count()).select_from(pending_edits))
        version = active.current.version if active.is_ready else 0
        return [
            _one("genjin_subjects_due", "Subjects that are to be evaluated now.", count),
            _one(
                "genjin_subjects_due_oldest_seconds",
                "For how long the oldest of them has been due.",
                _age(oldest, now),
            ),
            _one("genjin_ruleset_version", "The version of the rules in force here; 0: none.", version),
            _one(
                "genjin_ruleset_edits_rejected",
                "Edits of the rules that are refused at this moment.",
                rejected or 0,
            ),
            _one(
                "genjin_ruleset_edits_pending", "Edits of the rules that wait to be confirmed.", waiting or 0
            ),
        ]

    return measure


def _age(since: datetime | None, now: datetime) -> float:
    return (now - since).total_seconds() if since else 0.0


def _one(name: str, meaning: str, value: float) -> Metric:
    return gauge(name, meaning, (), {(): float(value)})
