"""What the loader and the checks find wrong in rule files: collected, never raised, so that all is said."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from contracts.rules import Problem, Text
from services.rules.ruleset.definition import Position
from services.rules.ruleset.suggestions import likely, without_invisible


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
