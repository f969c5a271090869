"""The only door for rules: check, store a version, put it in force, mark whom it concerns (A8)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog

from contracts.identity import new_id
from contracts.rules import Problem, RulesetPublished, RulesetRejected
from services.rules.domain.changes import Changes, changes
from services.rules.domain.checking import check
from services.rules.repository import ledger, subjects, versions
from services.rules.repository.versions import Version
from services.rules.ruleset.active import Active, RulesInForce
from services.rules.ruleset.definition import Ruleset
from services.rules.ruleset.loader import digest_of
from services.shared.clock import Clock
from services.shared.database import Database
from services.shared.errors import Locale, RefusedError
from services.shared.unit_of_work import UnitOfWork, unit_of_work

log = structlog.stdlib.get_logger()


class RulesRefusedError(RefusedError):
    """The rules have {count} problems, and no earlier good version is stored."""

    slug = "rules-refused"
    zh = "规则有 {count} 处问题,且没有可用的旧版本。"
    count: int
    problems: Sequence[Problem]

    def message(self, locale: Locale) -> str:
        """Say it, then list every problem with its place."""
        lines = [
            f"{p.file}:{p.line}:{p.column}: {p.message.zh if locale == 'zh' else p.message.en}"
            for p in self.problems
        ]
        return "\n".join([super().message(locale), *lines])


@dataclass(frozen=True)
class Publisher:
    """Publishes rule files for one service."""

    database: Database
    clock: Clock
    active: Active
    timezone: str

    async def start(self, files: Mapping[str, str]) -> None:
        """Put rules in force at the start: the directory if it is in order, else the last good version.

        Raises:
            RulesRefusedError: the directory is not in order and no version is stored.
        """
        async with unit_of_work(self.database, now=self.clock.now()) as unit:
            stored = await versions.latest(unit.session)
        if stored is not None:
            await self._resume(stored)
        problems = await self.publish(files)
        if problems and not self.active.is_ready:
            raise RulesRefusedError(count=len(problems), problems=problems)

    async def publish(self, files: Mapping[str, str]) -> tuple[Problem, ...]:
        """Put rule files in force; with problems nothing changes, and they are returned."""
        checked = check(files, timezone=self.timezone)
        if checked.ruleset is None:
            await self._reject(digest_of(files), checked.problems)
            return checked.problems
        stored = await self._store(checked.ruleset, files, digest_of(files))
        if stored is not None:
            await self._enforce(*stored)
        return ()

    async def _resume(self, stored: Version) -> None:
        """Compile the stored version; when its publishing was cut short, finish it."""
        checked = check(stored.files, timezone=self.timezone)
        if checked.ruleset is None:
            # What an earlier release accepted, this one may refuse: the directory decides then.
            log.error("stored_rules_refused", version=stored.version, problems=len(checked.problems))
            return
        rules = self.active.compile(stored.version, checked.ruleset)
        if stored.is_settled:
            self.active.swap(rules)
        else:
            await self._enforce(rules, Changes(everyone=True))

    async def _store(
        self, ruleset: Ruleset, files: Mapping[str, str], digest: str
    ) -> tuple[RulesInForce, Changes] | None:
        """Store the next version, with what it changes; None when these very files are in force already.

        Where the version before was not settled, for whatever reason, everyone is concerned.
        """
        async with unit_of_work(self.database, now=self.clock.now()) as unit:
            await versions.lock(unit.session)
            await versions.clear_rejections(unit.session)
            before = await versions.latest(unit.session)
            is_stored = before is not None and before.digest == digest
            old = self._settled(before)
            if is_stored and old is not None:
                return None
            change = changes(old, ruleset)
            version = before.version + (not is_stored) if before else 1
            rules = self.active.compile(version, ruleset)
            if not is_stored:
                await versions.store(unit.session, version=version, digest=digest, files=files)
                event = RulesetPublished(version=version, digest=digest, changed_rules=change.rules)
                _emit(unit, event, sequence=version)
        return rules, change

    def _settled(self, stored: Version | None) -> Ruleset | None:
        """The ruleset in force, if it is this version and whom it concerned has been marked."""
        if stored is None or not stored.is_settled or not self.active.is_ready:
            return None
        return self.active.current.ruleset if self.active.current.version == stored.version else None

    async def _enforce(self, rules: RulesInForce, change: Changes) -> None:
        """Mark whom the version concerns and put it in force while nobody evaluates.

        So nobody is evaluated by the rules before and then taken for done, and nobody by the new rules with
        what the old ones said of the customer. When the commit fails the version stays unsettled.
        """
        async with unit_of_work(self.database, now=self.clock.now()) as unit:
            await subjects.exclude(unit.session)
            await self._mark(unit, change)
            await versions.settle(unit.session, rules.version)
            self.active.swap(rules)
        log.info("ruleset_published", version=rules.version)

    async def _mark(self, unit: UnitOfWork, change: Changes) -> None:
        """Mark as due whom a change concerns."""
        if change.everyone:
            await subjects.mark_everyone_due(unit.session, unit.now)
            return
        concerned: set[UUID] = set(await ledger.subjects_with_open(unit.session, change.rules))
        if change.recipients:
            concerned.update(await ledger.subjects_with_open(unit.session, None))
        for kind in change.kinds:
            concerned.update(await subjects.concerned(unit.session, kind, alternatives=[{}]))
        for kind, alternatives in change.clocks.items():
            concerned.update(await subjects.concerned(unit.session, kind, alternatives=alternatives))
        await subjects.mark_due(unit.session, concerned, unit.now)

    async def _reject(self, digest: str, problems: Sequence[Problem]) -> None:
        async with unit_of_work(self.database, now=self.clock.now()) as unit:
            if not await versions.reject(unit.session, digest=digest, problems=problems):
                return
            version = self.active.current.version if self.active.is_ready else None
            event = RulesetRejected(version=version, digest=digest, problems=tuple(problems))
            _emit(unit, event, sequence=1)
        if not self.active.is_ready:
            return  # without rules nothing starts, and what is raised says why
        for problem in problems:
            log.error(
                "ruleset_rejected",
                file=problem.file,
                line=problem.line,
                column=problem.column,
                rule=problem.rule,
                problem=problem.message.zh,
            )


def _emit(unit: UnitOfWork, event: RulesetPublished | RulesetRejected, *, sequence: int) -> None:
    record_id = new_id()
    unit.emit(event, record_id=record_id, sequence=sequence, subject=record_id, customer_id=None)
