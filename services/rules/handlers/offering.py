"""What becomes of the rules directory as a process finds it, when it starts or begins to watch (A13)."""

from collections.abc import Callable, Sequence
from contextlib import suppress

import structlog

from contracts.text import Problem, Text
from services.rules.handlers.publishing import Answer, Files, Outcome, Publisher, at_directory
from services.rules.handlers.standing import RulesAheadError
from services.rules.repository import versions
from services.rules.ruleset.loader import digest_of
from services.shared.errors import Locale, RefusedError

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


_OUTDATED = Text(
    zh="规则目录与以前生效过的某一版相同，不会自动重新发布；如需恢复该版本，请在服务运行时保存任意一处修改。",
    en="The rules directory is as it was in an earlier version, which is not published again by "
    "itself; to go back to it, save a change of it while the service runs.",
)


async def start(publisher: Publisher, read: Callable[[], Files], *, is_alone: bool = True) -> None:
    """Put rules in force at the start: the directory if it is in order and new, else the last version.

    Raises:
        RefusedError: the directory cannot be read and no version is stored.
        RulesRefusedError: the directory is not in order and no version is stored.
    """
    # What an earlier release accepted, this one may refuse: the directory decides then.
    with suppress(RulesAheadError, LookupError):
        async with publisher.database.session() as session:
            await publisher.standing.rules(session)
    try:
        files = read()
    except RefusedError as error:
        if not publisher.active.is_ready:
            raise
        await publisher.refuse_unreadable(error)
        return
    answer = await offer(publisher, files, is_alone=is_alone)
    if answer.problems and not publisher.active.is_ready:
        raise RulesRefusedError(count=len(answer.problems), problems=answer.problems)
    if answer.outcome is Outcome.UNCHANGED:
        await publisher.repeat_answer()
    if publisher.active.is_ready:
        _compare_zones(publisher)


def _compare_zones(publisher: Publisher) -> None:
    """Warn of a setting that was changed since the rules in force were checked."""
    calendar = publisher.active.current.calendar.definition.timezone
    if calendar != publisher.timezone:
        log.warning("time_zones_differ", calendar=calendar, setting=publisher.timezone)


async def offer(publisher: Publisher, files: Files, *, is_alone: bool = False) -> Answer:
    """Publish a directory as it was found, unless it is an old one.

    It may not have been edited at all. Where other processes have directories of their own, one that was
    ever seen before is an old copy; with `is_alone` there is but one, and only its last state is old.
    """
    async with publisher.database.session() as session:
        seen = await versions.seen(session)
        in_force = await versions.latest(session)
        is_answered = bool(await versions.last_rejection(session))
    digest = digest_of(files)
    old = seen[:1] if is_alone else seen
    is_in_force = in_force is not None and in_force.digest == digest
    if publisher.active.is_ready and digest in old and not is_in_force:
        if digest != seen[0]:
            log.warning("rules_directory_outdated", digest=digest, last_seen=seen[0])
            if not is_answered:  # what is wrong with an edit is worth more
                await publisher.reject(digest, at_directory(_OUTDATED), is_edit=False)
        return Answer(Outcome.UNCHANGED)
    return await publisher.publish(files)
