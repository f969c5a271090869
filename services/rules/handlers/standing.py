"""What every evaluation goes by: the rules in force and our people, kept in memory and never outdated."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.followups import PersonChanged
from services.rules.domain.checking import check
from services.rules.domain.recipients import Recipients
from services.rules.repository import facts, versions
from services.rules.repository.versions import Newest, Version
from services.rules.ruleset.active import Active, RulesInForce
from services.rules.ruleset.definition import Ruleset
from services.rules.ruleset.loader import Loaded
from services.shared.database import Database, is_transient
from services.shared.errors import TransientError

FOLLOW_SECONDS = 1.0
"""How often an idle process looks for a version that another one published."""

log = structlog.stdlib.get_logger()


class RulesAheadError(TransientError):
    """Version {version} of the rules is in force, which this release of the program does not understand."""

    slug = "rules-ahead"
    zh = "现行规则版本 {version} 是本程序版本无法识别的。"
    version: int


@dataclass(frozen=True)
class Basis:
    """The rules in force, how they find people, and whether a load holds evaluations back."""

    rules: RulesInForce
    recipients: Recipients
    is_loading: bool


class Standing:
    """Compiled rules and our people, in memory; compared with the database before they are used.

    Who holds the lock of evaluations can rely on the answer to the end of the transaction.
    """

    def __init__(self, active: Active, timezone: str) -> None:
        self.active = active
        self._timezone = timezone
        self._mark: UUID | None = None
        self._people: Mapping[UUID, PersonChanged] = {}
        self._recipients: Recipients | None = None

    async def basis(self, session: AsyncSession) -> Basis:
        """What to evaluate by now, loaded anew where it changed.

        Raises:
            RulesAheadError: this release cannot read the version in force.
            LookupError: no version is in force yet.
        """
        newest = await versions.newest(session)
        await self._catch_up(session, newest)
        rules = self.active.current
        people = await self._known_people(session, newest)
        if self._recipients is None or self._recipients.roles is not rules.ruleset.roles:
            self._recipients = Recipients(rules.ruleset.roles, people)
        return Basis(rules, self._recipients, newest.is_loading)

    async def rules(self, session: AsyncSession) -> RulesInForce:
        """The rules in force; raises what `basis` raises."""
        await self._catch_up(session, await versions.newest(session))
        return self.active.current

    def compiled(self, stored: Version) -> RulesInForce:
        """The rules of a stored version; RulesAheadError when this release cannot read them."""
        if self.active.is_ready and self.active.current.version == stored.version:
            return self.active.current
        checked = self.read(stored)
        if checked.ruleset is None:
            log.error("stored_rules_refused", version=stored.version, problems=len(checked.problems))
            raise RulesAheadError(version=stored.version)
        return self.active.compile(stored.version, checked.ruleset)

    def read(self, stored: Version) -> Loaded:
        """Read a stored version as this release understands it."""
        return check(stored.files, timezone=self._timezone, is_published=True)

    def ruleset_of(self, stored: Version | None) -> Ruleset | None:
        """The rules of a stored version; None without one, or when this release cannot read it."""
        try:
            return self.compiled(stored).ruleset if stored else None
        except RulesAheadError:
            return None

    async def follow(self, database: Database) -> NoReturn:
        """Look for new versions for ever, so that a process without work knows them too."""
        while True:
            await asyncio.sleep(FOLLOW_SECONDS)
            try:
                async with database.session() as session:
                    await self.rules(session)
            except Exception as error:
                if not is_transient(error):
                    log.exception("following_failed")

    async def _catch_up(self, session: AsyncSession, newest: Newest) -> None:
        before = self.active.current.version if self.active.is_ready else None
        if newest.version in (None, before):
            return
        stored = await versions.latest(session)
        if stored is not None:
            self.active.swap(self.compiled(stored))
            log.info("ruleset_in_force", version=stored.version)

    async def _known_people(self, session: AsyncSession, newest: Newest) -> Mapping[UUID, PersonChanged]:
        if newest.people != self._mark:
            self._people = await facts.people(session)
            self._mark, self._recipients = newest.people, None
        return self._people
