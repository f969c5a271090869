"""What operations staff reads in the log about each save of the rules, in the language of the setting."""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from contracts.text import Problem, Text
from services.rules.domain.edits import Edit
from services.rules.repository.pending import Pending
from services.rules.repository.versions import Published
from services.shared.errors import Locale
from services.shared.logs import ANSWERS

_FIRST = 1
"""The version of the first start, which answers no save."""

log = structlog.stdlib.get_logger(ANSWERS)
quiet = structlog.stdlib.get_logger()

_MOST_SHOWN = 20
"""So many losses and findings stand in the log; `genjin rules status` has all."""


@dataclass(frozen=True)
class Answers:
    """Writes the answers."""

    locale: Locale = "zh"

    def published(self, version: Published) -> None:
        """A version came into force."""
        number, rules = version.version, version.changed_rules
        words = Text(
            zh=f"规则版本 {number} 已生效，改动的规则：{'、'.join(rules) or '无'}。",
            en=f"Version {number} of the rules is in force; changed rules: {', '.join(rules) or 'none'}.",
        )
        logger = quiet if number == _FIRST else log
        logger.info("ruleset_published", version=number, rules=list(rules), message=self._of(words))
        for warning in version.warnings:
            self._line("ruleset_warning", warning)

    def settled(self, version: Published) -> None:
        """The subjects that a version concerns have been evaluated."""
        moved = version.moved
        words = Text(
            zh=f"规则版本 {version.version} 的重新评估已完成：新增任务 {moved['raised']}，"
            f"升级 {moved['escalated']}，调整 {moved['reassigned']}，结束 {moved['resolved']}。",
            en=f"Re-evaluation by version {version.version} is done: {moved['raised']} tasks raised, "
            f"{moved['escalated']} escalated, {moved['reassigned']} changed, {moved['resolved']} resolved.",
        )
        logger = quiet if version.version == _FIRST else log
        logger.info("ruleset_settled", version=version.version, **moved, message=self._of(words))

    def put_back(self, version: int) -> None:
        """An edit that waited or was refused was put back."""
        words = Text(
            zh=f"规则目录已恢复为现行版本 {version}，没有等待确认或被拒绝的改动。",
            en=f"The rules directory is version {version} again, which is in force: no edit waits.",
        )
        log.info("ruleset_put_back", version=version, message=self._of(words))

    def pending(self, edit: Edit | Pending, *, tasks_ending: int) -> None:
        """An edit waits to be confirmed."""
        words = Text(
            zh=f"改动等待确认，现行规则不变。将失去 {len(edit.losses)} 项，"
            f"检查结果 {len(edit.findings)} 条，可能结束未完成任务 {tasks_ending} 个。"
            f"确认：genjin rules publish --confirm {edit.digest[:12]}；如非本意，把文件改回即可。",
            en=f"The edit waits to be confirmed, the rules in force stay: {len(edit.losses)} things go, "
            f"{len(edit.findings)} findings, {tasks_ending} open tasks may end. To confirm: "
            f"genjin rules publish --confirm {edit.digest[:12]}; else put the files back.",
        )
        log.warning("ruleset_pending", digest=edit.digest, message=self._of(words))
        for loss in edit.losses[:_MOST_SHOWN]:
            log.warning("ruleset_loss", message=self._of(loss.what))
        for finding in edit.findings[:_MOST_SHOWN]:
            self._line("ruleset_finding", finding)

    def rejected(self, problems: Sequence[Problem]) -> None:
        """An edit was refused; the rules in force stay."""
        for problem in problems:
            self._line("ruleset_rejected", problem)

    def _line(self, event: str, entry: Problem) -> None:
        level = log.error if event == "ruleset_rejected" else log.warning
        level(
            event,
            file=entry.file,
            line=entry.line,
            column=entry.column,
            message=self._of(entry.message),
            **({"rule": entry.rule} if entry.rule else {}),
        )

    def _of(self, text: Text) -> str:
        return text.zh if self.locale == "zh" else text.en
