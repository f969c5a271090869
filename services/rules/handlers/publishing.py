"""The only door for rules: check, hold what has to be confirmed, store a version, put it in force (A8)."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path
from uuid import UUID

import structlog

from contracts.followups import PersonChanged
from contracts.identity import new_id
from contracts.rules import RulesetPublished, RulesetRejected
from contracts.text import Problem, Text
from services.rules.domain.changes import changes
from services.rules.domain.edits import Edit, InForce, assess
from services.rules.handlers.answers import Answers
from services.rules.handlers.standing import Standing
from services.rules.repository import facts, marking, pending, subjects, versions
from services.rules.repository.versions import Version
from services.rules.ruleset.active import Active, RulesInForce
from services.rules.ruleset.definition import Ruleset
from services.rules.ruleset.loader import digest_of
from services.rules.ruleset.loader.directory import read_directory
from services.shared.clock import Clock
from services.shared.database import Database, is_transient
from services.shared.errors import ConflictError, GenjinError, RefusedError, TransientError
from services.shared.unit_of_work import UnitOfWork, unit_of_work

Files = Mapping[str, str]

log = structlog.stdlib.get_logger()


class OutrunError(TransientError):
    """Another version of the rules was published at the same time; try again."""

    slug = "ruleset-outrun"
    zh = "同时有另一个规则版本发布，请重试。"


class NotPendingError(ConflictError):
    """The edit {digest} does not wait to be confirmed. See `genjin rules status`."""

    slug = "edit-not-pending"
    zh = "改动 {digest} 不在等待确认。请用 genjin rules status 查看。"
    digest: str


class NothingPendingError(ConflictError):
    """No edit of the rules waits to be confirmed."""

    slug = "nothing-pending"
    zh = "没有等待确认的规则改动。"


class Outcome(Enum):
    """What came of an edit."""

    UNCHANGED = auto()
    PUBLISHED = auto()
    PENDING = auto()
    UNFINISHED = auto()
    REFUSED = auto()


@dataclass(frozen=True)
class Answer:
    """What came of an edit, with what is wrong when it was refused."""

    outcome: Outcome
    problems: tuple[Problem, ...] = ()


_TRIES = 3
"""How often an edit is assessed again when other processes publish at the same time."""

SHORTEST_DIGEST = 8
"""So many characters of a digest are enough to name an edit."""


@dataclass
class Publisher:
    """Publishes the rules of a directory; `is_watching`: this process looks at its directory all the time."""

    database: Database
    clock: Clock
    standing: Standing
    timezone: str
    directory: Path = Path()
    answers: Answers = field(default_factory=Answers)
    is_watching: bool = False

    @property
    def active(self) -> Active:
        """What is in force in this process."""
        return self.standing.active

    async def publish(self, files: Files, *, is_whole: bool = True) -> Answer:
        """Put rule files in force, hold them until they are confirmed, or refuse them.

        With `is_whole` false they may be in the middle of a save: where something of the version in force is
        missing, nothing is done yet. An edit that cannot be published for another reason than the rules
        themselves is refused with that reason, so that it is not tried again until it is another.
        """
        try:
            return await self._carry_out_at_last(files, is_whole=is_whole)
        except Exception as error:
            if is_transient(error) or not self.active.is_ready:
                raise
            log.exception("ruleset_not_published")
            problems = at_directory(_reason(error))
            await self.reject(digest_of(files), problems)
            return Answer(Outcome.REFUSED, problems)

    async def assess(self, files: Files) -> Edit:
        """Check rule files beside the version in force; nothing is changed."""
        async with self.database.session() as session:
            stored = await versions.latest(session)
            people = await facts.people(session)
        # Beside the event loop: a large directory takes a while.
        return await asyncio.to_thread(self._assess, files, stored, people)

    def _assess(self, files: Files, stored: Version | None, people: Mapping[UUID, PersonChanged]) -> Edit:
        before = InForce(stored.version, stored.files, self.standing.read(stored)) if stored else None
        return assess(files, before, timezone=self.timezone, people=people)

    async def confirm(self, digest: str) -> Answer:
        """Publish the edit that waits, although something is lost by it; `digest` may be shortened.

        Raises:
            NothingPendingError: no edit waits.
            NotPendingError: another edit waits, or the directory is another by now.
            OutrunError: another version was published at the same time.
        """
        async with self.database.session() as session:
            waiting = await pending.read(session)
        if waiting is None:
            raise NothingPendingError
        is_named = len(digest) >= SHORTEST_DIGEST and waiting.digest.startswith(digest)
        if not is_named or not await self._is_in_directory(waiting.digest):
            raise NotPendingError(digest=digest)
        return await self._carry_out(await self.assess(waiting.files), is_confirmed=True)

    async def repeat_answer(self) -> None:
        """Answer once more what is known of the directory: it waits to be confirmed, or was refused."""
        async with self.database.session() as session:
            waiting = await pending.read(session)
            problems = await versions.last_rejection(session)
            if waiting:
                ending = await pending.tasks_ending(session, waiting.losses)
                self.answers.pending(waiting, tasks_ending=ending)
        self.answers.rejected(problems)

    async def refuse_unreadable(self, error: GenjinError) -> None:
        """Answer a directory that cannot be read: what is in force stays."""
        text = Text(zh=error.message("zh"), en=error.message("en"))
        await self.reject(digest_of({}), at_directory(text))

    async def settle(self) -> bool:
        """Answer the version in force a second time when the subjects that it concerns were evaluated.

        Returns whether that is so.
        """
        async with unit_of_work(self.database, now=self.clock.now()) as unit:
            is_new = await versions.settle(unit.session, unit.now)
            version = await versions.published(unit.session)
        if is_new and version:
            self.answers.settled(version)
        return bool(version and version.settled_at)

    async def _carry_out_at_last(self, files: Files, *, is_whole: bool) -> Answer:
        for _ in range(_TRIES):
            edit = await self.assess(files)
            if edit.looks_unfinished and not is_whole:
                return Answer(Outcome.UNFINISHED)
            with suppress(OutrunError):
                return await self._carry_out(edit)
        raise OutrunError

    async def _carry_out(self, edit: Edit, *, is_confirmed: bool = False) -> Answer:
        if edit.loaded.ruleset is None:
            await self.reject(edit.digest, edit.loaded.problems)
            return Answer(Outcome.REFUSED, edit.loaded.problems)
        if edit.needs_confirmation and not is_confirmed:
            await self._hold(edit)
            return Answer(Outcome.PENDING)
        rules, is_new = await self._store(edit, edit.loaded.ruleset)
        self.active.swap(rules)
        return Answer(Outcome.PUBLISHED if is_new else Outcome.UNCHANGED)

    async def _is_in_directory(self, digest: str) -> bool:
        if not self.is_watching:
            return True
        with suppress(RefusedError):
            return digest_of(await asyncio.to_thread(read_directory, self.directory)) == digest
        return False

    async def _store(self, edit: Edit, ruleset: Ruleset) -> tuple[RulesInForce, bool]:
        """Store the next version and mark the subjects it concerns, unless these files are in force already.

        Evaluations wait meanwhile, and find the version first afterwards. So no subject is evaluated by the
        rules before and then taken for done, and none by the new rules with the old values of its customer.
        """
        async with unit_of_work(self.database, now=self.clock.now()) as unit:
            await versions.lock(unit.session)
            await versions.see(unit.session, edit.digest)
            is_put_back = await versions.clear_rejections(unit.session) or await pending.read(unit.session)
            await pending.clear(unit.session)
            before = await versions.latest(unit.session)
            if before and before.digest == edit.digest:
                if is_put_back:
                    unit.on_commit.append(lambda: self.answers.put_back(before.version))
                return self.standing.compiled(before), False
            if before and (edit.in_force is None or edit.in_force.version != before.version):
                raise OutrunError
            change = changes(self.standing.ruleset_of(before), ruleset)
            rules = self.active.compile(before.version + 1 if before else 1, ruleset)
            await subjects.exclude(unit.session)
            await marking.mark_concerned(unit.session, change, now=unit.now)
            version = await versions.store(
                unit.session, version=rules.version, edit=edit, changed_rules=change.rules
            )
            event = RulesetPublished(version=rules.version, digest=edit.digest, changed_rules=change.rules)
            _emit(unit, event, sequence=rules.version)
            unit.on_commit.append(lambda: self.answers.published(version))
        return rules, True

    async def _hold(self, edit: Edit) -> None:
        async with unit_of_work(self.database, now=self.clock.now()) as unit:
            await versions.lock(unit.session)
            await versions.see(unit.session, edit.digest)
            await versions.clear_rejections(unit.session)
            is_new = await pending.hold(unit.session, edit)
            ending = await pending.tasks_ending(unit.session, edit.losses)
        if is_new:
            self.answers.pending(edit, tasks_ending=ending)

    async def reject(self, digest: str, problems: Sequence[Problem], *, is_edit: bool = True) -> None:
        """Refuse an edit, or with `is_edit` false a directory as it was found; what is in force stays."""
        async with unit_of_work(self.database, now=self.clock.now()) as unit:
            if is_edit:
                await versions.see(unit.session, digest)
                await pending.clear(unit.session)
            if not await versions.reject(unit.session, digest=digest, problems=problems):
                return
            version = self.active.current.version if self.active.is_ready else None
            event = RulesetRejected(version=version, digest=digest, problems=tuple(problems))
            _emit(unit, event, sequence=1)
        if self.active.is_ready:  # else nothing starts, and the error that is raised has the problems
            self.answers.rejected(problems)


def at_directory(reason: Text) -> tuple[Problem, ...]:
    """Return a problem of the directory as a whole."""
    return (Problem(file=".", line=1, column=1, message=reason),)


def _reason(error: Exception) -> Text:
    if isinstance(error, GenjinError):
        return Text(zh=error.message("zh"), en=error.message("en"))
    name = type(error).__name__
    return Text(
        zh=f"改动未能发布，程序内部出错（{name}），详情见日志；现行规则不变。",
        en=f"The edit could not be published: an error in the program ({name}), details are in the log.",
    )


def _emit(unit: UnitOfWork, event: RulesetPublished | RulesetRejected, *, sequence: int) -> None:
    record_id = new_id()
    unit.emit(event, record_id=record_id, sequence=sequence, subject=record_id, customer_id=None)
