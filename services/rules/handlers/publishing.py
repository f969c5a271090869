"""The only door for rules: check, store a version, put it in force, mark whom it concerns (A8)."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

import structlog

from contracts.identity import new_id
from contracts.rules import Problem, RulesetPublished, RulesetRejected, Text
from services.rules.domain.changes import Changes, changes
from services.rules.domain.checking import check
from services.rules.handlers.standing import RulesAheadError, Standing
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


_OUTDATED = (
    Problem(
        file=".",
        line=1,
        column=1,
        message=Text(
            zh="规则目录与以前生效过的某一版相同,不会自动重新发布;如需恢复该版本,请在服务运行时保存任意一处修改。",
            en="The rules directory is as it was in an earlier version, which is not published again by "
            "itself; to go back to it, save a change of it while the service runs.",
        ),
    ),
)


@dataclass(frozen=True)
class Publisher:
    """Publishes rule files for one service."""

    database: Database
    clock: Clock
    standing: Standing
    timezone: str

    @property
    def active(self) -> Active:
        """What is in force in this process."""
        return self.standing.active

    async def start(self, files: Mapping[str, str], *, is_alone: bool = True) -> None:
        """Put rules in force at the start: the directory if it is in order and new, else the last version.

        Raises:
            RulesRefusedError: the directory is not in order and no version is stored.
        """
        # What an earlier release accepted, this one may refuse: the directory decides then.
        with suppress(RulesAheadError, LookupError):
            async with self.database.session() as session:
                await self.standing.rules(session)
        problems = await self.offer(files, is_alone=is_alone)
        if problems and not self.active.is_ready:
            raise RulesRefusedError(count=len(problems), problems=problems)

    async def offer(self, files: Mapping[str, str], *, is_alone: bool = False) -> tuple[Problem, ...]:
        """Publish a directory as it was found, unless it is an old one; return what is wrong with it.

        Nobody saw it being edited. Where other processes have directories of their own, one that was ever
        seen before is an old copy; who `is_alone` has but one, and only its last state is old.
        """
        async with self.database.session() as session:
            seen = await versions.seen(session)
            in_force = await versions.latest(session)
            is_told = bool(await versions.last_rejection(session))
        digest = digest_of(files)
        old = seen[:1] if is_alone else seen
        is_in_force = in_force is not None and in_force.digest == digest
        if self.active.is_ready and digest in old and not is_in_force:
            if digest != seen[0]:
                log.warning("rules_directory_outdated", digest=digest, last_seen=seen[0])
                if not is_told:  # what is wrong with an edit says more
                    await self._reject(digest, _OUTDATED, is_edit=False)
            return ()
        return await self.publish(files)

    async def publish(self, files: Mapping[str, str]) -> tuple[Problem, ...]:
        """Put rule files in force; with problems nothing changes, and they are returned."""
        checked = check(files, timezone=self.timezone)
        if checked.ruleset is None:
            await self._reject(digest_of(files), checked.problems)
            return checked.problems
        rules = await self._store(checked.ruleset, files, digest_of(files))
        if rules is not None:
            self.active.swap(rules)
            log.info("ruleset_published", version=rules.version)
        return ()

    async def _store(self, ruleset: Ruleset, files: Mapping[str, str], digest: str) -> RulesInForce | None:
        """Store the next version and mark whom it concerns; None when these files are in force already.

        Nobody evaluates meanwhile, and whoever does afterwards finds the version first. So nobody is
        evaluated by the rules before and then taken for done, and nobody by the new rules with what the old
        ones said of the customer.
        """
        async with unit_of_work(self.database, now=self.clock.now()) as unit:
            await versions.lock(unit.session)
            await versions.see(unit.session, digest)
            await versions.clear_rejections(unit.session)
            before = await versions.latest(unit.session)
            if before is not None and before.digest == digest and self.active.is_ready:
                return None
            change = changes(self._before(before), ruleset)
            rules = self.active.compile(before.version + 1 if before else 1, ruleset)
            await subjects.exclude(unit.session)
            await self._mark(unit, change)
            await versions.store(unit.session, version=rules.version, digest=digest, files=files)
            event = RulesetPublished(version=rules.version, digest=digest, changed_rules=change.rules)
            _emit(unit, event, sequence=rules.version)
        return rules

    def _before(self, stored: Version | None) -> Ruleset | None:
        """The rules that are in force until now; None when there are none that this release can read."""
        try:
            return self.standing.compiled(stored).ruleset if stored else None
        except RulesAheadError:
            return None

    async def _mark(self, unit: UnitOfWork, change: Changes) -> None:
        """Mark as due whom a change concerns."""
        if change.everyone:
            await subjects.mark_everyone_due(unit.session, unit.now)
            return
        concerned: set[UUID] = set(
            await ledger.subjects_with_open(unit.session, (*change.rules, *change.former))
        )
        if change.recipients:
            concerned.update(await ledger.subjects_with_open(unit.session, None))
        for kind in change.kinds:
            concerned.update(await subjects.concerned(unit.session, kind, alternatives=[{}]))
        for kind, alternatives in change.clocks.items():
            concerned.update(await subjects.concerned(unit.session, kind, alternatives=alternatives))
        await subjects.mark_due(unit.session, concerned, unit.now)

    async def _reject(self, digest: str, problems: Sequence[Problem], *, is_edit: bool = True) -> None:
        async with unit_of_work(self.database, now=self.clock.now()) as unit:
            if is_edit:
                await versions.see(unit.session, digest)
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
