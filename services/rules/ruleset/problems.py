"""What the loader and the checks find wrong in rule files: collected, never raised, so that all is reported.

A problem refuses the ruleset. A finding contradicts common sense: the rule can accept it under its name. A
warning may be meant.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from contracts.text import Problem, Text
from services.rules.ruleset.definition import Position
from services.rules.ruleset.suggestions import likely, without_invisible

ROW_FINDINGS: Final = ("hole", "overlap")
"""The findings that a row of a decision can accept; they refuse the ruleset where it does not."""

RULE_FINDINGS: Final = ("cadence", "duration", "late", "never", "order", "title", "unread", "unset")
"""The findings that a whole rule can accept."""


@dataclass(frozen=True, slots=True)
class Findings:
    """All that was found; `elsewhere` has other places at which the cause of an entry may be."""

    problems: list[Problem] = field(default_factory=list)
    findings: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    elsewhere: dict[Problem, tuple[Position, ...]] = field(default_factory=dict)

    def demote_acceptable(self) -> None:
        """Turn the problems that a row can accept into findings."""
        self.findings.extend(entry for entry in self.problems if entry.finding)
        self.problems[:] = [entry for entry in self.problems if not entry.finding]

    def about(self, rule: str | None) -> "Report":
        """Return a report whose entries name this rule."""
        return Report(self, rule)


@dataclass(frozen=True, slots=True)
class Report:
    """Adds entries about one rule, or about none.

    Each entry has the place at which it shows; `also` are other places at which its cause may be.
    """

    findings: Findings
    rule: str | None = None

    @property
    def count(self) -> int:
        """How many problems there are so far: a reader compares it to see whether its part was clean."""
        return len(self.findings.problems)

    def problem(
        self, where: Position, *, zh: str, en: str, name: str | None = None, also: Iterable[Position] = ()
    ) -> None:
        """Add something that refuses the ruleset; with a `name` a row can accept it."""
        self.findings.problems.append(self._entry(where, Text(zh=zh, en=en), name, also))

    def finding(self, where: Position, name: str, *, zh: str, en: str, also: Iterable[Position] = ()) -> None:
        """Add something that contradicts common sense, under the name by which the rule can accept it."""
        self.findings.findings.append(self._entry(where, Text(zh=zh, en=en), name, also))

    def warning(self, where: Position, *, zh: str, en: str) -> None:
        """Add something that may be meant."""
        self.findings.warnings.append(self._entry(where, Text(zh=zh, en=en), None, ()))

    def _entry(self, where: Position, message: Text, name: str | None, also: Iterable[Position]) -> Problem:
        entry = Problem(
            file=where.file,
            line=where.line,
            column=where.column,
            rule=self.rule,
            message=message,
            finding=name,
        )
        self.findings.elsewhere[entry] = tuple(also)
        return entry


def in_order(entries: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return the entries in the order of the files, each once."""
    unique = {(entry.file, entry.line, entry.column, entry.message.en): entry for entry in entries}
    return tuple(unique[key] for key in sorted(unique))


def without_echoes(findings: Iterable[Problem], problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Leave out the findings at a line that has a problem, and numbers in titles where more is wrong.

    One slip of the hand is reported once.
    """
    found = list(findings)
    refused = {(entry.file, entry.line) for entry in problems}
    wrong = refused | {(entry.file, entry.line) for entry in found if entry.finding != "title"}
    return tuple(
        entry
        for entry in found
        if (entry.file, entry.line) not in (wrong if entry.finding == "title" else refused)
    )


def did_you_mean(
    name: str, known: Iterable[str], labels: Mapping[str, Text | None] | None = None
) -> tuple[str, str]:
    """Return what to append to "there is no such name" in Chinese and in English: what was meant, or nothing.

    `labels` are what people call the known names.
    """
    meant = likely(name, known, labels or {})
    return asked(name, meant) if meant else ("", "")


def asked(written: str, meant: str) -> tuple[str, str]:
    """Return the question whether this was meant, in Chinese and in English."""
    if meant == without_invisible(written):
        return "；其中有看不见的字符，请重新输入。", "; it has invisible characters in it: type it again."
    return f"；是否应为“{meant}”？", f"; did you mean “{meant}”?"
