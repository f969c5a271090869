"""What came of the edits of the rules: in force, waiting, refused."""

from datetime import datetime

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.text import Problem
from services.rules.domain.edits import Edit
from services.rules.domain.losses import Loss
from services.rules.repository import pending, versions
from services.rules.ruleset.loader import digest_of


class MovesView(BaseModel):
    """What the first evaluation by a version did with tasks."""

    raised: int
    escalated: int
    reassigned: int
    resolved: int


class InForceView(BaseModel):
    """The version in force; `moved` is complete when `settled_at` is set. Instants in database time, UTC."""

    version: int
    digest: str
    published_at: datetime
    changed_rules: tuple[str, ...]
    warnings: tuple[Problem, ...]
    moved: MovesView
    settled_at: datetime | None


class PendingView(BaseModel):
    """The edit that waits to be confirmed; `tasks_ending` counts the open tasks that may end with it."""

    digest: str
    since: datetime
    losses: tuple[Loss, ...]
    findings: tuple[Problem, ...]
    tasks_ending: int


class StatusView(BaseModel):
    """The version in force, the edit that waits, and the problems of the newest edit if it was refused."""

    in_force: InForceView
    pending: PendingView | None
    problems: tuple[Problem, ...]


class CheckView(BaseModel):
    """What the check of an edit finds, beside the version in force.

    `losses` and `new_findings` would keep it pending. `is_in_force`: these are the files in force.
    """

    digest: str
    problems: tuple[Problem, ...]
    findings: tuple[Problem, ...]
    new_findings: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    losses: tuple[Loss, ...]
    rules: tuple[str, ...]
    version: int | None
    is_in_force: bool


async def ruleset_status(session: AsyncSession) -> StatusView:
    """Read what came of the edits of the rules; a LookupError before the first version."""
    version = await versions.published(session)
    if version is None:
        message = "no version of the rules is stored"
        raise LookupError(message)
    waiting = await pending.read(session)
    return StatusView(
        in_force=InForceView.model_validate(version, from_attributes=True),
        pending=PendingView(
            digest=waiting.digest,
            since=waiting.since,
            losses=waiting.losses,
            findings=waiting.findings,
            tasks_ending=await pending.tasks_ending(session, waiting.losses),
        )
        if waiting
        else None,
        problems=tuple(await versions.last_rejection(session)),
    )


def check_view(edit: Edit) -> CheckView:
    """Show what the check of an edit found."""
    loaded, in_force = edit.loaded, edit.in_force
    return CheckView(
        digest=edit.digest,
        problems=loaded.problems,
        findings=loaded.findings,
        new_findings=edit.findings,
        warnings=loaded.warnings,
        losses=edit.losses,
        rules=tuple(rule.id for rule in loaded.ruleset.rules) if loaded.ruleset else (),
        version=in_force.version if in_force else None,
        is_in_force=bool(in_force and digest_of(in_force.files) == edit.digest),
    )
