"""What the loader and the checks find wrong in rule files: collected, never raised, so that all is said."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches

from contracts.rules import Problem, Text
from services.rules.ruleset.definition import Position


@dataclass(frozen=True, slots=True)
class Findings:
    """Problems, which refuse a ruleset, and warnings, which do not."""

    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    def about(self, rule: str | None) -> "Report":
        """Return a report whose entries name this rule."""
        return Report(self, rule)


@dataclass(frozen=True, slots=True)
class Report:
    """Writes findings about one rule, or about none."""

    findings: Findings
    rule: str | None = None

    @property
    def count(self) -> int:
        """How many problems there are so far: a reader compares it to see whether its part was clean."""
        return len(self.findings.problems)

    def problem(self, where: Position, *, zh: str, en: str) -> None:
        """Write down something that refuses the ruleset."""
        self.findings.problems.append(self._entry(where, zh, en))

    def warning(self, where: Position, *, zh: str, en: str) -> None:
        """Write down something that may be meant."""
        self.findings.warnings.append(self._entry(where, zh, en))

    def _entry(self, where: Position, zh: str, en: str) -> Problem:
        return Problem(
            file=where.file,
            line=where.line,
            column=where.column,
            rule=self.rule,
            message=Text(zh=zh, en=en),
        )


def in_order(entries: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return the entries in the order of the files, each once."""
    unique = {(entry.file, entry.line, entry.column, entry.message.en): entry for entry in entries}
    return tuple(unique[key] for key in sorted(unique))


def did_you_mean(name: str, known: Iterable[str]) -> tuple[str, str]:
    """Return what to append to "there is no such name" in Chinese and in English: a near one, or nothing."""
    words = {word.casefold(): word for word in known}
    near = get_close_matches(name.casefold(), words, n=1, cutoff=0.6)
    if not near:
        return "", ""
    return f"；是否应为“{words[near[0]]}”？", f"; did you mean {words[near[0]]!r}?"
