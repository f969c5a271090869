"""The only door for rules: check, hold what has to be confirmed, store a version, put it in force (A8)."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path

import structlog

from contracts.identity import new_id
from contracts.rules import Problem, RulesetPublished, RulesetRejected, Text
from services.rules.domain.changes import changes
from services.rules.domain.edits import Edit, InForce, assess
from services.rules.handlers.answers import Answers
from services.rules.handlers.standing import RulesAheadError, Standing
from services.rules.repository import marking, pending, subjects, versions
from services.rules.ruleset.active import Active, RulesInForce
from services.rules.ruleset.definition import Ruleset
from services.rules.ruleset.loader import digest_of
from services.rules.ruleset.loader.directory import read_directory
from services.shared.clock import Clock
from services.shared.database import Database, is_transient
from services.shared.errors import ConflictError, GenjinError, Locale, RefusedError, TransientError
from services.shared.unit_of_work import UnitOfWork, unit_of_work

Files = Mapping[str, str]

log = structlog.stdlib.get_logger()


class RulesRefusedError(RefusedError):
    """The rules have {count} problems, and no earlier good version is stored."""

    slug = "rules-refused"
    zh = "规则有 {count} 处问题，且没有可用的旧版本。"
    count: int
    problems: Sequence[Problem]

    def message(self, locale: Locale) -> str:
        """Return the message, with every problem and its place."""
        lines = [
            f"{p.file}:{p.line}:{p.column}: {p.message.zh if locale == 'zh' else p.message.en}"
            for p in self.problems
        ]
        return "\n".join([super().message(locale), *lines])


class OutrunError(TransientError):
    """Another version of the rules was published at the same time; try again."""

    slug = "ruleset-outrun"
    zh = "同时有另一个规则版本发布，请重试。"


class NotPendingError(ConflictError):
    """The edit {digest} does not wait: the rules directory is another by now. See `genjin rules status`."""

    slug = "edit-not-pending"
    zh = "等待确认的已不是改动 {digest}：规则目录又有变化。请查看 genjin rules status。"
    digest: str


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


_OUTDATED = Text(
    zh="规则目录与以前生效过的某一版相同，不会自动重新发布；如需恢复该版本，请在服务运行时保存任意一处修改。",
    en="The rules directory is as it was in an earlier version, which is not published again by "
    "itself; to go back to it, save a change of it while the service runs.",
)

_TRIES = 3
"""How often an edit is assessed anew when other processes publish at the same time."""

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

    async def start(self, read: Callable[[], Files], *, is_alone: bool = True) -> None:
        """Put rules in force at the start: the directory if it is in order and new, else the last version.

        Raises:
            RefusedError: the directory cannot be read and no version is stored.
            RulesRefusedError: the directory is not in order and no version is stored.
        """
        # What an earlier release accepted, this one may refuse: the directory decides then.
        with suppress(RulesAheadError, LookupError):
            async with self.database.session() as session:
                await self.standing.rules(session)
        try:
            files = read()
        except RefusedError as error:
            if not self.active.is_ready:
                raise
            await self.refuse_unreadable(error)
            return
        answer = await self.offer(files, is_alone=is_alone)
        if answer.problems and not self.active.is_ready:
            raise RulesRefusedError(count=len(answer.problems), problems=answer.problems)

    async def offer(self, files: Files, *, is_alone: bool = False) -> Answer:
        """Publish a directory as it was found, unless it is an old one.

        It may not have been edited at all. Where other processes have directories of their own, one that was
        ever seen before is an old copy; with `is_alone` there is but one, and only its last state is old.
        """
        async with self.database.session() as session:
            seen = await versions.seen(session)
            in_force = await versions.latest(session)
            is_answered = bool(await versions.last_rejection(session))
        digest = digest_of(files)
        old = seen[:1] if is_alone else seen
        is_in_force = in_force is not None and in_force.digest == digest
        if self.active.is_ready and digest in old and not is_in_force:
            if digest != seen[0]:
                log.warning("rules_directory_outdated", digest=digest, last_seen=seen[0])
                if not is_answered:  # what is wrong with an edit is worth more
                    await self._reject(digest, _at_directory(_OUTDATED), is_edit=False)
            return Answer(Outcome.UNCHANGED)
        return await self.publish(files)

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
            problems = _at_directory(_reason(error))
            await self._reject(digest_of(files), problems)
            return Answer(Outcome.REFUSED, problems)

    async def assess(self, files: Files) -> Edit:
        """Check rule files beside the version in force; nothing is changed."""
        async with self.database.session() as session:
            stored = await versions.latest(session)
        before = InForce(stored.version, stored.files, self.standing.check(stored.files)) if stored else None
        return assess(files, before, timezone=self.timezone)

    async def confirm(self, digest: str) -> Answer:
        """Publish the edit that waits, although something is lost by it; `digest` may be shortened.

        Raises:
            NotPendingError: another edit waits, or none, or the directory is another by now.
            OutrunError: another version was published at the same time.
        """
        async with self.database.session() as session:
            waiting = await pending.read(session)
        is_named = waiting and len(digest) >= SHORTEST_DIGEST and waiting.digest.startswith(digest)
        if waiting is None or not is_named or not await self._is_in_directory(waiting.digest):
            raise NotPendingError(digest=digest)
        return await self._carry_out(await self.assess(waiting.files), is_confirmed=True)

    async def refuse_unreadable(self, error: GenjinError) -> None:
        """Answer a directory that cannot be read: what is in force stays."""
        text = Text(zh=error.message("zh"), en=error.message("en"))
        await self._reject(digest_of({}), _at_directory(text))

    async def settle(self) -> bool:
        """Answer the version in force a second time when whom it concerns has been evaluated.

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
            await self._reject(edit.digest, edit.loaded.problems)
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
        """Store the next version and mark whom it concerns, unless these files are in force already.

        Evaluations wait meanwhile, and find the version first afterwards. So no subject is evaluated by the
        rules before and then taken for done, and none by the new rules with the old values of its customer.
        """
        async with unit_of_work(self.database, now=self.clock.now()) as unit:
            await versions.lock(unit.session)
            await versions.see(unit.session, edit.digest)
            await versions.clear_rejections(unit.session)
            await pending.clear(unit.session)
            before = await versions.latest(unit.session)
            if before and before.digest == edit.digest:
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

    async def _reject(self, digest: str, problems: Sequence[Problem], *, is_edit: bool = True) -> None:
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


def _at_directory(reason: Text) -> tuple[Problem, ...]:
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
