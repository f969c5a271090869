"""Routes of the rules service."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, status
from pydantic import BaseModel, Field

from contracts.identity import new_id
from services.rules.handlers import loads
from services.rules.handlers.publishing import Publisher
from services.rules.handlers.standing import Standing
from services.rules.queries import (
    ActiveView,
    CheckView,
    StatusView,
    WhyView,
    active_ruleset,
    check_view,
    ruleset_status,
    why,
)
from services.rules.repository import subjects, versions
from services.shared.clock import Clock
from services.shared.database import Database
from services.shared.http import Body, problems

MOST_FILES = 500
"""More are no rules directory that people edit."""

FileName = Annotated[str, Field(min_length=1, max_length=255)]


class LoadView(BaseModel):
    """A load that is under way."""

    id: UUID


class DueView(BaseModel):
    """How many subjects are due, and whether a load holds them back."""

    due: int
    is_loading: bool


class RuleFiles(Body):
    """The files of a rules directory: name to text."""

    files: Annotated[dict[FileName, str], Field(max_length=MOST_FILES)]


class Confirmation(Body):
    """The edit that is confirmed: its digest, or the first eight characters of it or more."""

    digest: Annotated[str, Field(min_length=1, max_length=64)]


def build_router(database: Database, clock: Clock, standing: Standing, publisher: Publisher) -> APIRouter:
    """All routes of the service."""
    router = APIRouter(prefix="/v1", tags=["rules"])
    router.include_router(_edits(database, publisher))
    router.include_router(_reads(database, clock, standing))
    router.include_router(_loads(database, clock))
    return router


def _reads(database: Database, clock: Clock, standing: Standing) -> APIRouter:
    """What is in force, what holds, and why."""
    router = APIRouter()

    @router.get("/rulesets/active")
    async def read_active() -> ActiveView:
        """The version of the rules in force, and what is wrong with the newest edit, if it was refused."""
        async with database.session() as session:
            return await active_ruleset(session, await standing.rules(session))

    @router.get("/decisions/{subject}", responses=problems(404))
    async def read_decisions(subject: str) -> WhyView:
        """What holds for a subject now, since when, by which rule and version."""
        async with database.session() as session:
            rules = await standing.rules(session)
            return await why(session, rules, subject=subject, rule=None, now=clock.now())

    @router.get("/why", responses=problems(404))
    async def read_why(
        subject: Annotated[str, Query(description="number, id or exact name")],
        rule: str | None = None,
    ) -> WhyView:
        """Why something holds for a subject, and why not."""
        async with database.session() as session:
            rules = await standing.rules(session)
            return await why(session, rules, subject=subject, rule=rule, now=clock.now())

    return router


def _edits(database: Database, publisher: Publisher) -> APIRouter:
    """What came of the edits of the rules, and what people do about them."""
    router = APIRouter()

    @router.get("/rulesets/status")
    async def read_status() -> StatusView:
        """What is in force, what waits to be confirmed and why, and what is wrong with a refused edit."""
        async with database.session() as session:
            return await ruleset_status(session)

    @router.post("/rulesets/check")
    async def check_rules(wanted: RuleFiles) -> CheckView:
        """Check rule files beside the version in force; nothing is changed."""
        return check_view(await publisher.assess(wanted.files))

    @router.post("/rulesets/pending/confirm", responses=problems(409))
    async def confirm_pending(wanted: Confirmation) -> StatusView:
        """Put the edit that waits in force, although something is lost by it."""
        _ = await publisher.confirm(wanted.digest)
        return await read_status()

    return router


def _loads(database: Database, clock: Clock) -> APIRouter:
    """The beginning and the end of loads."""
    router = APIRouter()

    @router.post("/loads", status_code=status.HTTP_201_CREATED)
    async def begin_load() -> LoadView:
        """From here on what arrives is only marked as due; end the load to have it evaluated.

        A load that is not renewed for a minute holds nothing back any more.
        """
        load_id = new_id()
        await loads.hold(database, clock, load_id)
        return LoadView(id=load_id)

    @router.post("/loads/{load_id}/renew")
    async def renew_load(load_id: UUID) -> LoadView:
        """Say that the load goes on."""
        await loads.hold(database, clock, load_id)
        return LoadView(id=load_id)

    @router.post("/loads/{load_id}/end")
    async def end_load(load_id: UUID) -> DueView:
        """Evaluate what the load touched, once for each subject."""
        await loads.end(database, clock, load_id)
        return await read_due()

    @router.get("/loads/due")
    async def read_due() -> DueView:
        """How much is left to evaluate."""
        async with database.session() as session:
            return DueView(
                due=(await subjects.due(session, clock.now()))[0],
                is_loading=(await versions.newest(session)).is_loading,
            )

    return router
